package node

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/state"
)

// localKept is the first height of which records and history are kept, where
// some are not.
const localKept = 'K'

// kept is the first height of which records and history are kept.
func kept(v *state.View) int64 {
	if b, ok := v.Local([]byte{localKept}); ok && len(b) == 8 {
		return int64(binary.BigEndian.Uint64(b))
	}
	return 1
}

// KeptFrom is the first height of which this node keeps records of transactions
// and the history of objects; it answers nothing about what came before.
func (n *Node) KeptFrom() int64 {
	v := n.View()
	defer v.Release()
	return kept(v)
}

// BlocksFrom is the first height whose block this node keeps.
func (n *Node) BlocksFrom() int64 { return n.comet.BlockStore().Base() }

// Prune is what a node keeps of the past; 0 keeps everything.
type Prune struct {
	// Blocks is how many blocks are kept.
	Blocks int64 `yaml:"keep_blocks"`
	// History is of how many blocks records of transactions and the history of
	// objects are kept.
	History int64 `yaml:"keep_history"`
}

// pruneLeast is the fewest blocks that can be kept: others who are behind, and a
// ledger that lost what the disk had not taken in, need some.
const pruneLeast = 1000

func (p Prune) check() error {
	for name, n := range map[string]int64{"keep_blocks": p.Blocks, "keep_history": p.History} {
		if n != 0 && n < pruneLeast {
			return fmt.Errorf("%s: prune.%s is %d, neither 0, for all, nor at least %d", ConfigFile, name, n, pruneLeast)
		}
	}
	return nil
}

// pruner forgets what a node need not keep, beside the blocks that go on. What
// the state has is never pruned.
type pruner struct {
	keep  Prune
	store *state.Store
	log   *slog.Logger
	every int64      // how many blocks apart it works
	todo  chan int64 // a height to work for
	dbs   *databases // CometBFT's
	// Up to which height records, and blocks, are gone whose space was given
	// back. It costs as much as rewriting what is kept, so it is done each time
	// that as much has gone.
	records, blocks int64
	end             context.CancelFunc
	done            sync.WaitGroup
}

// newPruner returns nil where everything is kept.
func newPruner(keep Prune, store *state.Store, dbs *databases, log *slog.Logger) *pruner {
	if keep == (Prune{}) {
		return nil
	}
	p := &pruner{keep: keep, store: store, dbs: dbs, log: log, every: 100, todo: make(chan int64, 1)}
	p.records, p.blocks = store.Height(), store.Height()
	for _, n := range []int64{keep.Blocks, keep.History} {
		if n > 0 {
			p.every = min(p.every, max(n/4, 1))
		}
	}
	ctx, end := context.WithCancel(context.Background())
	p.end = end
	p.done.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case height := <-p.todo:
				if err := safely(func() error { return p.work(ctx, height) }); err != nil && ctx.Err() == nil {
					log.Error("pruning failed; it is tried again", "err", err)
				}
			}
		}
	})
	return p
}

// committed is told each height, by the goroutine that commits. It returns the
// first height whose block is to be kept, 0 for all. The ledger is on disk for
// good before a block goes that it would need again after a power loss; written
// waits until the store has it.
func (p *pruner) committed(height int64, written func() error) (retain int64, err error) {
	if p == nil || height%p.every != 0 {
		return 0, nil
	}
	select {
	case p.todo <- height:
	default: // it is at work, and the next one includes this
	}
	if p.keep.Blocks == 0 || height <= p.keep.Blocks {
		return 0, nil
	}
	if err := written(); err != nil {
		return 0, err
	}
	return height - p.keep.Blocks + 1, p.store.Sync()
}

// forgetMax is how many rows are read at once, and so taken out together.
const forgetMax = 4096

// work forgets what a height leaves behind, and gives back the space.
func (p *pruner) work(ctx context.Context, height int64) error {
	if n := p.keep.History; n > 0 && height > n {
		if err := p.forget(ctx, height-n+1); err != nil {
			return err
		}
		if height-p.records >= n {
			p.records = height
			for _, space := range []byte{localTx, localID, localHistory} {
				if err := p.store.Compact(ctx, []byte{space}); err != nil {
					return err
				}
			}
		}
	}
	if n := p.keep.Blocks; n > 0 && height > n && height-p.blocks >= n {
		p.blocks = height
		return p.dbs.compact(ctx)
	}
	return nil
}

// forget takes out the records and the history of the heights before one.
func (p *pruner) forget(ctx context.Context, before int64) error {
	v := p.store.View()
	from := kept(v)
	v.Release()
	if before <= from {
		return nil
	}
	// What is being taken out isn't told from here on.
	mark := state.Local{Key: []byte{localKept}, Value: binary.BigEndian.AppendUint64(nil, uint64(before))}
	if err := p.store.Forget([]state.Local{mark}, nil, nil); err != nil {
		return err
	}
	start := time.Now()
	txs, err := p.forgetTxs(ctx, before)
	if err != nil {
		return err
	}
	entries, err := p.forgetHistory(ctx, before)
	if err != nil {
		return err
	}
	p.log.Debug("pruned", "before", before, "transactions", txs, "entries", entries, "took", time.Since(start))
	return nil
}

// forgetTxs takes out records, and what finds them by their id.
func (p *pruner) forgetTxs(ctx context.Context, before int64) (n int, err error) {
	for ctx.Err() == nil {
		var gone []state.Local
		var last []byte
		v := p.store.View()
		v.ScanLocal([]byte{localTx}, nil, func(key, value []byte) bool {
			if height, _ := localPlace(key[1:]); height >= before {
				return false
			}
			last = append(append(last[:0], key...), 0)
			var s pb.StoredTx
			if s.UnmarshalVT(value) == nil && len(s.Id) >= 16 {
				gone = append(gone, state.Local{Key: idKey(nil, s.Id)})
			}
			return len(gone) < forgetMax
		})
		v.Release()
		if last == nil {
			break
		}
		if err := p.store.Forget(gone, []byte{localTx}, last); err != nil {
			return n, err
		}
		n += len(gone)
	}
	return n, ctx.Err()
}

// forgetHistory goes through all histories for entries that are too old: they
// lie with their objects.
func (p *pruner) forgetHistory(ctx context.Context, before int64) (n int, err error) {
	for from := []byte{localHistory}; from != nil && ctx.Err() == nil; {
		var gone []state.Local
		read := 0
		v := p.store.View()
		next := []byte(nil)
		v.ScanLocal([]byte{localHistory}, from, func(key, _ []byte) bool {
			if read++; read > forgetMax {
				next = append([]byte(nil), key...)
				return false
			}
			if height, _ := historyPlace(key); height < before {
				gone = append(gone, state.Local{Key: append([]byte(nil), key...)})
			}
			return true
		})
		v.Release()
		if len(gone) > 0 {
			if err := p.store.Forget(gone, nil, nil); err != nil {
				return n, err
			}
		}
		n, from = n+len(gone), next
	}
	return n, ctx.Err()
}

// close ends the work; the store may be closed afterwards.
func (p *pruner) close() {
	if p != nil {
		p.end()
		p.done.Wait()
	}
}

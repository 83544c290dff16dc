package node

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/sig"
)

// How many signatures are verified in one go: those of what waits, shared among the
// cores, and at most about as many as one equation takes; few aren't worth a share.
const (
	verifyBatch = sig.BatchSize
	verifyShare = 64
)

// newKeys makes room for the keys that are kept decoded: as many as a seventeenth of the
// machine's memory holds, within bounds. With 24 GiB they are those of six million parties,
// and memory is taken for those that there are.
func newKeys() *sig.KeyCache {
	return sig.NewKeyCache(int(min(max(memory()>>12, 1<<15), 1<<23)))
}

// arrival is a transaction at the door.
type arrival struct {
	raw    []byte
	tx     *op.Tx
	err    error
	done   func(*arrival) // called once, by a verifier
	ask    bool           // whether the guard is asked first
	record *pb.TxRecord   // what became of it, once a block has it
}

// door decodes and verifies transactions before they reach the pool. It works
// in batches: whatever waits when a verifier is free is verified together, so
// batches grow with the load and a lone transaction waits for nobody.
type door struct {
	queue    chan *arrival
	bytes    atomic.Int64 // of what waits
	maxBytes int64
	keys     *sig.KeyCache
	guard    *guard // nil where nobody submits
	meter    *meter
	judged   atomic.Uint64 // batches
	wg       sync.WaitGroup
	stop     chan struct{}  // closed with the door
	decoding sync.WaitGroup // of keys that are expected
	// mu keeps the queue open while somebody enters.
	mu     sync.RWMutex
	closed bool
}

func newDoor(maxTxs, maxBytes int, keys *sig.KeyCache) *door {
	d := &door{queue: make(chan *arrival, maxTxs), maxBytes: int64(maxBytes), keys: keys, stop: make(chan struct{})}
	for range runtime.GOMAXPROCS(0) {
		d.wg.Go(d.verify)
	}
	d.decoding.Go(d.expect)
	return d
}

// enter hands in an arrival; false when too many wait, or the node stops.
func (d *door) enter(a *arrival) bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.closed {
		return false
	}
	size := int64(len(a.raw))
	if d.bytes.Add(size) <= d.maxBytes {
		select {
		case d.queue <- a:
			return true
		default:
		}
	}
	d.bytes.Add(-size)
	return false
}

// close lets nobody in any more, and returns when all who are in were judged.
func (d *door) close() {
	d.mu.Lock()
	if !d.closed {
		d.closed = true
		close(d.queue)
		close(d.stop)
	}
	d.mu.Unlock()
	d.wg.Wait()
	d.decoding.Wait()
}

func (d *door) verify() {
	signatures := sig.Batch{Keys: d.keys}
	var batch []*arrival
	for a := range d.queue {
		share := min(max(len(d.queue)/runtime.GOMAXPROCS(0), verifyShare), verifyBatch)
		batch = append(batch[:0], a)
	more:
		for len(batch) < share {
			select {
			case b, ok := <-d.queue:
				if !ok {
					break more
				}
				batch = append(batch, b)
			default:
				break more
			}
		}
		for rest := batch; len(rest) > 0; {
			n := d.judge(&signatures, rest)
			for _, a := range rest[:n] {
				d.bytes.Add(-int64(len(a.raw)))
				a.done(a)
			}
			rest = rest[n:]
		}
		clear(batch)
	}
}

// judge decodes and verifies the first of a batch, as many as have verifyBatch
// signatures or a few more, and returns how many. What is submitted is asked first
// for what is cheaper than a signature. b is empty before and after.
func (d *door) judge(b *sig.Batch, batch []*arrival) int {
	defer b.Reset()
	counts := make([]int, 0, len(batch))
	for _, a := range batch {
		if b.Len() >= verifyBatch {
			break
		}
		n := 0
		if a.tx == nil {
			a.tx, a.err = op.Decode(a.raw)
		}
		if a.err == nil && a.ask {
			a.err = d.guard.ask(a.tx)
		}
		if a.err == nil {
			n = a.tx.AddTo(b)
		}
		counts = append(counts, n)
	}
	verdicts := b.Verify()
	bad := 0
	for _, err := range verdicts {
		if err != nil {
			bad++
		}
	}
	d.meter.signatures(len(verdicts)-bad, bad)
	d.judged.Add(1)
	for i, n := range counts {
		if a := batch[i]; a.err == nil {
			a.err = op.Verdict(verdicts[:n])
		}
		verdicts = verdicts[n:]
	}
	return len(counts)
}

// besidePause is how long the decoding of expected keys rests, after a third of a
// millisecond of work, while signatures are verified.
const besidePause = 5 * time.Millisecond

// expect decodes the keys that are expected, all in one go as long as nobody signs:
// each would be decoded with its first signature else, which costs a tenth of what a
// transaction does.
func (d *door) expect() {
	seen := d.judged.Load()
	d.keys.Decode(func() bool {
		rest := time.Duration(0)
		if now := d.judged.Load(); now != seen {
			seen, rest = now, besidePause
		}
		select {
		case <-d.stop:
			return false
		case <-time.After(rest):
			return true
		}
	})
}

// judgeAll verifies a block's transactions on all cores.
func (d *door) judgeAll(all []*arrival) {
	var wg sync.WaitGroup
	cores := runtime.GOMAXPROCS(0)
	per := max((len(all)+cores-1)/cores, 16)
	for lo := 0; lo < len(all); lo += per {
		part := all[lo:min(lo+per, len(all))]
		wg.Go(func() {
			signatures := sig.Batch{Keys: d.keys}
			for len(part) > 0 {
				part = part[d.judge(&signatures, part):]
			}
		})
	}
	wg.Wait()
}

// busy is the answer when too much waits.
func busy() error {
	return op.Errorf(pb.Code_BUSY, "this node has too much to do; try again in a second")
}

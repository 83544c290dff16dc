package node

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/sig"
)

// verifyBatch is how many transactions are verified in one go at most.
const verifyBatch = 256

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
	wg       sync.WaitGroup
	// mu keeps the queue open while somebody enters.
	mu     sync.RWMutex
	closed bool
}

func newDoor(maxTxs, maxBytes int) *door {
	d := &door{queue: make(chan *arrival, maxTxs), maxBytes: int64(maxBytes), keys: sig.NewKeyCache(1 << 16)}
	for range runtime.GOMAXPROCS(0) {
		d.wg.Go(d.verify)
	}
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
	}
	d.mu.Unlock()
	d.wg.Wait()
}

func (d *door) verify() {
	for a := range d.queue {
		batch := append(make([]*arrival, 0, 16), a)
	more:
		for len(batch) < verifyBatch {
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
		d.judge(batch)
		for _, a := range batch {
			d.bytes.Add(-int64(len(a.raw)))
			a.done(a)
		}
	}
}

// judge decodes and verifies a batch. What is submitted is asked first for what
// is cheaper than a signature.
func (d *door) judge(batch []*arrival) {
	b := sig.Batch{Keys: d.keys}
	counts := make([]int, len(batch))
	for i, a := range batch {
		if a.tx == nil {
			a.tx, a.err = op.Decode(a.raw)
		}
		if a.err == nil && a.ask {
			a.err = d.guard.ask(a.tx)
		}
		if a.err == nil {
			counts[i] = a.tx.AddTo(&b)
		}
	}
	verdicts := b.Verify()
	bad := 0
	for _, err := range verdicts {
		if err != nil {
			bad++
		}
	}
	d.meter.signatures(len(verdicts)-bad, bad)
	for i, a := range batch {
		if a.err == nil {
			a.err = op.Verdict(verdicts[:counts[i]])
		}
		verdicts = verdicts[counts[i]:]
	}
}

// judgeAll verifies a block's transactions on all cores.
func (d *door) judgeAll(all []*arrival) {
	var wg sync.WaitGroup
	cores := runtime.GOMAXPROCS(0)
	per := max((len(all)+cores-1)/cores, 16)
	for lo := 0; lo < len(all); lo += per {
		part := all[lo:min(lo+per, len(all))]
		wg.Go(func() {
			for len(part) > 0 {
				n := min(len(part), verifyBatch)
				d.judge(part[:n])
				part = part[n:]
			}
		})
	}
	wg.Wait()
}

// busy is the answer when too much waits.
func busy() error {
	return op.Errorf(pb.Code_BUSY, "this node has too much to do; try again in a second")
}

package node

import (
	"bytes"
	"sync"
	"time"

	"github.com/troth-ledger/troth/ledger/op"
)

// pooled is a transaction waiting for a block.
type pooled struct {
	raw   []byte
	tx    *op.Tx
	since time.Time
	gone  bool
	// twin is another with the same body, signed otherwise by the same keys, as
	// anybody can turn a passkey's signature. The block may have either.
	twin *pooled
}

// twinsMax is how many transactions of one body may wait.
const twinsMax = 4

// pool holds verified transactions in order of arrival, so that those of one
// party stay in the order it sent them. Any goroutine may use it.
type pool struct {
	// mu guards everything below, and is never held while hashing, verifying or
	// executing.
	mu       sync.Mutex
	order    []*pooled
	by       map[op.ID]*pooled
	bytes    int
	maxTxs   int
	maxBytes int
	wake     chan struct{} // has an element when the pool got something
	fresh    int           // index in order of the first not yet gossiped
}

func newPool(maxTxs, maxBytes int) *pool {
	return &pool{by: make(map[op.ID]*pooled), maxTxs: maxTxs, maxBytes: maxBytes, wake: make(chan struct{}, 1)}
}

// add puts a transaction at the end. It says false when the pool is full; a
// transaction that is there already stays where it is.
func (p *pool) add(raw []byte, tx *op.Tx) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	twins := 0
	for e := p.by[tx.ID]; e != nil; e = e.twin {
		if bytes.Equal(e.raw, raw) {
			return true
		}
		twins++
	}
	if twins >= twinsMax || len(p.order) >= p.maxTxs || p.bytes+len(raw) > p.maxBytes {
		return false
	}
	e := &pooled{raw: raw, tx: tx, since: time.Now(), twin: p.by[tx.ID]}
	p.order = append(p.order, e)
	p.by[tx.ID] = e
	p.bytes += len(raw)
	p.nudge()
	return true
}

// nudge wakes a waiting proposer.
func (p *pool) nudge() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// len is how many wait.
func (p *pool) len() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.order)
}

// size is how many wait, and their bytes.
func (p *pool) size() (txs, bytes int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.order), p.bytes
}

// oldest is when the first one arrived; false where none waits.
func (p *pool) oldest() (time.Time, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.order) == 0 {
		return time.Time{}, false
	}
	return p.order[0].since, true
}

// known returns the waiting transaction that has these very bytes, signatures
// included, so that its verdict holds for them.
func (p *pool) known(raw []byte) *op.Tx {
	id, ok := op.PeekID(raw)
	if !ok {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for e := p.by[id]; e != nil; e = e.twin {
		if bytes.Equal(e.raw, raw) {
			return e.tx
		}
	}
	return nil
}

// first returns the oldest transactions, at most so many and so many bytes.
func (p *pool) first(txs, bytes int) []*pooled {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, size := 0, 0
	for n < len(p.order) && n < txs {
		// A transaction in a block costs its bytes and at most eight more.
		size += len(p.order[n].raw) + 8
		if size > bytes {
			break
		}
		n++
	}
	out := make([]*pooled, n)
	copy(out, p.order)
	return out
}

// remove takes transactions out because a block has them, twins and all.
func (p *pool) remove(ids []op.ID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	some := false
	for _, id := range ids {
		for e := p.by[id]; e != nil; e = e.twin {
			e.gone, some = true, true
		}
		delete(p.by, id)
	}
	if some {
		p.compact()
	}
}

// drop takes single transactions out because they were refused. It says of each
// whether it was the last of its body, so that nobody waits for it in vain.
func (p *pool) drop(list []*pooled) (last []bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	last = make([]bool, len(list))
	for i, x := range list {
		x.gone = true
		var kept *pooled
		for e := p.by[x.tx.ID]; e != nil; {
			next := e.twin
			if e != x {
				e.twin, kept = kept, e
			}
			e = next
		}
		if kept == nil {
			delete(p.by, x.tx.ID)
			last[i] = true
		} else {
			p.by[x.tx.ID] = kept
		}
	}
	if len(list) > 0 {
		p.compact()
	}
	return last
}

// compact closes the gaps that were made.
func (p *pool) compact() {
	kept, fresh := p.order[:0], 0
	for i, e := range p.order {
		if e.gone {
			p.bytes -= len(e.raw)
			continue
		}
		if i < p.fresh {
			fresh++
		}
		kept = append(kept, e)
	}
	clear(p.order[len(kept):])
	p.order, p.fresh = kept, fresh
}

// ungossiped returns what has not been offered to peers yet, oldest first.
func (p *pool) ungossiped(bytes int) [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out [][]byte
	for size := 0; p.fresh < len(p.order); p.fresh++ {
		raw := p.order[p.fresh].raw
		size += len(raw)
		if size > bytes && len(out) > 0 {
			break
		}
		out = append(out, raw)
	}
	return out
}

package node

import (
	"bytes"
	"sync"

	"github.com/troth-ledger/troth/ledger/op"
)

// pooled is a transaction waiting for a block.
type pooled struct {
	raw      []byte
	tx       *op.Tx
	gossiped bool
}

// pool holds admitted transactions in order of arrival, so that those of one
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
	if _, ok := p.by[tx.ID]; ok {
		return true
	}
	if len(p.order) >= p.maxTxs || p.bytes+len(raw) > p.maxBytes {
		return false
	}
	e := &pooled{raw: raw, tx: tx}
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

// known returns the waiting transaction that has these very bytes, signatures
// included, so that its verdict holds for them.
func (p *pool) known(raw []byte) *op.Tx {
	id, ok := op.PeekID(raw)
	if !ok {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if e := p.by[id]; e != nil && bytes.Equal(e.raw, raw) {
		return e.tx
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

// remove takes transactions out, because a block has them or nobody can want
// them any more.
func (p *pool) remove(ids []op.ID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	gone := 0
	for _, id := range ids {
		if e, ok := p.by[id]; ok {
			delete(p.by, id)
			p.bytes -= len(e.raw)
			gone++
		}
	}
	if gone == 0 {
		return
	}
	kept, fresh := p.order[:0], 0
	for i, e := range p.order {
		if p.by[e.tx.ID] != e {
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
		e := p.order[p.fresh]
		size += len(e.raw)
		if size > bytes && len(out) > 0 {
			break
		}
		if !e.gossiped {
			e.gossiped = true
			out = append(out, e.raw)
		}
	}
	return out
}

package node

import (
	"context"
	"encoding/hex"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/party"
)

// Submit hands in transactions. It returns a record for each, in order: final
// ones once a block has them, refused ones with their error. Without wait it
// returns as soon as they are verified and in the pool. A transaction that was
// handed in before gets the record it had: sending again is safe.
//
// A record with a height is final. One without is this node's own answer, so
// far: where ctx ends first it says TIMED_OUT, and the transaction may still
// become final; another node may also admit what this one refused, as long as
// the transaction has not expired.
func (n *Node) Submit(ctx context.Context, raws [][]byte, wait bool) []*pb.TxRecord {
	out := make([]*pb.TxRecord, len(raws))
	waits := make([]*waiter, len(raws))
	verified := make(chan int, len(raws))
	since := time.Now()
	for i, raw := range raws {
		w := &waiter{ch: make(chan *pb.TxRecord, 1), raw: raw}
		waits[i] = w
		a := &arrival{raw: raw, ask: true, done: func(a *arrival) { n.judged(w, a); verified <- i }}
		if !n.app.door.enter(a) {
			n.app.meter.refuse(pb.Code_BUSY)
			w.ch <- refusal(nil, busy())
			verified <- i
		}
	}
	for range raws {
		<-verified
	}
	for i, w := range waits {
		out[i] = n.collect(ctx, w, wait)
		if out[i].Height > 0 {
			n.app.meter.observe(finality, since)
		}
	}
	return out
}

// judged runs on a verifier once a submitted transaction is decoded and
// verified: it goes to the pool, or its answer is known already.
func (n *Node) judged(w *waiter, a *arrival) {
	if a.err != nil {
		n.app.meter.refuse(op.CodeOf(a.err))
		w.ch <- refusal(a.tx, a.err)
		return
	}
	n.app.door.guard.passed(a.tx)
	height := n.store.Height()
	if n.seen(w, a) {
		return
	}
	w.tx = a.tx
	if !n.app.hub.wait(w) {
		w.ch <- refusal(a.tx, errStopped)
		return
	}
	if !n.app.pool.add(a.raw, a.tx) {
		n.app.hub.forget(w)
		n.app.meter.refuse(pb.Code_BUSY)
		w.answer(refusal(a.tx, busy()))
		return
	}
	// It may have become final between the look and the wait.
	if n.store.Height() != height && n.seen(w, a) {
		n.app.hub.forget(w)
	}
}

// seen answers for a transaction that is on the chain already.
func (n *Node) seen(w *waiter, a *arrival) bool {
	if last := n.app.last.Load(); last != nil && !party.MayBeDone(n.store, a.tx, *last) {
		return false // as nearly always, and known without a look on disk
	}
	v := n.app.machine.Store().View()
	defer v.Release()
	r := record(v, a.tx.ID)
	if r == nil {
		return false
	}
	w.answer(r)
	return true
}

func (n *Node) collect(ctx context.Context, w *waiter, wait bool) *pb.TxRecord {
	select {
	case r := <-w.ch:
		return r
	default:
	}
	if !wait {
		n.app.hub.forget(w)
		return &pb.TxRecord{Id: hex.EncodeToString(w.tx.ID[:]), Party: w.tx.Body.Party, Result: &pb.TxResult{}}
	}
	select {
	case r := <-w.ch:
		return r
	case <-ctx.Done():
		n.app.hub.forget(w)
		return refusal(w.tx, op.Errorf(pb.Code_TIMED_OUT, "not final in the time given; it may still become so: submit it again or get it by its id"))
	}
}

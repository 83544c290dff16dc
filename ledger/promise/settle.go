package promise

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/fact"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/promise/contract"
	"github.com/troth-ledger/troth/ledger/state"
)

// looksMax bounds how many rules fire and how many moments pass in one look at
// a promise. What is left comes with the next look, at once.
const looksMax = 32

var _ = op.Register(checkSettle, applySettle)

func checkSettle(m *pb.SettleRequest) error { return checkPromise(m.Promise) }

func applySettle(c *op.Context, m *pb.SettleRequest) (*pb.SettleResponse, error) {
	p, k, err := load(c, m.Promise)
	if err != nil {
		return nil, err
	}
	if p.State == pb.PromiseState_SUSPENDED && !c.Now.Before(p.SuspendedUntil.AsTime()) {
		resume(k, p, p.SuspendedUntil.AsTime())
	}
	if !live(p) || p.State == pb.PromiseState_SUSPENDED {
		return nil, op.Errorf(pb.Code_WRONG_STATE, "the promise %s is %s; only one in force settles", p.Id, p.State)
	}
	before := p.Settlements
	evaluate(c, k, p, pb.Settlement_REQUEST, c.Now)
	put(c, p)
	return &pb.SettleResponse{Fired: p.Settlements > before, State: p.State}, nil
}

// wake is what the ledger does when a promise's time has come.
func wake(c *op.Context, key state.Key) {
	p, k, err := load(c, string(key))
	if err != nil {
		panic(fmt.Sprintf("promise: waking %s: %v", key, err))
	}
	if p.State == pb.PromiseState_OFFERED {
		withdraw(c, k, p, pb.Outcome_EXPIRED, notInTime)
	} else {
		catchUp(c, k, p, c.Now)
	}
	put(c, p)
}

// catchUp does with a promise what fell due at or before a moment.
func catchUp(c *op.Context, k *contract.Contract, p *pb.Promise, upTo time.Time) {
	if p.State == pb.PromiseState_SUSPENDED {
		resume(k, p, p.SuspendedUntil.AsTime())
	}
	evaluate(c, k, p, pb.Settlement_NO_CAUSE, upTo)
}

// evaluate lets the rules that hold fire, pays, records, and finds the next
// time to look. cause is what made it look; where it is NO_CAUSE, the promise
// says: see causeOf.
//
// It looks at the promise as of the moment it fell due, then as of the next,
// up to upTo: what comes of two deadlines must not depend on whether a block
// fell between them, nor on how much work was waiting. Windows to challenge
// begin with the block all the same, for only then can anybody know.
//
// An error means that the promise itself is at fault. That must not stop the
// chain, nor may anybody gain by it: the promise waits for its sides to agree
// on a release.
func evaluate(c *op.Context, k *contract.Contract, p *pb.Promise, cause pb.Settlement_Cause, upTo time.Time) {
	at := upTo
	if p.Wake != nil && p.Wake.AsTime().Before(at) {
		at = p.Wake.AsTime()
	}
	if cause == pb.Settlement_NO_CAUSE {
		cause = causeOf(p)
	}
	p.Withdrawn = false
	facts := factsOf(c, p)
	for range looksMax {
		f, next, err := k.Next(p, facts, at)
		switch {
		case err != nil || f == nil && next.IsZero():
			p.Wake = nil
			return
		case f == nil && next.After(upTo):
			p.Wake = timestamppb.New(next)
			return
		case f == nil:
			at, cause = next, pb.Settlement_DEADLINE
		case f.Asserts:
			k.Assert(p, f, c.Now)
			p.Agreement = nil
		default:
			finish(c, k, p, f, cause)
			if p.State == pb.PromiseState_SETTLED {
				return
			}
		}
	}
	p.Wake = timestamppb.New(at)
}

// causeOf is what made the ledger look at a promise of its own accord: a fact it
// had not seen, one that was taken back, or a deadline.
func causeOf(p *pb.Promise) pb.Settlement_Cause {
	switch {
	case int(p.FactsSeen) < len(p.Facts):
		return pb.Settlement_FACT
	case p.Withdrawn:
		return pb.Settlement_WITHDRAWAL
	}
	return pb.Settlement_DEADLINE
}

// finish enters a firing, pays it and writes its settlement. Books and holds
// are kept by this package alone, so that a failure to pay is a fault of the
// ledger, as a broken invariant is: it stops rather than go on.
func finish(c *op.Context, k *contract.Contract, p *pb.Promise, f *contract.Firing, cause pb.Settlement_Cause) {
	returned := bonds(c, k, p, f)
	s := k.Fire(p, f, c.Now, cause)
	s.Promise, s.Height = p.Id, c.Height
	err := pay(c, k, p, s)
	if err == nil {
		err = payBonds(c, p, returned)
	}
	if err != nil {
		panic(fmt.Sprintf("promise: paying %s: %v", p.Id, err))
	}
	s.Payouts = append(s.Payouts, returned...)
	p.Agreement = nil // there is less to share now, or nothing
	if p.State == pb.PromiseState_SETTLED {
		p.Wake = nil
	}
	Settlements.Put(c.State, SettlementKey(p.Id, s.Seq), s)
}

// factsOf reads the facts that count for a promise, in order of arrival.
func factsOf(c *op.Context, p *pb.Promise) []contract.FactView {
	out := make([]contract.FactView, 0, len(p.Facts))
	for _, ref := range p.Facts {
		if f, ok := fact.Facts.Peek(c.State, state.Key(ref.Fact)); ok {
			out = append(out, contract.FactView{Fact: f, By: ref.By})
		}
	}
	return out
}

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

// firingsMax bounds how many rules fire in one look at a promise. What is left
// comes with the next look, at once.
const firingsMax = 32

var _ = op.Register(checkSettle, applySettle)

func checkSettle(m *pb.SettleRequest) error { return checkPromise(m.Promise) }

func applySettle(c *op.Context, m *pb.SettleRequest) (*pb.SettleResponse, error) {
	p, k, err := load(c, m.Promise)
	if err != nil {
		return nil, err
	}
	if !live(p) || p.State == pb.PromiseState_SUSPENDED {
		return nil, op.Errorf(pb.Code_WRONG_STATE, "the promise %s is %s; only one in force settles", p.Id, p.State)
	}
	before := p.Settlements
	evaluate(c, k, p, pb.Settlement_REQUEST)
	put(c, p)
	return &pb.SettleResponse{Fired: p.Settlements > before, State: p.State}, nil
}

// wake is what the ledger does when a promise's time has come.
func wake(c *op.Context, key state.Key) {
	p, k, err := load(c, string(key))
	if err != nil {
		panic(fmt.Sprintf("promise: waking %s: %v", key, err))
	}
	switch p.State {
	case pb.PromiseState_OFFERED:
		withdraw(c, k, p, pb.Outcome_EXPIRED, "the offer was not accepted in time")
	case pb.PromiseState_SUSPENDED:
		resume(c, p)
	default:
		evaluate(c, k, p, pb.Settlement_NO_CAUSE)
	}
	put(c, p)
}

// evaluate lets the rules that hold now fire, pays, records, and finds the next
// time to look. cause is what made it look; where it is NO_CAUSE, a fact that
// was not seen yet is the cause, or else the deadline.
func evaluate(c *op.Context, k *contract.Contract, p *pb.Promise, cause pb.Settlement_Cause) {
	if cause == pb.Settlement_NO_CAUSE {
		cause = pb.Settlement_DEADLINE
		if int(p.FactsSeen) < len(p.Facts) {
			cause = pb.Settlement_FACT
		}
	}
	facts := factsOf(c, p)
	for range firingsMax {
		f, next, err := k.Next(p, facts, c.Now)
		if err != nil {
			panic(fmt.Sprintf("promise: %s: %v", p.Id, err))
		}
		if f == nil {
			setWake(p, next)
			return
		}
		if f.Asserts {
			k.Assert(p, f, c.Now)
			continue
		}
		finish(c, k, p, f, cause)
		if p.State == pb.PromiseState_SETTLED {
			return
		}
	}
	p.Wake = c.Time()
}

// finish enters a firing, pays it and writes its settlement. A failure to pay
// what is held would be a fault of the ledger, and stops it.
func finish(c *op.Context, k *contract.Contract, p *pb.Promise, f *contract.Firing, cause pb.Settlement_Cause) {
	bonds := bondPayouts(p, k, f)
	s := k.Fire(p, f, c.Now, cause)
	s.Promise, s.Height = p.Id, c.Height
	if err := pay(c, k, p, s); err != nil {
		panic(fmt.Sprintf("promise: paying %s: %v", p.Id, err))
	}
	s.Payouts = append(s.Payouts, payBonds(c, k, p, bonds)...)
	if p.State == pb.PromiseState_SETTLED {
		p.Wake, p.Agreement = nil, nil
	}
	Settlements.Put(c.State, SettlementKey(p.Id, s.Seq), s)
}

func setWake(p *pb.Promise, at time.Time) {
	if at.IsZero() {
		p.Wake = nil
		return
	}
	p.Wake = timestamppb.New(at)
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

package contract

import (
	"fmt"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
)

func (c *Contract) fire(p *pb.Promise, f *Firing, now time.Time, cause pb.Settlement_Cause) *pb.Settlement {
	for _, l := range f.Legs {
		c.take(p, l)
	}
	if f.Cause != pb.Settlement_NO_CAUSE {
		cause = f.Cause
	}
	p.Settlements++
	s := &pb.Settlement{Promise: p.Id, Seq: p.Settlements, Rule: f.Name, When: f.When, Outcome: f.Outcome,
		Cause: cause, Facts: f.Facts, Payouts: f.Legs, Time: stamp(now), Period: int32(f.Period)}
	p.Caps = f.caps
	p.Assertion = nil
	if f.Rule >= 0 {
		c.mark(p, f)
	}
	if f.endsPeriod {
		endPeriod(p, f.Outcome)
	}
	p.State = pb.PromiseState_ACTIVE
	if f.Ends {
		end(p, f.Outcome, now)
	}
	c.conserved(p)
	return s
}

// take enters one payout.
func (c *Contract) take(p *pb.Promise, l *pb.Payout) {
	for _, h := range p.Holds {
		if h.Name != l.Hold {
			continue
		}
		if l.Units < 0 || l.Units > h.Put-h.Paid {
			panic(fmt.Sprintf("contract: promise %s would pay %d out of hold %s, which has %d", p.Id, l.Units, h.Name, h.Put-h.Paid))
		}
		h.Paid += l.Units
		return
	}
	panic(fmt.Sprintf("contract: promise %s has no hold %s", p.Id, l.Hold))
}

// mark remembers that a rule fired.
func (c *Contract) mark(p *pb.Promise, f *Firing) {
	switch c.rules[f.Rule].each {
	case pb.Rule_FACT:
		p.FactsSeen = uint32(f.Fact + 1)
	case pb.Rule_PERIOD:
		if !f.endsPeriod {
			p.Fired = append(p.Fired, &pb.Fired{Rule: uint32(f.Rule), Period: int32(f.Period)})
		}
	default:
		p.Fired = append(p.Fired, &pb.Fired{Rule: uint32(f.Rule), Period: -1})
	}
}

// endPeriod counts the period and goes to the next. What fired in it is
// forgotten: the list stays as short as the template.
func endPeriod(p *pb.Promise, o pb.Outcome) {
	switch o {
	case pb.Outcome_KEPT:
		p.PeriodsKept++
	case pb.Outcome_BROKEN:
		p.PeriodsBroken++
	}
	p.Period++
	var kept []*pb.Fired
	for _, f := range p.Fired {
		if f.Period < 0 {
			kept = append(kept, f)
		}
	}
	p.Fired = kept
}

// end closes the books.
func end(p *pb.Promise, o pb.Outcome, now time.Time) {
	p.State, p.Outcome, p.Settled = pb.PromiseState_SETTLED, o, stamp(now)
	p.Wake, p.Agreement, p.SuspendedUntil, p.SuspendedAt = nil, nil, nil, nil
}

// conserved checks what must hold after every firing.
func (c *Contract) conserved(p *pb.Promise) {
	for _, h := range p.Holds {
		left := h.Put - h.Paid
		if left < 0 || h.Paid < 0 || p.State == pb.PromiseState_SETTLED && left != 0 {
			panic(fmt.Sprintf("contract: hold %s of promise %s: put %d, paid %d, in state %v", h.Name, p.Id, h.Put, h.Paid, p.State))
		}
	}
}

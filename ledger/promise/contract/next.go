package contract

import (
	"fmt"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/promise/rule"
)

// lastPeriodName is the clause of the record that ends a promise after its
// last period.
const lastPeriodName = "last period"

// step is one look at a promise.
type step struct {
	c     *Contract
	p     *pb.Promise
	views []FactView
	seen  counted
	now   time.Time
	in    rule.Input
	// count, and the current period in in.Period; 0 without periods.
	count int
	wake  int64
	wakes bool
	meter *meter
}

// newStep gathers what rules read. Its error is a fault of p or views.
func (c *Contract) newStep(p *pb.Promise, views []FactView, now time.Time) (*step, error) {
	switch {
	case len(p.Terms) != len(c.terms) || len(p.Holds) != len(c.holds):
		return nil, fmt.Errorf("contract: promise %s has %d terms and %d holds, its template %d and %d",
			p.Id, len(p.Terms), len(p.Holds), len(c.terms), len(c.holds))
	case len(views) > FactsMax:
		return nil, fmt.Errorf("contract: promise %s has %d facts, the most is %d", p.Id, len(views), FactsMax)
	}
	s := &step{c: c, p: p, views: views, seen: c.count(views), now: now}
	s.in = rule.Input{Terms: c.ruleTerms(p), Facts: s.seen.facts, Now: now.UnixNano()}
	s.in.Holds = c.noHolds
	if c.readsHolds {
		s.in.Holds = left(p)
	}
	if c.periods == nil {
		return s, nil
	}
	s.in.Period = &rule.Period{}
	from, count, err := c.periods.at(&s.in)
	if err != nil {
		return nil, err
	}
	k := int(p.Period)
	s.count = count
	*s.in.Period = rule.Period{Index: int64(k), Start: boundary(c.periods.every, from, k).UnixNano(),
		End: boundary(c.periods.every, from, k+1).UnixNano()}
	return s, nil
}

// left is what each hold has, as rules read it.
func left(p *pb.Promise) []rule.Value {
	out := make([]rule.Value, len(p.Holds))
	for i, h := range p.Holds {
		if h.Asset != "" {
			out[i] = rule.Amount(h.Asset, h.Put-h.Paid)
		}
	}
	return out
}

func (c *Contract) next(p *pb.Promise, views []FactView, now time.Time, m *meter) (*Firing, time.Time, error) {
	switch p.State {
	case pb.PromiseState_ACTIVE:
	case pb.PromiseState_SUSPENDED:
		return nil, moment(p.SuspendedUntil), nil
	case pb.PromiseState_ASSERTED, pb.PromiseState_CHALLENGED, pb.PromiseState_ANSWERED:
		return c.overdue(p, views, now, m)
	default:
		return nil, time.Time{}, nil
	}
	s, err := c.newStep(p, views, now)
	if err != nil {
		return nil, time.Time{}, err
	}
	s.meter = m
	if f := s.first(); f != nil {
		return f, time.Time{}, nil
	}
	p.FactsSeen = uint32(len(views))
	if !s.wakes {
		return nil, time.Time{}, nil
	}
	return nil, fromNanos(s.wake), nil
}

// first tries the rules in order. A rule for each fact sees the first fact
// that was not seen before; only when no rule holds does the next fact get its
// turn, with those rules alone, since the others read the same as before.
func (s *step) first() *Firing {
	if s.c.periods != nil && int(s.p.Period) >= s.count {
		return s.lastPeriod()
	}
	fresh := s.fresh()
	for i := range s.c.rules {
		x := &s.c.rules[i]
		switch x.each {
		case pb.Rule_FACT:
			if fresh < len(s.seen.facts) && s.holds(x, fresh) {
				return s.firing(i, fresh)
			}
		case pb.Rule_PERIOD:
			if s.begun() && !s.fired(i, int32(s.p.Period)) && s.holds(x, -1) {
				return s.firing(i, -1)
			}
		default:
			if !s.fired(i, -1) && s.holds(x, -1) {
				return s.firing(i, -1)
			}
		}
	}
	for n := fresh + 1; n < len(s.seen.facts); n++ {
		for i := range s.c.rules {
			if x := &s.c.rules[i]; x.each == pb.Rule_FACT && s.holds(x, n) {
				return s.firing(i, n)
			}
		}
	}
	return nil
}

// fresh is the index of the first counted fact that was not seen before.
func (s *step) fresh() int {
	for n, at := range s.seen.at {
		if at >= int(s.p.FactsSeen) {
			return n
		}
	}
	return len(s.seen.at)
}

// begun reports whether the current period has begun, and wakes when it does.
func (s *step) begun() bool {
	if s.in.Now >= s.in.Period.Start {
		return true
	}
	s.wakeAt(s.in.Period.Start)
	return false
}

func (s *step) fired(i int, period int32) bool {
	for _, f := range s.p.Fired {
		if f.Rule == uint32(i) && f.Period == period {
			return true
		}
	}
	return false
}

// holds evaluates a clause's condition for fact n, or for none. A condition
// that can't be evaluated doesn't hold.
func (s *step) holds(x *clause, n int) bool {
	if x.cond == nil {
		return true
	}
	if !s.meter.allow(x.cond, len(s.seen.facts)) {
		return false
	}
	r, err := x.cond.Eval(s.input(n))
	if r.Wakes {
		s.wakeAt(r.Wake)
	}
	return err == nil && r.Value.AsBool()
}

func (s *step) input(n int) *rule.Input {
	s.in.Fact = nil
	if n >= 0 {
		s.in.Fact = &s.seen.facts[n]
	}
	return &s.in
}

func (s *step) wakeAt(t int64) {
	if !s.wakes || t < s.wake {
		s.wake, s.wakes = t, true
	}
}

// firing is rule i holding, for fact n or for none.
func (s *step) firing(i, n int) *Firing {
	x := &s.c.rules[i]
	f := &Firing{Rule: i, Name: x.name, When: x.when, Period: -1, Fact: -1, Outcome: x.outcome,
		Ends: x.ends(), Asserts: x.asserts}
	if x.each == pb.Rule_PERIOD {
		f.Period = int(s.p.Period)
		f.endsPeriod = x.outcome != pb.Outcome_GOES_ON
	}
	if n >= 0 {
		f.Fact = s.seen.at[n]
	}
	f.Facts = s.decidedOn(x, n)
	if !f.Asserts {
		s.pay(f, x.legs, n)
	}
	return f
}

// lastPeriod ends the promise by what its periods came to.
func (s *step) lastPeriod() *Firing {
	f := &Firing{Rule: -1, Name: lastPeriodName, Period: -1, Fact: -1, Ends: true,
		Cause: pb.Settlement_LAST_PERIOD, Outcome: pb.Outcome_PARTIAL}
	switch {
	case int(s.p.PeriodsKept) == s.count:
		f.Outcome = pb.Outcome_KEPT
	case int(s.p.PeriodsBroken) == s.count:
		f.Outcome = pb.Outcome_BROKEN
	}
	s.pay(f, nil, -1)
	return f
}

package contract

import (
	"fmt"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/promise/rule"
)

// dispute is a compiled DisputeDef.
type dispute struct {
	by                     []string
	arbiter                string
	window, answer, ruling *rule.Program
	bond, fee              *rule.Program // nil for none
}

// Dispute is how a promise's rules may be challenged, with its own terms.
type Dispute struct {
	// Window is how long after a rule fired it may be challenged; Answer how
	// long the other side has to answer, where silence loses; Ruling how long
	// the arbiter has, where silence lets the rule stand. Each ends inclusively.
	Window, Answer, Ruling time.Duration
	// Bond is what challenging and answering cost until it is ruled; nil for
	// nothing.
	Bond *pb.Amount
	// Fee is what the arbiter gets out of the loser's bond; nil for nothing. It
	// is at most the bond.
	Fee *pb.Amount
	// By may challenge and answer; Arbiter rules.
	By      []string
	Arbiter string
}

// Dispute evaluates the template's dispute section with p's terms. ok is false
// where nothing can be challenged.
func (c *Contract) Dispute(p *pb.Promise) (d Dispute, ok bool) {
	if c.dispute == nil {
		return d, false
	}
	in := c.timeless(&rule.Input{Terms: c.ruleTerms(p)})
	d, err := c.dispute.eval(in)
	return d, err == nil
}

func (d *dispute) eval(in *rule.Input) (out Dispute, err error) {
	out.By, out.Arbiter = d.by, d.arbiter
	for _, x := range []struct {
		name string
		prog *rule.Program
		to   *time.Duration
	}{{"window", d.window, &out.Window}, {"answer", d.answer, &out.Answer}, {"ruling", d.ruling, &out.Ruling}} {
		if *x.to, err = evalDuration(x.prog, in); err != nil || *x.to < 0 || *x.to > durationMax {
			return out, badTerms("the dispute's %s, %s, is not a duration of 0 to %d years with these terms", x.name, x.prog.Source(), DurationYearsMax)
		}
	}
	if out.Bond, err = bondAmount("bond", d.bond, in); err != nil {
		return out, err
	}
	if out.Fee, err = bondAmount("fee", d.fee, in); err != nil {
		return out, err
	}
	if out.Fee != nil && (out.Bond == nil || out.Fee.Asset != out.Bond.Asset || out.Fee.Units > out.Bond.Units) {
		return out, badTerms("the arbiter's fee is more than the bond it is taken from")
	}
	return out, nil
}

// bondAmount is nil for no or a zero amount.
func bondAmount(what string, p *rule.Program, in *rule.Input) (*pb.Amount, error) {
	if p == nil {
		return nil, nil
	}
	asset, units, err := evalAmount(p, in)
	if err != nil || units < 0 || units > UnitsMax {
		return nil, badTerms("the dispute's %s, %s, is not an amount of at least zero with these terms", what, p.Source())
	}
	if units == 0 {
		return nil, nil
	}
	return &pb.Amount{Asset: asset, Units: units}, nil
}

func (d *dispute) check(in *rule.Input) error {
	if d == nil {
		return nil
	}
	_, err := d.eval(in)
	return err
}

// Assert enters a firing that may be challenged: nothing is paid, and the
// promise waits until the window has passed.
func (c *Contract) Assert(p *pb.Promise, f *Firing, now time.Time) {
	d, _ := c.Dispute(p)
	p.State = pb.PromiseState_ASSERTED
	p.Assertion = &pb.Assertion{Rule: uint32(f.Rule), At: stamp(now), Until: stamp(now.Add(d.Window))}
	p.Wake = stamp(now.Add(d.Window + 1))
}

// Challenge enters that role says another rule should have fired. It returns
// the bond to take from the challenger, or nil. A rule that ends nothing can't be
// claimed.
func (c *Contract) Challenge(p *pb.Promise, role, claim string, now time.Time) (*pb.Amount, error) {
	d, err := c.turn(p, pb.PromiseState_ASSERTED, role, now)
	if err != nil {
		return nil, err
	}
	i, err := c.claimable(p, claim)
	if err != nil {
		return nil, err
	}
	a := p.Assertion
	a.Challenger, a.Claim, a.Until, a.Bond = role, uint32(i), stamp(now.Add(d.Answer)), d.Bond
	p.State, p.Wake = pb.PromiseState_CHALLENGED, stamp(now.Add(d.Answer+1))
	return d.Bond, nil
}

// claimable finds the rule that a challenge says should have fired. It ends what
// the rule that fired ends, or the promise: what a challenge comes to is an end,
// for it must not be possible to put that off again and again. One that has
// fired can't be claimed by that, so nothing pays twice.
func (c *Contract) claimable(p *pb.Promise, claim string) (int, error) {
	i := c.ruleNamed(claim)
	if i < 0 {
		return 0, &Fault{pb.Code_NOT_IN_TERMS, fmt.Sprintf("there is no rule %q%s", claim, near(claim, c.ruleNames()))}
	}
	fired, x := &c.rules[p.Assertion.Rule], &c.rules[i]
	switch {
	case x == fired:
		return 0, &Fault{pb.Code_NOT_IN_TERMS, fmt.Sprintf("%q is the rule that fired; claim another", claim)}
	case x.each == pb.Rule_FACT:
		return 0, &Fault{pb.Code_NOT_IN_TERMS, fmt.Sprintf("%q is for single facts and can't be claimed", claim)}
	case x.outcome == pb.Outcome_GOES_ON:
		return 0, &Fault{pb.Code_NOT_IN_TERMS, fmt.Sprintf("with %q the promise goes on; claim a rule that ends it, or its period", claim)}
	case !x.ends() && fired.each != pb.Rule_PERIOD:
		return 0, &Fault{pb.Code_NOT_IN_TERMS, fmt.Sprintf("%q ends a period, and %q is no rule of a period; claim a rule that ends the promise", claim, fired.name)}
	}
	return i, nil
}

// Answer enters that role stands by the rule that fired. It returns the bond
// to take, or nil.
func (c *Contract) Answer(p *pb.Promise, role string, now time.Time) (*pb.Amount, error) {
	d, err := c.turn(p, pb.PromiseState_CHALLENGED, role, now)
	if err != nil {
		return nil, err
	}
	a := p.Assertion
	if role == a.Challenger {
		return nil, &Fault{pb.Code_NOT_YOUR_TURN, fmt.Sprintf("%q has challenged; another side answers", role)}
	}
	a.Answerer, a.Until = role, stamp(now.Add(d.Ruling))
	p.State, p.Wake = pb.PromiseState_ANSWERED, stamp(now.Add(d.Ruling+1))
	return a.Bond, nil
}

// turn checks that role may act on an assertion now.
func (c *Contract) turn(p *pb.Promise, state pb.PromiseState, role string, now time.Time) (Dispute, error) {
	d, ok := c.Dispute(p)
	switch {
	case !ok:
		return d, &Fault{pb.Code_NOT_IN_TERMS, "nothing of this promise can be challenged"}
	case p.State != state || p.Assertion == nil:
		return d, &Fault{pb.Code_WRONG_STATE, fmt.Sprintf("the promise is %s, not %s", stateWord(p.State), stateWord(state))}
	case !contains(d.By, role):
		return d, &Fault{pb.Code_NOT_YOURS, fmt.Sprintf("the terms don't let %q do this", role)}
	case now.After(moment(p.Assertion.Until)):
		return d, &Fault{pb.Code_WRONG_TIME, "the time for it ended at " + FormatTime(moment(p.Assertion.Until))}
	}
	return d, nil
}

// Rule is the arbiter's ruling: the firing of the rule named, which is the one
// that fired or the one claimed.
func (c *Contract) Rule(p *pb.Promise, name string, facts []FactView, now time.Time) (*Firing, error) {
	i := c.ruleNamed(name)
	switch {
	case p.State != pb.PromiseState_ANSWERED || p.Assertion == nil:
		return nil, &Fault{pb.Code_WRONG_STATE, fmt.Sprintf("the promise is %s, not answered", stateWord(p.State))}
	case now.After(moment(p.Assertion.Until)):
		return nil, &Fault{pb.Code_WRONG_TIME, "the time for ruling ended at " + FormatTime(moment(p.Assertion.Until))}
	case i < 0 || i != int(p.Assertion.Rule) && i != int(p.Assertion.Claim):
		return nil, &Fault{pb.Code_NOT_IN_TERMS, fmt.Sprintf("%q is neither the rule that fired, %q, nor the one claimed, %q",
			name, c.rules[p.Assertion.Rule].name, c.rules[p.Assertion.Claim].name)}
	}
	f, err := c.Ruled(p, i, facts, now)
	if f != nil {
		f.Cause = pb.Settlement_RULING
	}
	return f, err
}

// Ruled is rule i firing whether or not its condition holds.
func (c *Contract) Ruled(p *pb.Promise, i int, facts []FactView, now time.Time) (*Firing, error) {
	return c.ruled(p, i, facts, now, nil)
}

func (c *Contract) ruled(p *pb.Promise, i int, facts []FactView, now time.Time, m *meter) (*Firing, error) {
	if i < 0 || i >= len(c.rules) || c.rules[i].each == pb.Rule_FACT {
		return nil, fmt.Errorf("contract: rule %d of %s can't be ruled", i, c.t.Name)
	}
	s, err := c.newStep(p, facts, now)
	if err != nil {
		return nil, err
	}
	s.meter = m
	f := s.firing(i, -1)
	if f.Asserts {
		f.Asserts = false
		s.pay(f, c.rules[i].legs, -1)
	}
	return f, nil
}

// overdue is what silence does once an assertion's time is up.
func (c *Contract) overdue(p *pb.Promise, facts []FactView, now time.Time, m *meter) (*Firing, time.Time, error) {
	a := p.Assertion
	if a == nil {
		return nil, time.Time{}, fmt.Errorf("contract: promise %s waits for nothing", p.Id)
	}
	until := moment(a.Until)
	if !now.After(until) {
		return nil, until.Add(1), nil
	}
	i, cause := int(a.Rule), pb.Settlement_UNCHALLENGED
	switch p.State {
	case pb.PromiseState_CHALLENGED:
		i, cause = int(a.Claim), pb.Settlement_UNANSWERED
	case pb.PromiseState_ANSWERED:
		cause = pb.Settlement_NO_RULING
	}
	f, err := c.ruled(p, i, facts, now, m)
	if f != nil {
		f.Cause = cause
	}
	return f, time.Time{}, err
}

func (c *Contract) ruleNamed(name string) int {
	for i := range c.rules {
		if c.rules[i].name == name {
			return i
		}
	}
	return -1
}

func (c *Contract) ruleNames() []string {
	var out []string
	for i := range c.rules {
		out = append(out, c.rules[i].name)
	}
	return out
}

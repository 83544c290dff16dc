package contract

import (
	"fmt"
	"sort"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
)

// Case is a promise to play through.
type Case struct {
	// Terms as Begin takes them. A sealed term may be missing or in the open,
	// and a term that no rule reads may be missing.
	Terms []*pb.NamedValue
	// Facts, and what the parties do (see ActChallenge and the others). They
	// arrive in the order of their arrival times, or of their claimed times
	// where they have none; at the same time in the order given.
	Facts []*pb.ExampleFact
	// Start is when the promise comes into force; where zero, a second before
	// the earliest time among terms and facts.
	Start time.Time
	// Until is the last moment played; where zero, every deadline passes.
	Until time.Time
	// Decimals is for the words of Steps; nil for ISODecimals.
	Decimals Decimals
}

// Total is what a role was paid, or a hold has, of one asset.
type Total struct {
	// Name of the role or the hold.
	Name string
	// Asset is the asset.
	Asset string
	// Units are minor units.
	Units int64
}

// Result is how a case came out.
type Result struct {
	// Outcome is GOES_ON where the promise hasn't ended.
	Outcome pb.Outcome
	// Rule is the clause that ended it; empty where it hasn't ended.
	Rule string
	// Paid is what each role got out of holds (bonds are no holds: Steps say
	// where they went), in the template's order of roles
	// and then of assets as they were first paid. A role that could have been
	// paid and wasn't has an entry of 0 for the asset of a hold.
	Paid []Total
	// Held is what each hold still has, in the template's order.
	Held []Total
	// Steps say what happened and with what arithmetic, in order.
	Steps []string
	// Settlements are the records, in order.
	Settlements []*pb.Settlement
	// Promise is how the promise stands in the end.
	Promise *pb.Promise
	// Facts are the facts that arrived.
	Facts []FactView
}

// stepsMax bounds a simulation: more than any promise within the limits takes.
const stepsMax = 4*PeriodsMax + 8*RulesMax + 2*FactsMax*RulesMax

// run is one case being played.
type run struct {
	c        *Contract
	p        *pb.Promise
	views    []FactView
	events   []*pb.ExampleFact
	now      time.Time
	until    time.Time
	decimals Decimals
	steps    []string
	records  []*pb.Settlement
	meter    *meter
	ended    string
}

// Simulate plays a case: facts arrive and deadlines pass in order, deadlines
// first where both fall on the same moment, as in a block. The error is a
// *Fault: the terms don't fit, or a party does what it may not.
func Simulate(c *Contract, x Case) (*Result, error) {
	return c.simulate(x, &meter{left: 8 * publishCostMax})
}

func (c *Contract) simulate(x Case, m *meter) (*Result, error) {
	p, err := c.draft(x.Terms, true)
	if err != nil {
		return nil, err
	}
	r := &run{c: c, p: p, until: x.Until, decimals: x.Decimals, meter: m, events: byArrival(x.Facts)}
	if r.decimals == nil {
		r.decimals = ISODecimals
	}
	for _, f := range x.Facts {
		if err := c.caseFact(f); err != nil {
			return nil, err
		}
	}
	r.now = x.Start
	if r.now.IsZero() {
		r.now = c.earliest(p, x.Facts).Add(-time.Second)
	}
	r.begin()
	if err := r.play(); err != nil {
		return nil, err
	}
	return r.result(), nil
}

// caseFact refuses a fact that a template would not read.
func (c *Contract) caseFact(f *pb.ExampleFact) error {
	b := &builder{t: c.t, c: c}
	b.exampleFact("", f)
	for _, x := range b.problems {
		return &Fault{Code: pb.Code_FACT_MISFIT, Msg: x.Msg}
	}
	return nil
}

func arrival(f *pb.ExampleFact) time.Time {
	if f.Arrived != nil {
		return f.Arrived.AsTime()
	}
	return moment(f.At)
}

func byArrival(facts []*pb.ExampleFact) []*pb.ExampleFact {
	out := append([]*pb.ExampleFact(nil), facts...)
	sort.SliceStable(out, func(i, j int) bool { return arrival(out[i]).Before(arrival(out[j])) })
	return out
}

// earliest is the earliest time among terms and facts.
func (c *Contract) earliest(p *pb.Promise, facts []*pb.ExampleFact) time.Time {
	var out time.Time
	see := func(t time.Time) {
		if !t.IsZero() && (out.IsZero() || t.Before(out)) {
			out = t
		}
	}
	for i, v := range p.Terms {
		if t := v.GetTime(); t != nil && c.readsTerm(c.terms[i].Name) {
			see(t.AsTime())
		}
	}
	for _, f := range facts {
		see(moment(f.At))
	}
	if out.IsZero() {
		return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return out
}

func (r *run) begin() {
	p := r.p
	p.Id, p.State, p.Active = "simulation", pb.PromiseState_ACTIVE, stamp(r.now)
	for i, h := range r.c.holds {
		p.Holds[i].Party = h.from
		if p.Holds[i].Asset != "" {
			r.note("%s puts %s into %s", h.from, r.amount(p.Holds[i].Put, p.Holds[i].Asset), h.name)
		}
	}
	for _, d := range r.c.t.Roles {
		p.Roles = append(p.Roles, &pb.RoleBinding{Role: d.Name, Parties: []string{d.Name}, Accepted: true})
	}
}

// play goes from event to event until the promise has settled, nothing more
// can happen, or the time is up.
func (r *run) play() error {
	cause := pb.Settlement_ACCEPTANCE
	for range stepsMax + len(r.events) {
		if r.p.State == pb.PromiseState_SETTLED {
			r.tooLate()
			return nil
		}
		f, wake, err := r.c.next(r.p, r.views, r.now, r.meter)
		if err != nil {
			return err
		}
		if r.meter.spent() {
			return &Fault{Code: pb.Code_TOO_COSTLY, Msg: "this takes too much work; use fewer facts, or simpler conditions"}
		}
		if f != nil {
			r.fire(f, cause)
			continue
		}
		r.p.Wake = stamp(wake)
		at, arrives := wake, false
		if len(r.events) > 0 {
			if t := arrival(r.events[0]); wake.IsZero() || t.Before(wake) {
				at, arrives = t, true
			}
		}
		if at.IsZero() || !r.until.IsZero() && at.After(r.until) {
			return nil
		}
		if at.After(r.now) {
			r.now = at
		}
		cause = pb.Settlement_DEADLINE
		if arrives {
			cause = pb.Settlement_FACT
			if _, act := actFields(r.events[0].Kind); act {
				cause = pb.Settlement_DEPOSIT
			}
			if err := r.arrive(); err != nil {
				return err
			}
		}
	}
	return fmt.Errorf("contract: the promise takes more than %d steps", stepsMax)
}

// tooLate says that events are left over.
func (r *run) tooLate() {
	switch n := len(r.events); n {
	case 0:
	case 1:
		r.note("one more thing happened after the end and changed nothing")
	default:
		r.note("%d more things happened after the end and changed nothing", n)
	}
}

// arrive takes the next event.
func (r *run) arrive() error {
	f := r.events[0]
	r.events = r.events[1:]
	if len(r.views) >= FactsMax {
		return &Fault{pb.Code_LIMIT, fmt.Sprintf("more than %d facts", FactsMax)}
	}
	if _, ok := actFields(f.Kind); ok {
		return r.act(f)
	}
	role, n := attesterOf(f.By)
	attester := role
	if n > 1 {
		attester = f.By
	}
	subject := "subject"
	if len(r.p.Subjects) > 0 {
		subject = r.p.Subjects[0]
	}
	r.views = append(r.views, FactView{By: role, Fact: &pb.Fact{
		Id: fmt.Sprintf("fact %d", len(r.views)+1), Attester: attester, Arrived: stamp(r.now),
		Statement: &pb.Statement{Subject: subject, Kind: f.Kind, At: f.At, Values: f.Values}}})
	r.note("%s", r.words().fact(&r.views[len(r.views)-1]))
	return nil
}

func (r *run) fire(f *Firing, cause pb.Settlement_Cause) {
	if f.Asserts {
		r.c.Assert(r.p, f, r.now)
		r.note("“%s” holds and may be challenged until %s", f.Name, FormatTime(moment(r.p.Assertion.Until)))
		return
	}
	bonds := r.c.Bonds(r.p, f)
	s := r.c.fire(r.p, f, r.now, cause)
	r.records = append(r.records, s)
	words := r.words()
	r.note("%s", words.applied(s))
	for _, l := range s.Payouts {
		r.note("%s", words.payout(s, l))
	}
	for _, l := range bonds {
		r.note("%s to %s (%s)", r.amount(l.Units, l.Asset), l.Role, l.Formula)
	}
	if f.Ends {
		r.ended = f.Name
	}
}

// words explains what has happened so far.
func (r *run) words() *explainer {
	return r.c.explainer(Reading{Promise: r.p, Facts: r.views, Settlements: r.records, Decimals: r.decimals})
}

func (r *run) note(format string, a ...any) {
	r.steps = append(r.steps, r.now.UTC().Format(time.RFC3339Nano)+" "+fmt.Sprintf(format, a...))
}

func (r *run) amount(units int64, asset string) string {
	return FormatAmount(units, r.decimals(asset), asset)
}

func (r *run) result() *Result {
	out := &Result{Outcome: r.p.Outcome, Rule: r.ended, Steps: r.steps, Settlements: r.records, Promise: r.p, Facts: r.views}
	for _, h := range r.p.Holds {
		out.Held = append(out.Held, Total{h.Name, h.Asset, h.Put - h.Paid})
	}
	for _, d := range r.c.t.Roles {
		out.Paid = append(out.Paid, r.paidTo(d.Name)...)
	}
	return out
}

// paidTo adds up what a role was paid, by asset.
func (r *run) paidTo(role string) []Total {
	var out []Total
	add := func(asset string, units int64) {
		for i := range out {
			if out[i].Asset == asset {
				out[i].Units += units
				return
			}
		}
		out = append(out, Total{role, asset, units})
	}
	for _, s := range r.records {
		for _, l := range s.Payouts {
			if l.Role == role {
				add(l.Asset, l.Units)
			}
		}
	}
	if len(out) == 0 && r.c.payable(role) && len(r.p.Holds) > 0 && r.p.Holds[0].Asset != "" {
		add(r.p.Holds[0].Asset, 0)
	}
	return out
}

// payable reports whether any clause or hold names the role as a payee.
func (c *Contract) payable(role string) bool {
	for _, h := range c.holds {
		if h.from == role || h.rest == role {
			return true
		}
	}
	for _, list := range [][]clause{c.rules, c.cancel} {
		for _, x := range list {
			for _, l := range x.legs {
				if l.to == role {
					return true
				}
			}
		}
	}
	return false
}

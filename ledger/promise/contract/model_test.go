package contract

import (
	"fmt"
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/troth-ledger/troth/gen/pb"
)

// The model is the same language once more, as naively as possible: rules that
// wait for a kind of fact or a deadline, legs, caps, and hours instead of
// times. Random templates are played by both.
type (
	modelLeg struct {
		hold, to int
		amount   string // all, rest, n/d or minor units
		n, d     int64  // portion, or minor units in n with d 0
	}
	modelRule struct {
		kind     int // of the fact it waits for, or -1
		deadline int // hour
		perFact  bool
		ends     bool
		legs     []modelLeg
	}
	modelCap struct {
		to    int
		claim bool
		units int64
	}
	model struct {
		puts   []int64
		rests  []int
		rules  []modelRule
		caps   []modelCap
		events []modelEvent
	}
	modelEvent struct{ hour, kind int }
)

var (
	modelRoles = []string{"seller", "buyer", "friend"}
	modelStart = day("2026-01-01T00:00:00Z")
)

func drawModel(t *rapid.T) model {
	var m model
	for i := range rapid.IntRange(1, 3).Draw(t, "holds") {
		m.puts = append(m.puts, rapid.Int64Range(0, 1000).Draw(t, fmt.Sprintf("put %d", i)))
		m.rests = append(m.rests, rapid.IntRange(0, 2).Draw(t, "rest"))
	}
	for range rapid.IntRange(0, 4).Draw(t, "rules") {
		r := modelRule{kind: rapid.IntRange(-1, 2).Draw(t, "kind"), deadline: rapid.IntRange(1, 20).Draw(t, "deadline"),
			ends: rapid.Bool().Draw(t, "ends"), legs: drawLegs(t, len(m.puts))}
		r.perFact = r.kind >= 0 && rapid.Bool().Draw(t, "per fact")
		m.rules = append(m.rules, r)
	}
	m.rules = append(m.rules, modelRule{kind: -1, deadline: 30, ends: true, legs: drawLegs(t, len(m.puts))})
	for range rapid.IntRange(0, 2).Draw(t, "caps") {
		m.caps = append(m.caps, modelCap{rapid.IntRange(0, 2).Draw(t, "to"), rapid.Bool().Draw(t, "claim"), rapid.Int64Range(0, 800).Draw(t, "most")})
	}
	for range rapid.IntRange(0, 8).Draw(t, "events") {
		m.events = append(m.events, modelEvent{rapid.IntRange(1, 35).Draw(t, "hour"), rapid.IntRange(0, 2).Draw(t, "kind")})
	}
	return m
}

func drawLegs(t *rapid.T, holds int) []modelLeg {
	var out []modelLeg
	for h := range holds {
		sum := new(big.Rat)
		for n := range rapid.IntRange(0, 2).Draw(t, "legs") {
			l := modelLeg{hold: h, to: rapid.IntRange(0, 2).Draw(t, "to")}
			switch rapid.IntRange(0, 3).Draw(t, "form") {
			case 0:
				l.amount = "rest"
				if n == 0 {
					l.amount = "all"
				}
			case 1:
				l.d = rapid.Int64Range(1, 7).Draw(t, "den")
				l.n = rapid.Int64Range(0, l.d).Draw(t, "num")
				if sum.Add(sum, big.NewRat(l.n, l.d)).Cmp(big.NewRat(1, 1)) > 0 {
					continue
				}
				l.amount = fmt.Sprintf("%d/%d", l.n, l.d)
			default:
				l.n = rapid.Int64Range(-300, 1500).Draw(t, "units")
				l.amount = fmt.Sprint(l.n)
			}
			out = append(out, l)
			if l.amount == "all" || l.amount == "rest" {
				break
			}
		}
	}
	return out
}

// template writes the model as a template.
func (m model) template() *pb.Template {
	t := &pb.Template{Name: "model", Text: []*pb.LocalText{{Text: "{start}"}},
		Roles: []*pb.RoleDef{{Name: "seller", Kind: pb.RoleKind_PROMISOR}, {Name: "buyer", Kind: pb.RoleKind_BENEFICIARY},
			{Name: "friend", Kind: pb.RoleKind_PAYEE}, {Name: "witness", Kind: pb.RoleKind_ATTESTER}},
		Terms:    []*pb.TermDef{{Name: "start", Type: pb.ValueType_TIME}, {Name: "one", Type: pb.ValueType_AMOUNT}},
		Facts:    []*pb.FactDef{{Kind: "k0"}, {Kind: "k1"}, {Kind: "k2"}},
		Examples: []*pb.Example{{Given: m.terms(), Outcome: pb.Outcome_KEPT}}}
	for i, put := range m.puts {
		t.Holds = append(t.Holds, &pb.HoldDef{Name: fmt.Sprintf("h%d", i), From: "seller", Amount: fmt.Sprintf("terms.one * %d", put), Rest: modelRoles[m.rests[i]]})
	}
	for i, r := range m.rules {
		d := &pb.Rule{Name: fmt.Sprintf("r%d", i), When: fmt.Sprintf("now > terms.start + duration('%dh')", r.deadline)}
		switch {
		case r.perFact:
			d.Each, d.When = pb.Rule_FACT, fmt.Sprintf("fact.kind == 'k%d'", r.kind)
		case r.kind >= 0:
			d.When = fmt.Sprintf("facts.exists(f, f.kind == 'k%d')", r.kind)
		}
		if r.ends {
			d.Outcome = pb.Outcome_KEPT
		}
		for _, l := range r.legs {
			d.Pay = append(d.Pay, &pb.Leg{From: fmt.Sprintf("h%d", l.hold), To: modelRoles[l.to], Amount: l.amount})
		}
		t.Rules = append(t.Rules, d)
	}
	for _, c := range m.caps {
		d := &pb.CapDef{To: modelRoles[c.to], Amount: fmt.Sprintf("terms.one * %d", c.units)}
		if c.claim {
			d.Scope = pb.CapDef_CLAIM
		}
		t.Caps = append(t.Caps, d)
	}
	return t
}

func (m model) terms() []*pb.NamedValue {
	return []*pb.NamedValue{at("start", modelStart.Format(time.RFC3339)), eur("one", 1)}
}

func (m model) facts() []*pb.ExampleFact {
	var out []*pb.ExampleFact
	for _, e := range m.events {
		out = append(out, &pb.ExampleFact{Kind: fmt.Sprintf("k%d", e.kind), By: "witness", At: stamp(modelStart.Add(time.Duration(e.hour) * time.Hour))})
	}
	return out
}

// modelRun is the model's own run: what each role was paid and which rules
// fired, in order.
type modelRun struct {
	model
	left, used []int64
	fired      []bool
	seen       [3]bool
	paid       [3]int64
	order      []int
}

func (m model) play() ([3]int64, []int) {
	r := &modelRun{model: m, left: append([]int64(nil), m.puts...), used: make([]int64, len(m.caps)), fired: make([]bool, len(m.rules))}
	for quarter := 0; ; quarter++ { // four quarters an hour; a deadline holds from the next quarter on
		if quarter%4 == 1 && r.settle(quarter, -1) {
			return r.paid, r.order
		}
		for _, e := range m.events {
			if 4*e.hour == quarter {
				r.seen[e.kind] = true
				if r.settle(quarter, e.kind) {
					return r.paid, r.order
				}
			}
		}
	}
}

// settle fires rules until none holds; fresh is the kind of the fact that has
// just arrived. It reports whether the promise is over.
func (r *modelRun) settle(quarter, fresh int) bool {
	for again := true; again; {
		again = false
		for i, x := range r.rules {
			holds := !r.fired[i] && (x.kind >= 0 && r.seen[x.kind] || x.kind < 0 && quarter > 4*x.deadline)
			if x.perFact {
				holds = fresh == x.kind
			}
			if !holds {
				continue
			}
			if x.perFact {
				fresh = -1
			} else {
				r.fired[i] = true
			}
			if r.fire(i) {
				return true
			}
			again = true
			break
		}
	}
	return false
}

func (r *modelRun) fire(i int) bool {
	r.order = append(r.order, i)
	start, claim := append([]int64(nil), r.left...), make([]int64, len(r.caps))
	for _, l := range r.rules[i].legs {
		u := l.n
		switch {
		case l.amount == "all" || l.amount == "rest":
			u = r.left[l.hold]
		case l.d > 0:
			u = start[l.hold] * l.n / l.d
		}
		u = max(0, min(u, r.left[l.hold]))
		for c, k := range r.caps {
			if k.to == l.to && k.claim {
				u = min(u, k.units-claim[c])
			} else if k.to == l.to {
				u = min(u, k.units-r.used[c])
			}
		}
		for c, k := range r.caps {
			if k.to == l.to {
				claim[c] += u
				r.used[c] += u
			}
		}
		r.left[l.hold] -= u
		r.paid[l.to] += u
	}
	if r.rules[i].ends {
		for h := range r.left {
			r.paid[r.rests[h]] += r.left[h]
		}
	}
	return r.rules[i].ends
}

func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawModel(t)
		c, problems := Compile(m.template())
		if c == nil {
			t.Fatalf("%v\n%v", problems, m.template())
		}
		x := Case{Terms: m.terms(), Facts: m.facts(), Start: modelStart}
		r, err := Simulate(c, x)
		if err != nil {
			t.Fatal(err)
		}
		paid, order := m.play()
		var total, put int64
		for i, role := range modelRoles {
			if got := r.PaidTo(role, "EUR"); got != paid[i] {
				t.Errorf("%s: %d, the model %d\n%v", role, got, paid[i], r.Steps)
			}
			total += paid[i]
		}
		for i, p := range m.puts {
			put += p
			if r.Held[i].Units != 0 {
				t.Errorf("hold %d keeps %d", i, r.Held[i].Units)
			}
		}
		if total != put || r.Outcome != pb.Outcome_KEPT {
			t.Errorf("put %d, paid %d, %v", put, total, r.Outcome)
		}
		if len(order) != len(r.Settlements) {
			t.Fatalf("%d records, the model %v\n%v", len(r.Settlements), order, r.Steps)
		}
		for i, s := range r.Settlements {
			if s.Rule != fmt.Sprintf("r%d", order[i]) || s.Seq != uint32(i+1) {
				t.Errorf("record %d is %s, the model's rule %d", i, s.Rule, order[i])
			}
		}
		restless(t, c, m, r)
	})
}

// restless steps a promise at every half hour, looking three times at each, and
// must make the same records as the one that slept until it had to wake.
func restless(t *rapid.T, c *Contract, m model, r *Result) {
	p, err := c.draft(m.terms(), true)
	if err != nil {
		t.Fatal(err)
	}
	p.Id, p.State = "simulation", pb.PromiseState_ACTIVE
	var views []FactView
	var records []*pb.Settlement
	look := func(now time.Time) {
		for range 3 {
			for p.State == pb.PromiseState_ACTIVE {
				f, _, err := c.Next(p, views, now)
				if err != nil {
					t.Fatal(err)
				}
				if f == nil {
					break
				}
				records = append(records, c.Fire(p, f, now, pb.Settlement_REQUEST))
			}
		}
	}
	for half := 0; half < 80; half++ {
		now := modelStart.Add(time.Duration(half) * 30 * time.Minute)
		look(now)
		for _, e := range m.events {
			if 2*e.hour == half && p.State == pb.PromiseState_ACTIVE {
				views = append(views, single(fmt.Sprintf("k%d", e.kind), "witness", now, nil))
				look(now)
			}
		}
		look(now.Add(1))
	}
	if len(records) != len(r.Settlements) {
		t.Fatalf("%d records, not %d", len(records), len(r.Settlements))
	}
	for i, s := range records {
		want := r.Settlements[i]
		if s.Rule != want.Rule || !s.Time.AsTime().Equal(want.Time.AsTime()) || len(s.Payouts) != len(want.Payouts) {
			t.Errorf("record %d: %v, not %v", i, s, want)
		}
	}
}

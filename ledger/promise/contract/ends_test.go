package contract

import (
	"strings"
	"testing"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
)

const inTime = "facts.exists(f, f.kind == 'delivered' && f.by == roles.carrier && f.at <= terms.deliver_by)"

// ending is a parcel whose second rule has another condition.
func ending(when string) *pb.Template {
	t := parcel()
	t.Rules[1].When = when
	return t
}

func TestEnds(t *testing.T) {
	late := day("2026-12-01T18:00:00Z")
	for _, x := range []struct {
		when string
		by   time.Time // zero where facts could keep it open
	}{
		{"now > terms.deliver_by + terms.grace", late.Add(48*time.Hour + 1)},
		{"now >= terms.deliver_by", late},
		{"facts.size() > 2 || now > terms.deliver_by", late.Add(1)},
		{"now > terms.deliver_by && terms.penalty < terms.price", late.Add(1)},
		{"now > terms.deliver_by && !" + inTime, late.Add(1)},
		{"now > terms.deliver_by && (facts.exists(f, f.kind == 'delivered' && f.subject == 'x') || !facts.exists(g, g.kind == 'delivered' && g.subject == 'x'))", late.Add(1)},
		{"now > terms.deliver_by && !facts.exists(f, f.kind == 'delivered')", time.Time{}},
		{"facts.exists(f, f.kind == 'delivered' && now > f.arrived + terms.grace)", time.Time{}},
		{"now > terms.deliver_by && now < terms.deliver_by + terms.grace", time.Time{}},
		{"now > terms.deliver_by && terms.penalty > terms.price", time.Time{}},
		{"now > terms.deliver_by && (facts[0].at == terms.deliver_by || !(facts[0].at == terms.deliver_by))", time.Time{}},
	} {
		c := must(t, ending(x.when))
		p, err := c.draft(c.t.Examples[0].Given, true)
		if err != nil {
			t.Fatal(err)
		}
		e, err := c.Ends(p)
		switch {
		case x.by.IsZero():
			if f, ok := err.(*Fault); !ok || f.Code != pb.Code_BAD_TERMS {
				t.Errorf("%s: by %s, %v", x.when, e.By, err)
			}
			if !strings.Contains(problems(c.Check()), "no rule is sure to end the promise") {
				t.Errorf("%s: publishing doesn't see it: %v", x.when, c.Check())
			}
		case err != nil || !e.By.Equal(x.by) || len(e.Rules) == 0 || e.Rules[len(e.Rules)-1] != c.rules[1].name:
			t.Errorf("%s: %v, %v", x.when, e, err)
		}
	}
}

func problems(ps []Problem) string {
	var b strings.Builder
	for _, p := range ps {
		b.WriteString(p.Path + " " + p.Msg + "\n")
	}
	return b.String()
}

// Times that no clock of the evaluator's reaches are refused, not wrapped round.
func TestFarAway(t *testing.T) {
	tp := ending("now > terms.deliver_by")
	tp.Periods = &pb.PeriodDef{From: "terms.deliver_by", Every: pb.Every_YEAR, Count: "600"}
	tp.Rules = append(tp.Rules, &pb.Rule{Name: "over", When: "now > period.end", Each: pb.Rule_PERIOD, Outcome: pb.Outcome_KEPT})
	for _, h := range tp.Holds {
		h.Rest = "seller"
	}
	c := must(t, tp)
	if _, err := c.draft(tp.Examples[0].Given, true); err == nil || !strings.Contains(err.Error(), "600 periods from 1 December 2026 18:00 UTC would end on 1 December 2626") {
		t.Errorf("got %v", err)
	}
	terms := []*pb.NamedValue{eur("price", 1), eur("penalty", 1), at("deliver_by", "2150-01-01T00:00:00Z")}
	c = must(t, ending("now > terms.deliver_by + duration('970000h')"))
	if _, err := c.Begin(append(terms, text("parcel", "x"))); err == nil || !strings.Contains(err.Error(), "must be over before 1 January 2260") {
		t.Errorf("got %v", err)
	}
}

// staged is a parcel with a rule on the way, one for each month, and all of
// them open to challenge.
func staged(t *testing.T, fired string) (*Contract, *pb.Promise) {
	tp := ending("now > terms.deliver_by")
	tp.Roles = append(tp.Roles, &pb.RoleDef{Name: "judge", Kind: pb.RoleKind_ARBITER})
	tp.Periods = &pb.PeriodDef{From: "terms.deliver_by", Every: pb.Every_MONTH, Count: "2"}
	tp.Rules = append(tp.Rules, &pb.Rule{Name: "on the way", When: "now > terms.deliver_by"},
		&pb.Rule{Name: "month", When: "now > period.end", Each: pb.Rule_PERIOD, Outcome: pb.Outcome_KEPT},
		&pb.Rule{Name: "poor month", When: "now > period.end", Each: pb.Rule_PERIOD, Outcome: pb.Outcome_BROKEN})
	for _, h := range tp.Holds {
		h.Rest = "seller"
	}
	tp.Dispute = &pb.DisputeDef{Rules: []string{"delivered in time", "month"}, By: []string{"seller", "buyer"}, Arbiter: "judge",
		Window: "duration('1h')", Answer: "duration('2h')", Ruling: "duration('4h')"}
	c := must(t, tp)
	p, err := c.draft(tp.Examples[0].Given, true)
	if err != nil {
		t.Fatal(err)
	}
	p.State = pb.PromiseState_ACTIVE
	c.Assert(p, &Firing{Rule: c.ruleNamed(fired)}, modelStart)
	return c, p
}

// A challenge must come to an end of something, or it could be repeated for
// ever.
func TestClaims(t *testing.T) {
	for _, x := range []struct{ fired, claim, want string }{
		{"delivered in time", "on the way", `with "on the way" the promise goes on`},
		{"delivered in time", "month", `"month" ends a period`},
		{"delivered in time", "delivered in time", "is the rule that fired"},
		{"delivered in time", "delivered late, or never", ""},
		{"month", "poor month", ""},
		{"month", "delivered late, or never", ""},
		{"month", "on the way", "the promise goes on"},
	} {
		c, p := staged(t, x.fired)
		_, err := c.Challenge(p, "buyer", x.claim, modelStart)
		if x.want == "" && err != nil || x.want != "" && (err == nil || !strings.Contains(err.Error(), x.want)) {
			t.Errorf("%s, then %s: %v", x.fired, x.claim, err)
		}
	}
}

// The time for disputes is counted, for the promise and for each period that is
// left; and once a rule is sure to hold, nothing is as if it had not fired.
func TestEndsDisputed(t *testing.T) {
	c, p := staged(t, "delivered in time")
	e, err := c.Ends(p)
	late := day("2026-12-01T18:00:00Z")
	if want := late.Add(3*7*time.Hour + 1 + 3*3); err != nil || !e.By.Equal(want) {
		t.Errorf("over by %v, not %s (%v)", e, want, err)
	}
	if c.Certain(p, late) || !c.Certain(p, late.Add(1)) {
		t.Error("certain too early, or too late")
	}
}

func TestPayingNobody(t *testing.T) {
	tp := ending("now > terms.deliver_by")
	tp.Roles[2].Class = "carriers@post"
	tp.Rules[1].Pay[1].To = "carrier"
	_, ps := Compile(tp)
	if !strings.Contains(problems(ps), `rules[1].pay[1].to "carrier" is whoever is in the class carriers@post`) {
		t.Errorf("got %v", ps)
	}
	tp = ending("now > terms.deliver_by")
	tp.Roles[1].Unasked = true
	if ps := problems(must(t, tp).Check()); !strings.Contains(ps, `holds[0].from "buyer" is unasked, but hold "payment" asks it for money`) {
		t.Errorf("got %v", ps)
	}
}

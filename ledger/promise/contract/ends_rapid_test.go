package contract_test

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/troth-ledger/troth/client/promisefile"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/promise/contract"
	"github.com/troth-ledger/troth/templates"
)

// Whatever facts arrive, are taken back, and whatever the parties do to it, a
// promise is over by the moment that Ends says. The promises are of random
// templates, whose conditions mix what the proof understands and what it
// doesn't, and of the library.

var epoch = time.Date(2026, 1, 31, 9, 0, 0, 0, time.UTC)

// tests are what random conditions are made of. Some can fail, some wait for
// what facts decide.
var tests = []string{
	"now > terms.due + terms.grace", "now >= terms.due", "now < terms.due", "now <= terms.due + terms.grace",
	"now > terms.late", "terms.flag", "has(terms.secret)", "now > terms.secret",
	"facts.exists(f, f.kind == 'a')", "facts.exists(g, g.kind == 'a')", "facts.exists(f, f.kind == 'b' && f.n > 1)",
	"facts.all(f, f.kind != 'c' || f.at <= terms.due)", "facts.filter(f, f.kind == 'b').size() > 1",
	"facts[0].kind == 'a'", "facts.exists(f, f.n > 0)", "holds.pot > terms.one", "terms.one < terms.other",
	"facts.exists(f, f.kind == 'a' && now > f.arrived + terms.grace)", "10 / facts.size() > 2",
}

var periodTests = []string{"now > period.end + terms.grace", "now >= period.start", "period.index > 1",
	"facts.exists(f, f.kind == 'b' && f.n == period.index)"}

func condition(t *rapid.T, of []string, depth int) string {
	if depth == 0 {
		return rapid.SampledFrom(of).Draw(t, "test")
	}
	a, b := condition(t, of, depth-1), condition(t, of, depth-1)
	switch rapid.IntRange(0, 5).Draw(t, "form") {
	case 0:
		return "(" + a + " && " + b + ")"
	case 1, 2:
		return "(" + a + " || " + b + ")"
	case 3:
		return "!(" + a + ")"
	case 4:
		return fmt.Sprintf("(%s ? %s : %s)", a, b, condition(t, of, 0))
	}
	return a
}

func randomTemplate(t *rapid.T) *pb.Template {
	in := func(name string, of pb.ValueType) *pb.TermDef { return &pb.TermDef{Name: name, Type: of} }
	secret := in("secret", pb.ValueType_TIME)
	secret.Sealed = true
	tp := &pb.Template{Name: "random", Text: []*pb.LocalText{{Text: "{due}"}},
		Roles: []*pb.RoleDef{{Name: "maker", Kind: pb.RoleKind_PROMISOR}, {Name: "taker", Kind: pb.RoleKind_BENEFICIARY},
			{Name: "witness", Kind: pb.RoleKind_ATTESTER}, {Name: "judge", Kind: pb.RoleKind_ARBITER}},
		Terms: []*pb.TermDef{in("due", pb.ValueType_TIME), in("late", pb.ValueType_TIME), in("grace", pb.ValueType_DURATION),
			in("flag", pb.ValueType_BOOL), in("one", pb.ValueType_AMOUNT), in("other", pb.ValueType_AMOUNT), secret},
		Facts: []*pb.FactDef{{Kind: "a"}, {Kind: "b", Fields: []*pb.FieldDef{{Name: "n", Type: pb.ValueType_INT}}}, {Kind: "c"}},
		Holds: []*pb.HoldDef{{Name: "pot", From: "maker", Amount: "terms.one", Rest: "taker"}}}
	each := []pb.Rule_Each{pb.Rule_ONCE}
	if rapid.Bool().Draw(t, "periods") {
		tp.Periods = &pb.PeriodDef{From: "terms.due", Every: pb.Every_DAY, Count: "3"}
		each = append(each, pb.Rule_PERIOD, pb.Rule_PERIOD)
	}
	for i := range rapid.IntRange(1, 4).Draw(t, "rules") {
		r := &pb.Rule{Name: fmt.Sprint("r", i), Each: rapid.SampledFrom(each).Draw(t, "each"),
			Outcome: rapid.SampledFrom([]pb.Outcome{pb.Outcome_KEPT, pb.Outcome_BROKEN, pb.Outcome_GOES_ON}).Draw(t, "outcome")}
		of := tests
		if tp.Periods != nil {
			of = slices.Concat(tests, periodTests, periodTests, periodTests)
		}
		r.When = condition(t, of, rapid.IntRange(0, 2).Draw(t, "depth"))
		tp.Rules = append(tp.Rules, r)
	}
	if rapid.Bool().Draw(t, "dispute") {
		tp.Dispute = &pb.DisputeDef{By: []string{"maker", "taker"}, Arbiter: "judge",
			Window: "duration('5h')", Answer: "duration('3h')", Ruling: "duration('7h')"}
		for _, r := range tp.Rules {
			if rapid.Bool().Draw(t, "asserts") {
				tp.Dispute.Rules = append(tp.Dispute.Rules, r.Name)
			}
		}
	}
	tp.Examples = []*pb.Example{{Given: randomTerms(t), Outcome: pb.Outcome_KEPT}}
	return tp
}

func randomTerms(t *rapid.T) []*pb.NamedValue {
	hours := func(most int, what string) time.Duration {
		return time.Duration(rapid.IntRange(0, most).Draw(t, what)) * time.Hour
	}
	at := func(d time.Duration) *pb.Value {
		return &pb.Value{Value: &pb.Value_Time{Time: timestamppb.New(epoch.Add(d))}}
	}
	amount := func(asset string, n int64) *pb.Value {
		return &pb.Value{Value: &pb.Value_Amount{Amount: &pb.Amount{Asset: asset, Units: n}}}
	}
	return []*pb.NamedValue{{Name: "due", Value: at(hours(30, "due"))}, {Name: "late", Value: at(hours(200, "late"))},
		{Name: "grace", Value: &pb.Value{Value: &pb.Value_Duration{Duration: durationpb.New(hours(20, "grace"))}}},
		{Name: "flag", Value: &pb.Value{Value: &pb.Value_Bool{Bool: rapid.Bool().Draw(t, "flag")}}},
		{Name: "one", Value: amount("EUR", 100)},
		{Name: "other", Value: amount(rapid.SampledFrom([]string{"EUR", "USD"}).Draw(t, "asset"), 50)},
		{Name: "secret", Value: &pb.Value{Value: &pb.Value_Sealed{Sealed: make([]byte, 32)}}}}
}

func TestEndsRandom(t *testing.T) {
	open, shut := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		tp := randomTemplate(t)
		c, _ := contract.Compile(tp)
		if c == nil {
			return // no rule ends it, or no rule ends a period
		}
		p, err := c.Begin(tp.Examples[0].Given)
		if err != nil {
			open++
			return
		}
		shut++
		play(t, c, p)
	})
	t.Logf("%d promises sure to end, %d not", shut, open)
	if shut == 0 || open == 0 {
		t.Error("the test tests one side only")
	}
}

func TestEndsLibrary(t *testing.T) {
	names, _ := fs.Glob(templates.FS, "*.yaml")
	if len(names) == 0 {
		t.Fatal("no templates")
	}
	for _, name := range names {
		src, _ := fs.ReadFile(templates.FS, name)
		c, f, faults := promisefile.Load(name, src)
		if c == nil {
			t.Fatal(faults)
		}
		rapid.Check(t, func(t *rapid.T) {
			x := rapid.SampledFrom(f.Template.Examples).Draw(t, "example")
			r, err := contract.Simulate(c, contract.Case{Terms: x.Given, Until: epoch, Start: epoch})
			if err != nil {
				t.Fatal(err)
			}
			p := r.Promise
			p.State, p.Outcome, p.Wake, p.Settled = pb.PromiseState_ACTIVE, pb.Outcome_GOES_ON, nil, nil
			if len(r.Settlements) == 0 {
				play(t, c, p)
			}
		})
	}
}

// life is a promise that things happen to.
type life struct {
	*rapid.T
	c     *contract.Contract
	p     *pb.Promise
	views []contract.FactView
	over  time.Time
}

// play lets things happen until after the promise must be over.
func play(t *rapid.T, c *contract.Contract, p *pb.Promise) {
	l := &life{T: t, c: c, p: p}
	x, err := c.Ends(p)
	if err != nil {
		t.Fatal(err)
	}
	now := later(x.By.Add(-time.Duration(rapid.IntRange(-100, 400).Draw(t, "before"))*time.Hour), epoch)
	p.State, p.Active = pb.PromiseState_ACTIVE, timestamppb.New(now)
	if x, err = c.Ends(p); err != nil || len(x.Rules) == 0 {
		t.Fatal(x, err)
	}
	l.settle(now, now)
	for i := 0; i < 40 && p.State != pb.PromiseState_SETTLED; i++ {
		next := now.Add(time.Duration(rapid.IntRange(0, 20).Draw(t, "hours")) * time.Hour / 2)
		l.settle(now, next)
		if now = next; p.State != pb.PromiseState_SETTLED {
			l.happen(now)
			l.settle(now, now)
		}
	}
	l.settle(now, later(now, x.By))
	if p.State != pb.PromiseState_SETTLED || l.over.After(x.By) {
		t.Fatalf("%s at %s, over at %s, not by %s\n%v\n%v", p.State, now, l.over, x.By, rules(c), l.views)
	}
}

func rules(c *contract.Contract) string {
	var out []string
	for _, r := range c.Template().Rules {
		out = append(out, r.String())
	}
	return strings.Join(out, "\n")
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// settle is what the ledger does between two moments.
func (l *life) settle(at, upTo time.Time) {
	for l.p.State != pb.PromiseState_SETTLED {
		f, wake, err := l.c.Next(l.p, l.views, at)
		switch {
		case err != nil:
			l.Fatal(err)
		case f == nil && (wake.IsZero() || wake.After(upTo)):
			return
		case f == nil:
			at = wake
		case f.Asserts:
			l.c.Assert(l.p, f, at)
		default:
			l.c.Fire(l.p, f, at, pb.Settlement_DEADLINE)
			l.over = at
		}
	}
}

// happen is one thing that somebody does; most of it may be refused.
func (l *life) happen(now time.Time) {
	tp := l.c.Template()
	role := func() string { return rapid.SampledFrom(tp.Roles).Draw(l.T, "role").Name }
	clause := func() string { return rapid.SampledFrom(tp.Rules).Draw(l.T, "rule").Name }
	switch rapid.IntRange(0, 8).Draw(l.T, "what") {
	case 0:
		_, _ = l.c.Challenge(l.p, role(), clause(), now)
	case 1:
		_, _ = l.c.Answer(l.p, role(), now)
	case 2:
		if f, err := l.c.Rule(l.p, clause(), l.views, now); err == nil {
			l.c.Fire(l.p, f, now, pb.Settlement_RULING)
			l.over = now
		}
	case 3, 4:
		l.takeBack(now)
	case 5:
		h := rapid.SampledFrom(tp.Holds).Draw(l.T, "hold")
		_ = l.c.Deposit(l.p, h.From, h.Name, &pb.Amount{Asset: l.p.Holds[0].Asset, Units: rapid.Int64Range(1, 20000).Draw(l.T, "units")})
	default:
		l.state(now)
	}
}

// takeBack withdraws a fact, as the ledger does.
func (l *life) takeBack(now time.Time) {
	if len(l.views) == 0 {
		return
	}
	rapid.SampledFrom(l.views).Draw(l.T, "fact").Fact.SupersededBy = "another"
	if l.p.State == pb.PromiseState_ASSERTED && !l.c.Certain(l.p, now) {
		l.p.State, l.p.Assertion = pb.PromiseState_ACTIVE, nil
	}
}

// state lets a fact arrive that an attester could state.
func (l *life) state(now time.Time) {
	tp := l.c.Template()
	if len(tp.Facts) == 0 || len(l.views) == contract.FactsMax {
		return
	}
	d := rapid.SampledFrom(tp.Facts).Draw(l.T, "kind")
	f := &pb.Fact{Id: fmt.Sprint("f", len(l.views)), Attester: fmt.Sprint("p", rapid.IntRange(0, 2).Draw(l.T, "attester")), Arrived: timestamppb.New(now)}
	f.Statement = &pb.Statement{Subject: "s", Kind: d.Kind, At: timestamppb.New(now.Add(-time.Duration(rapid.IntRange(-500, 500).Draw(l.T, "ago")) * time.Hour))}
	for _, x := range d.Fields {
		v := &pb.Value{Value: &pb.Value_Int{Int: rapid.Int64Range(-1, 12000).Draw(l.T, "int")}}
		switch x.Type {
		case pb.ValueType_STRING:
			v = &pb.Value{Value: &pb.Value_String_{String_: "text"}}
		case pb.ValueType_AMOUNT:
			v = &pb.Value{Value: &pb.Value_Amount{Amount: &pb.Amount{Asset: l.p.Holds[0].Asset, Units: v.GetInt()}}}
		}
		f.Statement.Values = append(f.Statement.Values, &pb.NamedValue{Name: x.Name, Value: v})
	}
	by := rapid.SampledFrom(tp.Roles).Draw(l.T, "by").Name
	if l.c.Attests(by) {
		l.views = append(l.views, contract.FactView{Fact: f, By: by})
	}
}

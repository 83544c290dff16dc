package contract

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
)

// The parcel of the design, as the file reader would hand it over.
func parcel() *pb.Template {
	return &pb.Template{
		Name: "parcel-by-date",
		Text: []*pb.LocalText{{Text: "{seller} delivers {parcel} to {buyer} by {deliver_by}. If it is late, {buyer} gets {price} back and {penalty} on top."}},
		Roles: []*pb.RoleDef{
			{Name: "seller", Kind: pb.RoleKind_PROMISOR}, {Name: "buyer", Kind: pb.RoleKind_BENEFICIARY},
			{Name: "carrier", Kind: pb.RoleKind_ATTESTER}},
		Terms: []*pb.TermDef{
			{Name: "parcel", Type: pb.ValueType_STRING}, {Name: "price", Type: pb.ValueType_AMOUNT},
			{Name: "penalty", Type: pb.ValueType_AMOUNT}, {Name: "deliver_by", Type: pb.ValueType_TIME},
			{Name: "grace", Type: pb.ValueType_DURATION, Default: &pb.Value{Value: &pb.Value_Duration{Duration: durationpb.New(48 * time.Hour)}}}},
		Facts: []*pb.FactDef{{Kind: "delivered"}},
		Holds: []*pb.HoldDef{{Name: "payment", From: "buyer", Amount: "terms.price"}, {Name: "bond", From: "seller", Amount: "terms.penalty"}},
		Rules: []*pb.Rule{
			{Name: "delivered in time", Outcome: pb.Outcome_KEPT,
				When: "facts.exists(f, f.kind == 'delivered' && f.by == roles.carrier && f.at <= terms.deliver_by)",
				Pay:  []*pb.Leg{{From: "payment", To: "seller", Amount: "all"}, {From: "bond", To: "seller", Amount: "all"}}},
			{Name: "delivered late, or never", Outcome: pb.Outcome_BROKEN,
				When: "now > terms.deliver_by + terms.grace || facts.exists(f, f.kind == 'delivered' && f.at > terms.deliver_by)",
				Pay:  []*pb.Leg{{From: "payment", To: "buyer", Amount: "all"}, {From: "bond", To: "buyer", Amount: "all"}}}},
		Examples: []*pb.Example{{
			Given:   []*pb.NamedValue{eur("price", 12000), eur("penalty", 1200), at("deliver_by", "2026-12-01T18:00:00Z")},
			Facts:   []*pb.ExampleFact{{Kind: "delivered", By: "carrier", At: ts("2026-12-01T18:00:00Z")}},
			Outcome: pb.Outcome_KEPT,
			Paid:    []*pb.RoleAmounts{paid("seller", 13200), paid("buyer", 0)}}},
	}
}

func eur(name string, units int64) *pb.NamedValue {
	return &pb.NamedValue{Name: name, Value: amountOf(units)}
}

func amountOf(units int64) *pb.Value {
	return &pb.Value{Value: &pb.Value_Amount{Amount: &pb.Amount{Asset: "EUR", Units: units}}}
}

func at(name, t string) *pb.NamedValue {
	return &pb.NamedValue{Name: name, Value: &pb.Value{Value: &pb.Value_Time{Time: ts(t)}}}
}

func text(name, s string) *pb.NamedValue {
	return &pb.NamedValue{Name: name, Value: &pb.Value{Value: &pb.Value_String_{String_: s}}}
}

func num(name string, n int64) *pb.NamedValue {
	return &pb.NamedValue{Name: name, Value: &pb.Value{Value: &pb.Value_Int{Int: n}}}
}

func paid(role string, units int64) *pb.RoleAmounts {
	return &pb.RoleAmounts{Role: role, Amounts: []*pb.Value{amountOf(units)}}
}

func ts(s string) *timestamppb.Timestamp { return timestamppb.New(day(s)) }

func day(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		panic(err)
	}
	return t
}

// must compiles a template that has to be without fault.
func must(tb testing.TB, t *pb.Template) *Contract {
	tb.Helper()
	c, problems := Compile(t)
	for _, p := range problems {
		tb.Errorf("%s %d:%d %s: %s", p.Path, p.Line, p.Col, p.Severity, p.Msg)
	}
	if c == nil {
		tb.FailNow()
	}
	return c
}

func TestParcelExample(t *testing.T) {
	c := must(t, parcel())
	for _, p := range append(c.Check(), c.RunExamples()...) {
		t.Errorf("%s: %s", p.Path, p.Msg)
	}
	r, err := Simulate(c, Case{Terms: parcel().Examples[0].Given})
	if err != nil {
		t.Fatal(err)
	}
	if r.Outcome != pb.Outcome_BROKEN || r.PaidTo("buyer", "EUR") != 13200 {
		t.Errorf("lost parcel: %v, buyer %d", r.Outcome, r.PaidTo("buyer", "EUR"))
	}
	for _, s := range r.Steps {
		t.Log(s)
	}
}

func BenchmarkParcel(b *testing.B) {
	c := must(b, parcel())
	p, err := c.Begin(append(parcel().Examples[0].Given, text("parcel", "shoes")))
	if err != nil {
		b.Fatal(err)
	}
	p.State = pb.PromiseState_ACTIVE
	views := []FactView{{By: "carrier", Fact: &pb.Fact{Id: "f_1", Attester: "p_1", Arrived: ts("2026-12-01T18:00:01Z"),
		Statement: &pb.Statement{Subject: "parcel:1", Kind: "delivered", At: ts("2026-12-01T18:00:00Z")}}}}
	now := day("2026-12-01T18:00:01Z")
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		q := p.CloneVT()
		b.StartTimer()
		f, _, err := c.Next(q, views, now)
		if err != nil || f == nil || f.Rule != 0 {
			b.Fatal(f, err)
		}
		c.Fire(q, f, now, pb.Settlement_FACT)
	}
}

func BenchmarkBegin(b *testing.B) {
	c := must(b, parcel())
	terms := append(parcel().Examples[0].Given, text("parcel", "shoes"))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Begin(terms); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	t := parcel()
	b.ReportAllocs()
	for b.Loop() {
		if c, _ := Compile(t); c == nil {
			b.Fatal("refused")
		}
	}
}

package contract

import (
	"testing"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
)

func TestBoundary(t *testing.T) {
	for _, x := range []struct {
		every pb.Every
		from  string
		k     int
		want  string
	}{
		{pb.Every_MONTH, "2026-01-31T10:00:00Z", 1, "2026-02-28T10:00:00Z"},
		{pb.Every_MONTH, "2026-01-31T10:00:00Z", 2, "2026-03-31T10:00:00Z"},
		{pb.Every_MONTH, "2026-01-31T10:00:00Z", 3, "2026-04-30T10:00:00Z"},
		{pb.Every_MONTH, "2024-01-31T10:00:00Z", 1, "2024-02-29T10:00:00Z"},
		{pb.Every_MONTH, "2026-11-30T23:59:59.5Z", 3, "2027-02-28T23:59:59.5Z"},
		{pb.Every_MONTH, "2026-12-15T00:00:00Z", 1, "2027-01-15T00:00:00Z"},
		{pb.Every_YEAR, "2024-02-29T00:00:00Z", 1, "2025-02-28T00:00:00Z"},
		{pb.Every_YEAR, "2024-02-29T00:00:00Z", 4, "2028-02-29T00:00:00Z"},
		{pb.Every_DAY, "2026-03-28T12:00:00Z", 2, "2026-03-30T12:00:00Z"},
		{pb.Every_WEEK, "2026-12-28T12:00:00Z", 1, "2027-01-04T12:00:00Z"},
	} {
		if got := boundary(x.every, day(x.from), x.k); !got.Equal(day(x.want)) {
			t.Errorf("%v from %s, %d: %s, want %s", x.every, x.from, x.k, got.Format(time.RFC3339Nano), x.want)
		}
	}
}

// monthly is a template with a period rule, one that goes on, and caps.
func monthly() *pb.Template {
	t := parcel()
	t.Periods = &pb.PeriodDef{From: "terms.deliver_by", Every: pb.Every_MONTH, Count: "3"}
	t.Facts = []*pb.FactDef{{Kind: "fine"}, {Kind: "poor"}}
	t.Holds = []*pb.HoldDef{{Name: "bond", From: "seller", Amount: "terms.penalty", Rest: "seller"}}
	t.Caps = []*pb.CapDef{{To: "buyer", Scope: pb.CapDef_PERIOD, Amount: "terms.price / 10"}}
	bond := func(amount string) []*pb.Leg { return []*pb.Leg{{From: "bond", To: "buyer", Amount: amount}} }
	t.Rules = []*pb.Rule{
		{Name: "a start bonus", Each: pb.Rule_PERIOD, When: "now >= period.start", Pay: bond("1")},
		{Name: "fine", Each: pb.Rule_PERIOD, Outcome: pb.Outcome_KEPT,
			When: "facts.exists(f, f.kind == 'fine' && f.at >= period.start && f.at < period.end)"},
		{Name: "poor", Each: pb.Rule_PERIOD, Outcome: pb.Outcome_BROKEN, When: "now > period.end", Pay: bond("300")}}
	t.Examples[0] = &pb.Example{Given: t.Examples[0].Given, Outcome: pb.Outcome_BROKEN}
	return t
}

func TestPeriods(t *testing.T) {
	c := must(t, monthly())
	given := monthly().Examples[0].Given
	for _, x := range []struct {
		facts   []*pb.ExampleFact
		outcome pb.Outcome
		buyer   int64
		records int
	}{
		{nil, pb.Outcome_BROKEN, 903, 7},
		{[]*pb.ExampleFact{fact("fine", "2026-12-02T00:00:00Z")}, pb.Outcome_PARTIAL, 603, 7},
		{[]*pb.ExampleFact{fact("fine", "2026-12-02T00:00:00Z"), fact("fine", "2027-01-02T00:00:00Z"), fact("fine", "2027-02-02T00:00:00Z")},
			pb.Outcome_KEPT, 3, 7},
		{[]*pb.ExampleFact{fact("fine", "2026-11-02T00:00:00Z")}, pb.Outcome_BROKEN, 903, 7}, // before the first period
	} {
		r, err := Simulate(c, Case{Terms: given, Facts: x.facts})
		if err != nil {
			t.Fatal(err)
		}
		if r.Outcome != x.outcome || r.PaidTo("buyer", "EUR") != x.buyer || len(r.Settlements) != x.records || r.Rule != lastPeriodName {
			t.Errorf("%v: %v, buyer %d, %d records, by %s", x.facts, r.Outcome, r.PaidTo("buyer", "EUR"), len(r.Settlements), r.Rule)
		}
		if n := len(r.Promise.Fired); n != 0 {
			t.Errorf("%d marks of periods are left", n)
		}
	}
}

func fact(kind, when string) *pb.ExampleFact {
	return &pb.ExampleFact{Kind: kind, By: "carrier", At: ts(when)}
}

func TestYearlyCap(t *testing.T) {
	tp := monthly()
	tp.Periods.Count = "14"
	tp.Caps = []*pb.CapDef{{To: "buyer", Scope: pb.CapDef_YEAR, Amount: "terms.penalty / 4"}, {To: "buyer", Scope: pb.CapDef_TOTAL, Amount: "terms.penalty / 3"}}
	r, err := Simulate(must(t, tp), Case{Terms: tp.Examples[0].Given})
	if err != nil {
		t.Fatal(err)
	}
	// 300 in the first year; of the second year's, 400 in all leave 100.
	if got := r.PaidTo("buyer", "EUR"); got != 400 {
		t.Errorf("buyer %d", got)
	}
	if n := len(r.Promise.Caps); n != 2 {
		t.Errorf("%d cap entries: %v", n, r.Promise.Caps)
	}
}

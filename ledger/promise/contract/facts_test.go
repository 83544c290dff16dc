package contract

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/troth-ledger/troth/gen/pb"
)

func view(id, attester, by, kind, at, arrived string, values ...*pb.NamedValue) FactView {
	return FactView{By: by, Fact: &pb.Fact{Id: id, Attester: attester, Arrived: ts(arrived),
		Statement: &pb.Statement{Subject: "s", Kind: kind, At: ts(at), Values: values}}}
}

func TestCount(t *testing.T) {
	tp := parcel()
	tp.Facts = []*pb.FactDef{{Kind: "delivered"}, {Kind: "seen", Quorum: 2, Fields: []*pb.FieldDef{{Name: "n", Type: pb.ValueType_INT}}},
		{Kind: "fresh", MaxAge: durationpb.New(time.Hour)}}
	c := must(t, tp)
	const noon, one, two = "2026-12-01T12:00:00Z", "2026-12-01T13:00:00Z", "2026-12-01T14:00:00Z"
	gone := view("f", "p1", "carrier", "delivered", noon, noon)
	gone.Fact.SupersededBy = "g"
	for _, x := range []struct {
		name  string
		views []FactView
		want  []int
	}{
		{"plain", []FactView{view("f", "p1", "carrier", "delivered", noon, noon)}, []int{0}},
		{"superseded", []FactView{gone, view("g", "p1", "carrier", "delivered", noon, one)}, []int{1}},
		{"of another kind", []FactView{view("f", "p1", "carrier", "lost", noon, noon)}, nil},
		{"without its field", []FactView{view("f", "p1", "carrier", "seen", noon, noon)}, nil},
		{"exactly at its greatest age", []FactView{view("f", "p1", "carrier", "fresh", noon, one)}, []int{0}},
		{"older", []FactView{view("f", "p1", "carrier", "fresh", noon, "2026-12-01T13:00:00.000000001Z")}, nil},
		{"one of two", []FactView{view("f", "p1", "carrier", "seen", noon, noon, num("n", 1))}, nil},
		{"two of two", []FactView{view("f", "p1", "carrier", "seen", noon, noon, num("n", 1)), view("g", "p2", "carrier", "seen", noon, one, num("n", 1))}, []int{1}},
		{"the same twice", []FactView{view("f", "p1", "carrier", "seen", noon, noon, num("n", 1)), view("g", "p1", "carrier", "seen", noon, one, num("n", 1))}, nil},
		{"other values", []FactView{view("f", "p1", "carrier", "seen", noon, noon, num("n", 1)), view("g", "p2", "carrier", "seen", noon, one, num("n", 2))}, nil},
		{"a third counts once", []FactView{view("f", "p1", "carrier", "seen", noon, noon, num("n", 1)), view("g", "p2", "carrier", "seen", noon, one, num("n", 1)),
			view("h", "p3", "carrier", "seen", noon, two, num("n", 1))}, []int{1}},
		{"a second round", []FactView{view("f", "p1", "carrier", "seen", noon, noon, num("n", 1)), view("g", "p2", "carrier", "seen", noon, one, num("n", 1)),
			view("h", "p1", "carrier", "seen", noon, two, num("n", 1)), view("i", "p2", "carrier", "seen", noon, two, num("n", 1))}, []int{1, 3}},
	} {
		got := c.count(x.views)
		if len(got.at) != len(x.want) {
			t.Errorf("%s: %v, want %v", x.name, got.at, x.want)
			continue
		}
		for i := range x.want {
			if got.at[i] != x.want[i] {
				t.Errorf("%s: %v, want %v", x.name, got.at, x.want)
			}
		}
	}
	later := c.count([]FactView{view("f", "p1", "carrier", "seen", one, two, num("n", 1)), view("g", "p2", "carrier", "seen", noon, two, num("n", 1))})
	if len(later.facts) != 1 || !fromNanos(later.facts[0].At).Equal(day(one)) {
		t.Errorf("the time of a quorum is not the latest claimed: %v", later.facts)
	}
}

func TestFits(t *testing.T) {
	tp := parcel()
	tp.Facts = append(tp.Facts, &pb.FactDef{Kind: "shock", Fields: []*pb.FieldDef{{Name: "force", Type: pb.ValueType_INT}}})
	c := must(t, tp)
	for _, x := range []struct {
		st *pb.Statement
		ok bool
	}{
		{&pb.Statement{Kind: "delivered"}, true},
		{&pb.Statement{Kind: "delivered", Values: []*pb.NamedValue{num("extra", 1)}}, true},
		{&pb.Statement{Kind: "shock", Values: []*pb.NamedValue{num("force", 1)}}, true},
		{&pb.Statement{Kind: "shock"}, false},
		{&pb.Statement{Kind: "shock", Values: []*pb.NamedValue{text("force", "1")}}, false},
		{&pb.Statement{Kind: "lost"}, false},
		{nil, false},
	} {
		err := c.Fits(x.st)
		if (err == nil) != x.ok {
			t.Errorf("%v: %v", x.st, err)
		}
		if f, ok := err.(*Fault); err != nil && (!ok || f.Code != pb.Code_FACT_MISFIT) {
			t.Errorf("%v: not FACT_MISFIT: %v", x.st, err)
		}
	}
	if !c.Attests("carrier") || c.Attests("buyer") || c.Attests("nobody") {
		t.Error("the wrong roles attest")
	}
}

package contract

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/troth-ledger/troth/gen/pb"
)

func TestBegin(t *testing.T) {
	tp := parcel()
	tp.Subject = "parcel:{parcel}"
	c := must(t, tp)
	good := func() []*pb.NamedValue {
		return []*pb.NamedValue{text("parcel", "JD01"), eur("price", 12000), eur("penalty", 0), at("deliver_by", "2026-12-01T18:00:00Z")}
	}
	p, err := c.Begin(good())
	if err != nil {
		t.Fatal(err)
	}
	if p.Subjects[0] != "parcel:JD01" || p.Holds[0].Put != 12000 || p.Holds[0].Asset != "EUR" || p.Holds[1].Put != 0 ||
		p.Terms[4].GetDuration().AsDuration() != 48*time.Hour {
		t.Errorf("%v", p)
	}
	for want, change := range map[string]func([]*pb.NamedValue) []*pb.NamedValue{
		"is missing":          func(v []*pb.NamedValue) []*pb.NamedValue { return v[1:] },
		"there is no term":    func(v []*pb.NamedValue) []*pb.NamedValue { return append(v, eur("prize", 1)) },
		"given twice":         func(v []*pb.NamedValue) []*pb.NamedValue { return append(v, v[0]) },
		"an amount is wanted": func(v []*pb.NamedValue) []*pb.NamedValue { v[1] = num("price", 5); return v },
		"-1 minor units":      func(v []*pb.NamedValue) []*pb.NamedValue { v[1] = eur("price", -1); return v },
		"no value where":      func(v []*pb.NamedValue) []*pb.NamedValue { v[1].Value = nil; return v },
		"without an asset": func(v []*pb.NamedValue) []*pb.NamedValue {
			v[1].Value.GetAmount().Asset = ""
			return v
		},
		"outside the years": func(v []*pb.NamedValue) []*pb.NamedValue { v[3] = at("deliver_by", "2151-01-01T00:00:00Z"); return v },
		"more than 100 years": func(v []*pb.NamedValue) []*pb.NamedValue {
			return append(v, &pb.NamedValue{Name: "grace", Value: &pb.Value{Value: &pb.Value_Duration{Duration: durationpb.New(900_000 * time.Hour)}}})
		},
		"a subject is":         func(v []*pb.NamedValue) []*pb.NamedValue { v[0] = text("parcel", "two words"); return v },
		"more than 1152921504": func(v []*pb.NamedValue) []*pb.NamedValue { v[1] = eur("price", UnitsMax+1); return v },
	} {
		_, err := c.Begin(change(good()))
		f, ok := err.(*Fault)
		if !ok || f.Code != pb.Code_BAD_TERMS || !strings.Contains(f.Msg, want) {
			t.Errorf("%s: got %v", want, err)
		}
	}
}

func TestSealedTerm(t *testing.T) {
	tp := parcel()
	tp.Terms[0].Sealed = true
	c := must(t, tp)
	terms := tp.Examples[0].Given
	if _, err := c.Begin(append(terms, text("parcel", "shoes"))); err == nil {
		t.Error("a sealed term in the open is accepted")
	}
	sealed := func(n int) *pb.NamedValue {
		return &pb.NamedValue{Name: "parcel", Value: &pb.Value{Value: &pb.Value_Sealed{Sealed: make([]byte, n)}}}
	}
	if _, err := c.Begin(append(terms, sealed(31))); err == nil {
		t.Error("a commitment of 31 bytes is accepted")
	}
	p, err := c.Begin(append(terms, sealed(32)))
	if err != nil {
		t.Fatal(err)
	}
	if x := c.Explain(Reading{Promise: p}); !strings.Contains(x.Text, "delivers (sealed: parcel) to buyer") {
		t.Errorf("%s", x.Text)
	}
}

// With terms that disarm the deadline, the offer is refused, not stuck later.
func TestBeginEndless(t *testing.T) {
	tp := parcel()
	tp.Terms = append(tp.Terms, &pb.TermDef{Name: "armed", Type: pb.ValueType_BOOL, Default: &pb.Value{Value: &pb.Value_Bool{Bool: true}}})
	tp.Rules[1].When = "terms.armed && " + "now > terms.deliver_by + terms.grace"
	c := must(t, tp)
	terms := append(tp.Examples[0].Given, text("parcel", "x"))
	if _, err := c.Begin(terms); err != nil {
		t.Fatal(err)
	}
	off := &pb.NamedValue{Name: "armed", Value: &pb.Value{Value: &pb.Value_Bool{Bool: false}}}
	if _, err := c.Begin(append(terms, off)); err == nil || !strings.Contains(err.Error(), "payment and bond would be held for ever") {
		t.Errorf("got %v", err)
	}
}

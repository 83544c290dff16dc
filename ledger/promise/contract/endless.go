package contract

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
)

// casesMax bounds how many examples' terms, and how many single facts, the
// checker plays with: publishing must stay fast.
const (
	casesMax      = 8
	singlesMax    = 64
	singlesPeriod = 24 // with more periods than this only the case without facts is played
)

// draft is a promise with the terms of an example.
type draft struct {
	*pb.Promise
	example int
}

// drafts are promises with the terms of the examples, at most casesMax.
func (c *Contract) drafts() []draft {
	var out []draft
	for i, x := range c.t.Examples {
		if len(out) == casesMax {
			break
		}
		p, err := c.draft(x.Given, true)
		if err != nil {
			continue // RunExamples says why
		}
		p.State = pb.PromiseState_ACTIVE
		out = append(out, draft{p, i})
	}
	return out
}

// endless reports cases in which a promise never ends: with no fact at all, and
// with each single fact that could block the rules.
func (k *checker) endless() {
	for _, p := range k.c.drafts() {
		q := p.CloneVT()
		if !k.c.runOut(q, nil, dawn, k.meter) && !k.meter.spent() {
			k.add(Error, "rules", 0, 0, "with the terms of example %d and no facts nothing ever ends the promise%s; add a rule that holds after a deadline, such as now > terms.deadline", p.example+1, stuck(q))
			return
		}
		if _, _, n, _ := k.c.PeriodBounds(p.Promise, 0); n > singlesPeriod {
			continue
		}
		for _, v := range k.c.singles(p.Promise) {
			q := p.CloneVT()
			if k.c.runOut(q, []FactView{v}, moment(v.Fact.Arrived), k.meter) || k.meter.spent() {
				continue
			}
			st := v.Fact.Statement
			k.add(Error, "rules", 0, 0, "after a single fact %q by %s nothing ever ends the promise%s; add a rule that holds after a deadline whatever was stated", st.Kind, v.By, stuck(q))
			return
		}
	}
}

// singles are facts that could arrive alone: of each kind, by each role that
// attests, early and late, with the values of the examples' facts of that kind.
func (c *Contract) singles(p *pb.Promise) []FactView {
	var out []FactView
	early, late := c.span(p)
	for _, d := range c.t.Facts {
		for _, r := range c.t.Roles {
			if !c.Attests(r.Name) {
				continue
			}
			for _, values := range c.sampleValues(d) {
				for _, t := range []time.Time{early, late} {
					if len(out) == singlesMax {
						return out
					}
					out = append(out, single(d.Kind, r.Name, t, values))
				}
			}
		}
	}
	return out
}

func single(kind, by string, at time.Time, values []*pb.NamedValue) FactView {
	return FactView{By: by, Fact: &pb.Fact{Id: "probe", Attester: by, Arrived: stamp(at),
		Statement: &pb.Statement{Subject: "probe", Kind: kind, At: stamp(at), Values: values}}}
}

// span is a time before and a time after all that the terms name.
func (c *Contract) span(p *pb.Promise) (early, late time.Time) {
	early = c.earliest(p, nil).Add(-time.Second)
	late = early
	for _, v := range p.Terms {
		if t := v.GetTime(); t != nil && t.AsTime().After(late) {
			late = t.AsTime()
		}
	}
	return early, late.Add(time.Hour)
}

// sampleValues are sets of values for a kind of fact: those that the examples
// use, or else one of zeros.
func (c *Contract) sampleValues(d *pb.FactDef) [][]*pb.NamedValue {
	var out [][]*pb.NamedValue
	for _, x := range c.t.Examples {
		for _, f := range x.Facts {
			if f.Kind == d.Kind && len(out) < casesMax {
				out = append(out, f.Values)
			}
		}
	}
	if len(out) > 0 {
		return out
	}
	var zeros []*pb.NamedValue
	for _, f := range d.Fields {
		v := zeroValue(f.Name, f.Type)
		if f.Type == pb.ValueType_TIME {
			v = &pb.Value{Value: &pb.Value_Time{Time: timestamppb.New(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))}}
		}
		zeros = append(zeros, &pb.NamedValue{Name: f.Name, Value: v})
	}
	return append(out, zeros)
}

// formatProbe names a value in a message.
func formatProbe(v *pb.Value) string { return fmt.Sprint(FormatValue(v, ISODecimals)) }

package contract

import (
	"fmt"
	"math"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/promise/rule"
)

// casesMax bounds how many examples' terms, and values of a kind of fact, the
// checker plays with: publishing must stay fast.
const casesMax = 8

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

// endless reports that facts could keep a promise open for ever, where a
// comparison with now proves nothing, or else at the last rule that ends it.
func (k *checker) endless() {
	for _, d := range k.c.drafts() {
		l, err := k.c.latest(d.Promise)
		switch {
		case err == nil:
		case l.by.After(lastMoment):
			k.add(Error, fmt.Sprintf("examples[%d]", d.example), 0, 0, "%v", err)
		case l.scene == nil: // RunExamples says why
		default:
			path, n := k.c.unproven()
			k.add(Error, path, n.Line, n.Col, "no rule is sure to end the promise%s%s. %s", l.escape(int(d.Period)), stuck(d.Promise), k.c.advice())
			return
		}
	}
}

// unproven is where something is missing: the first comparison of now with what
// facts decide, or else the last rule that ends something.
func (c *Contract) unproven() (path string, at *rule.Node) {
	for i := range c.rules {
		if c.conds[i] == nil {
			continue
		}
		path, at = fmt.Sprintf("rules[%d].when", i), c.rules[i].cond.Tree()
		var found *rule.Node
		at.Walk(func(n *rule.Node) bool {
			d := n.Deps()
			if found == nil && n.Op == rule.OpCall && flipped[n.Name] != "" && d.Now && d.Facts {
				found = n
			}
			return found == nil
		})
		if found != nil {
			return path, found
		}
	}
	return path, at
}

// escape describes a case in which none of the rules holds however late it is.
func (s *scene) escape(k int) string {
	rules, period, late := s.c.endsAll, noPeriod, int64(math.MaxInt64)
	if s.c.periods != nil {
		rules, period = s.c.endsPeriod, k
		s.enter(k)
	}
	for facts := range 1 << len(s.c.unknowns) {
		if s.holds(rules, late, period, facts) {
			continue
		}
		var said []string
		for i, n := range s.c.unknowns {
			if facts&(1<<i) != 0 {
				said = append(said, n.String())
			}
		}
		if len(said) > 0 {
			return " once " + strings.Join(said, " and ")
		}
		return ""
	}
	return ""
}

// advice is a rule that would do.
func (c *Contract) advice() string {
	if c.periods != nil {
		return "Add a last rule for each period that needs no facts, such as when: now > period.end + duration('120h'), with an outcome"
	}
	last := ""
	for _, d := range c.t.Terms {
		if d.Type == pb.ValueType_TIME && !d.Sealed && last == "" {
			last = "terms." + d.Name
		}
	}
	for _, l := range c.leaves {
		if l.prog.Kind() == rule.KindTime {
			last = l.prog.Source()
		}
	}
	if last == "" {
		return "Add a term until: time, and a last rule that needs no facts: when: now > terms.until, with an outcome and what it pays"
	}
	return fmt.Sprintf("Add a last rule that needs no facts, such as when: now > %s + duration('720h'), with an outcome and what it pays", last)
}

// stuck names the holds that have something.
func stuck(p *pb.Promise) string {
	var names []string
	for _, h := range p.Holds {
		if h.Put > h.Paid {
			names = append(names, h.Name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf(": %s would be held for ever", strings.Join(names, " and "))
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

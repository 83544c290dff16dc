package contract

import (
	"fmt"
	"regexp"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/promise/rule"
)

// edge is a value at which a comparison of a rule changes its answer.
type edge struct {
	path      string
	line, col int
	field     string // a fact's field, at, or now
	right     *rule.Program
	text      string
}

var factField = regexp.MustCompile(`^[A-Za-z_]\w*\.([A-Za-z_]\w*)$`)

// edgesMax bounds the boundaries that are probed: each is compiled.
const edgesMax = 64

// edges lists the comparisons of a fact's field, or of now, with something that
// the terms decide.
func (k *checker) edges() []edge {
	var out []edge
	seen := map[string]bool{}
	for _, e := range k.c.expressions() {
		if e.isLeg || e.x.by != "" {
			continue
		}
		for _, b := range e.prog.Bounds() {
			if b.Op == "==" || b.Op == "!=" || b.RightDeps.Facts || b.RightDeps.Now || b.RightDeps.Period {
				continue
			}
			x := edge{path: e.path, line: b.Line, col: b.Col, text: b.Right}
			switch m := factField.FindStringSubmatch(b.Left); {
			case b.Left == "now":
				x.field = "now"
			case m != nil && b.LeftDeps.Facts:
				x.field = m[1]
			default:
				continue
			}
			if seen[x.field+" "+x.text] || len(out) == edgesMax {
				continue
			}
			seen[x.field+" "+x.text] = true
			p, err := k.c.env.Compile(b.Right, b.Kind)
			if err != nil {
				continue
			}
			x.right = p
			out = append(out, x)
		}
	}
	return out
}

// boundaries plays a value just below, at and just above each edge, and looks
// which rules hold.
func (k *checker) boundaries() {
	pr := &prober{k}
	edges := k.edges()
	for _, d := range k.c.drafts() {
		p := d.Promise
		in := k.c.timeless(&rule.Input{Terms: k.c.ruleTerms(p)})
		var spots []spot
		for _, e := range edges {
			r, err := e.right.Eval(in)
			if err != nil {
				continue
			}
			if e.field == "now" {
				pr.now(e, p, k.c.t.Examples[d.example], fromNanos(r.Value.AsTime()))
				continue
			}
			pr.field(e, p, r.Value)
			spots = append(spots, spot{e, r.Value})
		}
		pr.gaps(p, spots)
	}
}

// prober evaluates all conditions on made-up facts.
type prober struct{ *checker }

// held is a set of rules, a bit each.
type held uint32

// now probes an edge in time, with the facts of the example.
func (pr *prober) now(e edge, p *pb.Promise, x *pb.Example, t time.Time) {
	var views []FactView
	for _, f := range x.Facts {
		if _, act := actFields(f.Kind); !act {
			role, _ := attesterOf(f.By)
			v := single(f.Kind, role, moment(f.At), f.Values)
			v.Fact.Attester, v.Fact.Arrived = f.By, stamp(arrival(f))
			views = append(views, v)
		}
	}
	sets := [3]held{}
	for i, d := range []time.Duration{-1, 0, 1} {
		sets[i] = pr.evaluate(p, views, t.Add(d), 0)
	}
	if pr.meter.spent() {
		return
	}
	pr.judge(e, sets, FormatTime(t))
}

// field probes an edge of a fact's field.
func (pr *prober) field(e edge, p *pb.Promise, at rule.Value) {
	pr.eachFact(p, e.field, func(v FactView, period int) {
		sets := [3]held{}
		for i, delta := range []int64{-1, 0, 1} {
			sets[i] = pr.with(p, e.field, shift(at, delta), v, period)
		}
		if !pr.meter.spent() {
			pr.judge(e, sets, formatProbe(shift(at, 0)))
		}
	})
}

// eachFact calls f with a made-up fact of every kind that has the field, by
// every role that attests, in each of the first periods.
func (pr *prober) eachFact(p *pb.Promise, field string, f func(v FactView, period int)) {
	_, _, periods, _ := pr.c.PeriodBounds(p, 0)
	early, _ := pr.c.span(p)
	for _, d := range pr.c.t.Facts {
		if field != "at" && field != "arrived" && fieldOf(d, field) == nil {
			continue
		}
		for _, r := range pr.c.t.Roles {
			if !pr.c.Attests(r.Name) {
				continue
			}
			for _, values := range pr.c.sampleValues(d) {
				for k := 0; k < max(1, min(periods, 12)) && !pr.meter.spent(); k++ {
					f(single(d.Kind, r.Name, early, values), k)
				}
			}
		}
	}
}

// with returns the rules that hold when a field of the fact has a value, and as
// many attesters state it as the kind's quorum asks.
func (pr *prober) with(p *pb.Promise, field string, value *pb.Value, v FactView, period int) held {
	st := v.Fact.Statement
	x := single(st.Kind, v.By, moment(v.Fact.Arrived), st.Values)
	if field == "at" || field == "arrived" {
		x.Fact.Statement.At, x.Fact.Arrived = value.GetTime(), value.GetTime()
	} else {
		x.Fact.Statement.Values = withValue(st.Values, field, value)
	}
	views := []FactView{x}
	for n := 1; n < pr.quorumOf(st.Kind); n++ {
		y := single(st.Kind, v.By, moment(x.Fact.Arrived), x.Fact.Statement.Values)
		y.Fact.Attester, y.Fact.Statement.At = fmt.Sprint(n), x.Fact.Statement.At
		views = append(views, y)
	}
	return pr.evaluate(p, views, moment(x.Fact.Arrived), period)
}

func (pr *prober) quorumOf(kind string) int {
	for _, d := range pr.c.kinds {
		if d.name == kind {
			return d.quorum
		}
	}
	return 1
}

// evaluate returns the rules whose condition holds.
func (pr *prober) evaluate(p *pb.Promise, views []FactView, now time.Time, period int) held {
	q := p.CloneVT()
	q.Period = uint32(period)
	s, err := pr.c.newStep(q, views, now)
	if err != nil {
		return 0
	}
	s.meter = pr.meter
	var out held
	for i := range pr.c.rules {
		n := -1
		if pr.c.rules[i].each == pb.Rule_FACT {
			if n = len(s.seen.facts) - 1; n < 0 {
				continue
			}
		}
		if s.holds(&pr.c.rules[i], n) {
			out |= 1 << i
		}
	}
	return out
}

// judge looks for two rules that meet at the edge: one that holds up to it and
// one that holds from it. At the edge itself exactly one of them should.
func (pr *prober) judge(e edge, sets [3]held, at string) {
	below, exact, above := sets[0], sets[1], sets[2]
	for i := range pr.c.rules {
		for j := range pr.c.rules {
			a, b := held(1)<<i, held(1)<<j
			if below&a == 0 || above&a != 0 || above&b == 0 || below&b != 0 || sameResult(&pr.c.rules[i], &pr.c.rules[j]) {
				continue
			}
			x, y := &pr.c.rules[i], &pr.c.rules[j]
			switch {
			case exact&a != 0 && exact&b != 0:
				pr.add(Error, e.path, e.line, e.col, "where %s is exactly %s both %q and %q hold; let one of them end before it, with < or >", e.field, at, x.name, y.name)
			case exact&(a|b) == 0 && exact&^(below&above) == 0 && exact == 0:
				pr.add(gapSeverity(x, y), e.path, e.line, e.col, "where %s is exactly %s neither %q nor %q holds; let one of them include it, with <= or >=", e.field, at, x.name, y.name)
			case exact&(a|b) == 0 && exact&^(below&above) == 0:
				pr.add(Warning, e.path, e.line, e.col, "where %s is exactly %s neither %q nor %q holds, and a later rule decides", e.field, at, x.name, y.name)
			}
		}
	}
}

// gapSeverity: two rules that both end something leave a case to nobody; a rule
// that pays on the way may well not apply.
func gapSeverity(x, y *clause) Severity {
	if x.outcome != pb.Outcome_GOES_ON && y.outcome != pb.Outcome_GOES_ON {
		return Error
	}
	return Warning
}

// sameResult reports whether it makes no difference which of two rules fires.
func sameResult(x, y *clause) bool {
	if x.outcome != y.outcome || len(x.legs) != len(y.legs) {
		return false
	}
	for i := range x.legs {
		a, b := x.legs[i], y.legs[i]
		if a.hold != b.hold || a.to != b.to || a.text != b.text {
			return false
		}
	}
	return true
}

// shift moves a value by the smallest step of its type.
func shift(v rule.Value, by int64) *pb.Value {
	switch v.Kind() {
	case rule.KindTime:
		return &pb.Value{Value: &pb.Value_Time{Time: timestamppb.New(fromNanos(v.AsTime() + by))}}
	case rule.KindDuration:
		return &pb.Value{Value: &pb.Value_Duration{Duration: durationpb.New(v.AsDuration() + time.Duration(by))}}
	case rule.KindAmount:
		asset, units := v.AsAmount()
		return &pb.Value{Value: &pb.Value_Amount{Amount: &pb.Amount{Asset: asset, Units: units + by}}}
	case rule.KindInt:
		return &pb.Value{Value: &pb.Value_Int{Int: v.AsInt() + by}}
	}
	return &pb.Value{}
}

func withValue(values []*pb.NamedValue, name string, v *pb.Value) []*pb.NamedValue {
	out := []*pb.NamedValue{{Name: name, Value: v}}
	for _, x := range values {
		if x.Name != name {
			out = append(out, x)
		}
	}
	return out
}

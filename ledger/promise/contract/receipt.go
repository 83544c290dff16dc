package contract

import (
	"fmt"
	"strings"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/promise/rule"
)

// settlement is one record in sentences: what applied and why, on which facts,
// and each payment with its arithmetic.
func (e *explainer) settlement(s *pb.Settlement) []string {
	out := []string{FormatTime(moment(s.Time).Truncate(time.Second)) + ": " + e.applied(s)}
	var on []string
	for _, id := range s.Facts {
		for i := range e.r.Facts {
			if v := &e.r.Facts[i]; v.Fact.Id == id {
				on = append(on, e.fact(v))
			}
		}
	}
	if len(on) > 0 {
		out = append(out, sprintf(e.w.decidedOn, strings.Join(on, "; ")))
	}
	for _, l := range s.Payouts {
		out = append(out, e.payout(s, l))
	}
	return out
}

// applied says which clause applied, why, and how things stand.
func (e *explainer) applied(s *pb.Settlement) string {
	how := e.w.goesOn
	switch {
	case s.Outcome != pb.Outcome_GOES_ON && s.Period >= 0:
		how = e.w.periodIs + " " + e.w.outcomes[s.Outcome]
	case s.Outcome != pb.Outcome_GOES_ON:
		how = e.w.promiseIs + " " + e.w.outcomes[s.Outcome]
	}
	line := fmt.Sprintf("“%s” (%s)", s.Rule, e.w.causes[s.Cause])
	if s.Period >= 0 {
		line += " " + sprintf(e.w.forPeriod, s.Period)
	}
	return line + ": " + how
}

// fact is a fact as a sentence.
func (e *explainer) fact(v *FactView) string {
	st := v.Fact.GetStatement()
	s := sprintf(e.w.states, e.r.Name(v.By), st.GetKind()) + " " + FormatTime(moment(st.GetAt()))
	for _, x := range st.GetValues() {
		s += ", " + x.Name + " " + FormatValue(x.Value, e.r.Decimals)
	}
	return s
}

// payout is one leg with its arithmetic: "15.00 EUR = 20.00 EUR − 2.50 EUR × 2,
// from payment to seller".
func (e *explainer) payout(s *pb.Settlement, l *pb.Payout) string {
	came := e.amount(l.Computed, l.Asset)
	if sum := e.arithmetic(s, l); sum != "" {
		came += " = " + sum
	}
	if l.BoundedBy == "" {
		return sprintf(e.w.fromTo, came, l.Hold, e.r.Name(l.Role))
	}
	return sprintf(e.w.fromTo, e.amount(l.Units, l.Asset), l.Hold, e.r.Name(l.Role)) + " (" + e.bound(l, came) + ")"
}

func (e *explainer) bound(l *pb.Payout, came string) string {
	switch l.BoundedBy {
	case boundHold:
		return sprintf(e.w.boundHold, came)
	case boundZero:
		return sprintf(e.w.boundZero, came)
	case boundError:
		return e.w.boundErr
	}
	if form, ok := e.w.boundCap[l.BoundedBy]; ok {
		return sprintf(form, came)
	}
	return came
}

func (e *explainer) amount(units int64, asset string) string {
	return FormatAmount(units, e.r.Decimals(asset), asset)
}

// arithmetic is how a leg's amount came about, or empty where there is nothing
// to compute or the record's surroundings are not known any more. It is shown
// only if it comes to what the record says.
func (e *explainer) arithmetic(s *pb.Settlement, l *pb.Payout) string {
	x := e.clauseNamed(s.Rule)
	if x == nil || e.in == nil || l.BoundedBy == boundError {
		return ""
	}
	h := e.c.holdNamed(l.Hold)
	for i := range x.legs {
		g := &x.legs[i]
		if g.hold != h || g.to != l.Role || g.text != l.Formula {
			continue
		}
		switch g.form {
		case formPortion:
			if had := e.before(s, h); floorPortion(max(0, had), g.num, g.den) == l.Computed {
				return g.text + " × " + e.amount(had, l.Asset)
			}
		case formExpr:
			return e.computed(s, x, g, l)
		}
	}
	return ""
}

func (e *explainer) clauseNamed(name string) *clause {
	for _, list := range [][]clause{e.c.rules, e.c.cancel} {
		for i := range list {
			if list[i].name == name {
				return &list[i]
			}
		}
	}
	return nil
}

// before is what a hold had when record s was made: what was put in up to now
// less what earlier records paid.
func (e *explainer) before(s *pb.Settlement, hold int) int64 {
	p := e.r.Promise
	had := p.Holds[hold].Put
	for _, r := range e.r.Settlements {
		for _, l := range r.Payouts {
			if r.Seq < s.Seq && l.Hold == p.Holds[hold].Name {
				had -= l.Units
			}
		}
	}
	return had
}

// computed shows an expression with the values it had.
func (e *explainer) computed(s *pb.Settlement, x *clause, g *leg, l *pb.Payout) string {
	in := e.asOf(s)
	env := e.c.env
	if x.each == pb.Rule_FACT {
		env = e.c.fact
	}
	if r, err := g.prog.Eval(in); err != nil || !comesTo(r.Value, l) {
		return ""
	}
	t := g.prog.Tree()
	if g.prog.Kind() == rule.KindInt || t.Op != rule.OpCall {
		return ""
	}
	return e.sum(env, in, t, false)
}

func comesTo(v rule.Value, l *pb.Payout) bool {
	if v.Kind() == rule.KindInt {
		return v.AsInt() == l.Computed
	}
	_, units := v.AsAmount()
	return units == l.Computed
}

// asOf is what rules read when record s was made.
func (e *explainer) asOf(s *pb.Settlement) *rule.Input {
	var views []FactView
	at := moment(s.Time)
	for _, v := range e.r.Facts {
		if !moment(v.Fact.Arrived).After(at) {
			views = append(views, v)
		}
	}
	seen := e.c.count(views)
	in := &rule.Input{Terms: e.in.Terms, Facts: seen.facts, Now: at.UnixNano(), Holds: e.c.noHolds}
	for n, i := range seen.at {
		if len(s.Facts) == 1 && views[i].Fact.Id == s.Facts[0] {
			in.Fact = &seen.facts[n]
		}
	}
	if start, end, _, ok := e.c.PeriodBounds(e.r.Promise, int(max(0, s.Period))); ok {
		in.Period = &rule.Period{Index: int64(max(0, s.Period)), Start: start.UnixNano(), End: end.UnixNano()}
	}
	if e.c.readsHolds {
		in.Holds = make([]rule.Value, len(e.c.holds))
		for i, h := range e.r.Promise.Holds {
			if h.Asset != "" {
				in.Holds[i] = rule.Amount(h.Asset, e.before(s, i))
			}
		}
	}
	return in
}

var signs = map[string]string{"+": "+", "-": "−", "*": "×", "/": "÷"}

// sum writes an expression with values for everything but + − × ÷ and
// portions.
func (e *explainer) sum(env *rule.Env, in *rule.Input, n *rule.Node, inner bool) string {
	if sign := signs[n.Name]; n.Op == rule.OpCall && sign != "" && len(n.Args) == 2 {
		s := e.sum(env, in, n.Args[0], true) + " " + sign + " " + e.sum(env, in, n.Args[1], true)
		if inner && (n.Name == "+" || n.Name == "-") {
			return "(" + s + ")"
		}
		return s
	}
	if n.Op == rule.OpCall && n.Name == "portion" && len(n.Args) == 3 {
		return e.sum(env, in, n.Args[1], true) + "/" + e.sum(env, in, n.Args[2], true) + " of " + e.sum(env, in, n.Args[0], true)
	}
	if n.Op == rule.OpCall && n.Name == "?:" {
		if v, ok := e.eval(env, in, n.Args[0]); ok && v.AsBool() {
			return e.sum(env, in, n.Args[1], inner)
		} else if ok {
			return e.sum(env, in, n.Args[2], inner)
		}
	}
	if v, ok := e.eval(env, in, n); ok {
		return e.value(v)
	}
	return "`" + n.String() + "`"
}

func (e *explainer) eval(env *rule.Env, in *rule.Input, n *rule.Node) (rule.Value, bool) {
	p, err := env.Compile(n.String(), n.Kind)
	if err != nil {
		return rule.Value{}, false
	}
	r, err := p.Eval(in)
	return r.Value, err == nil
}

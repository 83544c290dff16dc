package contract

import (
	"strings"

	"github.com/troth-ledger/troth/ledger/promise/rule"
)

// condition is a bool expression in words.
func (e *explainer) condition(n *rule.Node) string {
	switch {
	case isCall(n, "&&"):
		return e.joined(n, "&&", e.w.and)
	case isCall(n, "||"):
		return e.joined(n, "||", e.w.or)
	case isCall(n, "!"):
		if m := n.Args[0]; isExists(m) {
			return e.stated(m, e.w.noStated)
		}
		if m := n.Args[0]; isTerm(m) {
			return m.Name + " " + e.w.is + " " + e.w.no
		}
		return e.w.not + " " + e.condition(n.Args[0])
	case isExists(n):
		return e.stated(n, e.w.stated)
	case isTerm(n):
		return n.Name + " " + e.w.is + " " + e.w.yes
	case n.Op == rule.OpCall && flipped[n.Name] != "" && len(n.Args) == 2:
		return e.comparison(n, "")
	}
	return e.phrase(n)
}

// joined joins the operands of nested && or ||. Where an operand is the other
// of the two, a comma keeps them apart.
func (e *explainer) joined(n *rule.Node, op, word string) string {
	var parts []string
	mixed := false
	var gather func(*rule.Node)
	gather = func(x *rule.Node) {
		if isCall(x, op) {
			gather(x.Args[0])
			gather(x.Args[1])
			return
		}
		mixed = mixed || isCall(x, "&&") || isCall(x, "||")
		parts = append(parts, e.condition(x))
	}
	gather(n)
	if mixed || len(parts) > 2 {
		return strings.Join(parts, ", "+word+" ")
	}
	return strings.Join(parts, " "+word+" ")
}

func isExists(n *rule.Node) bool {
	return n.Op == rule.OpMacro && n.Name == "exists" && isFacts(n.Args[0])
}

func isFacts(n *rule.Node) bool { return n.Op == rule.OpName && n.Name == "facts" }

// stated puts facts.exists(f, …) into words: who states which kind, and what
// else holds of it.
func (e *explainer) stated(n *rule.Node, form string) string {
	kind, by, rest := e.about(n.Args[1], n.Var)
	if kind == "" {
		return "`" + n.String() + "`"
	}
	return sprintf(form, by, kind) + rest
}

// about takes a condition on the fact v apart into the kind, the attester, and
// words for whatever else is asked. kind is empty where it is not that simple.
func (e *explainer) about(cond *rule.Node, v string) (kind, by, rest string) {
	by = e.w.anybody
	var more []string
	for _, x := range conjuncts(cond, nil) {
		left, right, ok := e.fieldTest(x, v)
		switch {
		case ok && left == "kind" && right.Op == rule.OpLiteral:
			kind = right.Lit.AsString()
		case ok && left == "by" && right.Op == rule.OpField:
			by = e.r.Name(right.Name)
		case x.Op == rule.OpCall && flipped[x.Name] != "":
			more = append(more, e.comparison(x, v))
		default:
			more = append(more, "("+e.condition(x)+")")
		}
	}
	if len(more) > 0 {
		rest = " " + strings.Join(more, " "+e.w.and+" ")
	}
	return kind, by, rest
}

// fieldTest reads v.field == right.
func (e *explainer) fieldTest(x *rule.Node, v string) (string, *rule.Node, bool) {
	if !isCall(x, "==") {
		return "", nil, false
	}
	for _, s := range sides(x) {
		if ofVar(s.left, v) {
			return s.left.Name, s.right, true
		}
	}
	return "", nil, false
}

func ofVar(n *rule.Node, v string) bool {
	return n.Op == rule.OpField && n.Args[0].Op == rule.OpName && n.Args[0].Name == v
}

// isTerm reports a term that is true or false.
func isTerm(n *rule.Node) bool {
	return n.Op == rule.OpField && n.Kind == rule.KindBool && n.Args[0].Op == rule.OpName && n.Args[0].Name == "terms"
}

// comparison puts a comparison into words. v is the macro variable it is about,
// or empty.
func (e *explainer) comparison(n *rule.Node, v string) string {
	x := side{n.Args[0], n.Args[1], n.Name}
	if r := n.Args[1]; r.Op == rule.OpName && r.Name == "now" || v != "" && ofVar(r, v) && !ofVar(n.Args[0], v) {
		x = side{n.Args[1], n.Args[0], flipped[n.Name]}
	}
	if x.left.Op == rule.OpName && x.left.Name == "now" {
		return sprintf(e.w.nowIs[x.op], e.phrase(x.right))
	}
	if l := x.left; l.Op == rule.OpField && l.Args[0].Op == rule.OpName && l.Args[0].Name == "terms" {
		return sprintf(e.w.termIs, l.Name, e.phrase(l), e.w.compare[x.op]+" "+e.phrase(x.right))
	}
	words := e.w.compare
	if x.right.Kind == rule.KindTime {
		words = e.w.moments
	}
	if v != "" && ofVar(x.left, v) {
		if x.left.Name == "at" {
			return words[x.op] + " " + e.phrase(x.right)
		}
		return "with " + x.left.Name + " " + words[x.op] + " " + e.phrase(x.right)
	}
	return e.phrase(x.left) + " " + e.w.is + " " + words[x.op] + " " + e.phrase(x.right)
}

// phrase puts a value into words. What the terms decide is shown as its value.
func (e *explainer) phrase(n *rule.Node) string {
	if s, ok := e.known(n); ok {
		return s
	}
	switch n.Op {
	case rule.OpField:
		return e.selection(n)
	case rule.OpCall:
		return e.call(n)
	case rule.OpMacro:
		if n.Kind == rule.KindBool {
			return e.stated(n, e.w.stated)
		}
	case rule.OpName:
		if n.Name == "fact" {
			return e.w.theFact
		}
	}
	return "`" + n.String() + "`"
}

// known evaluates what reads terms alone.
func (e *explainer) known(n *rule.Node) (string, bool) {
	d := n.Deps()
	if n.Kind == rule.KindNone || d.Facts || d.Now || d.Period || d.Holds || len(d.Roles) > 0 || e.in == nil && len(d.Terms) > 0 {
		return "", false
	}
	in := e.in
	if in == nil {
		in = e.c.timeless(&rule.Input{Terms: make([]rule.Value, len(e.c.terms))})
	}
	p, err := e.c.env.Compile(n.String(), n.Kind)
	if err != nil {
		return "", false
	}
	r, err := p.Eval(in)
	if err != nil {
		return "", false
	}
	return e.value(r.Value), true
}

func (e *explainer) value(v rule.Value) string {
	switch v.Kind() {
	case rule.KindString:
		return "“" + v.AsString() + "”"
	case rule.KindTime:
		return FormatTime(fromNanos(v.AsTime()))
	case rule.KindDuration:
		return FormatDuration(v.AsDuration())
	case rule.KindAmount:
		asset, units := v.AsAmount()
		return FormatAmount(units, e.r.Decimals(asset), asset)
	}
	return v.String()
}

func (e *explainer) selection(n *rule.Node) string {
	of := n.Args[0]
	switch {
	case of.Op == rule.OpName && of.Name == "terms":
		return "{" + n.Name + "}"
	case of.Op == rule.OpName && of.Name == "roles":
		return e.r.Name(n.Name)
	case of.Op == rule.OpName && of.Name == "period":
		return e.w.period[n.Name]
	case of.Op == rule.OpName && of.Name == "holds":
		return sprintf(e.w.leftIn, n.Name)
	}
	switch n.Name {
	case "at":
		return e.w.itsTime + " " + e.factWords(of)
	case "arrived":
		return e.w.arrival + " " + e.factWords(of)
	case "subject":
		return e.w.subject + " " + e.factWords(of)
	}
	return n.Name + " of " + e.factWords(of)
}

// factWords names a fact: the fact that arrived, the variable of a macro, or
// the first of some.
func (e *explainer) factWords(n *rule.Node) string {
	if isCall(n, "[]") && isFilter(n.Args[0]) && n.Args[1].Op == rule.OpLiteral && n.Args[1].Lit.AsInt() == 0 {
		if kind, by, rest := e.about(n.Args[0].Args[1], n.Args[0].Var); kind != "" {
			return sprintf(e.w.firstOf, kind, by) + rest
		}
	}
	if n.Op == rule.OpName {
		return e.w.theFact
	}
	return "`" + n.String() + "`"
}

func isFilter(n *rule.Node) bool {
	return n.Op == rule.OpMacro && n.Name == "filter" && isFacts(n.Args[0])
}

func (e *explainer) call(n *rule.Node) string {
	a := n.Args
	if n.Kind == rule.KindBool && (n.Name == "&&" || n.Name == "||" || n.Name == "!" || flipped[n.Name] != "") {
		return e.condition(n)
	}
	word := map[string]string{"+": e.w.plus, "-": e.w.less, "*": e.w.times, "/": e.w.over}[n.Name]
	switch {
	case word != "" && len(a) == 2:
		return e.operand(a[0]) + " " + word + " " + e.operand(a[1])
	case n.Name == "size" && len(a) == 1 && isFilter(a[0]):
		if kind, by, rest := e.about(a[0].Args[1], a[0].Var); kind != "" {
			return sprintf(e.w.numberOf, kind, by) + rest
		}
	case n.Name == "portion" && len(a) == 3:
		return sprintf(e.w.partOf, e.phrase(a[1]), e.phrase(a[2]), e.phrase(a[0]))
	case n.Name == "max" && len(a) == 2:
		return sprintf(e.w.larger, e.phrase(a[0]), e.phrase(a[1]))
	case n.Name == "min" && len(a) == 2:
		return sprintf(e.w.smaller, e.phrase(a[0]), e.phrase(a[1]))
	case e.w.parts[n.Name] != "" && len(a) == 1:
		return sprintf(e.w.parts[n.Name], e.operand(a[0]))
	case n.Name == "?:":
		return sprintf(e.w.ifElse, e.phrase(a[1]), e.condition(a[0]), e.phrase(a[2]))
	}
	return "`" + n.String() + "`"
}

// operand puts a sum inside another operation into brackets.
func (e *explainer) operand(n *rule.Node) string {
	s := e.phrase(n)
	if _, known := e.known(n); !known && n.Op == rule.OpCall && strings.Contains("+ - * /", n.Name) {
		return "(" + s + ")"
	}
	return s
}

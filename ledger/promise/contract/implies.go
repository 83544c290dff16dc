package contract

import (
	"math"

	"github.com/troth-ledger/troth/ledger/promise/rule"
)

// impliesSteps bounds the search: conditions are short, and where they are not,
// not finding an implication is the safe side.
const impliesSteps = 20_000

// Implies reports whether b is shown to hold wherever a holds. It looks at the
// form alone: && || !, comparisons of the same thing with the same or literal
// bounds, and exists and all over the same list. False says nothing.
func Implies(a, b *rule.Node) bool {
	s := &implier{budget: impliesSteps}
	return s.implies(a, b)
}

// implier searches. names maps macro variables of a to those of b, innermost
// last.
type implier struct {
	names  [][2]string
	budget int
}

func (s *implier) implies(a, b *rule.Node) bool {
	if s.budget--; s.budget < 0 {
		return false
	}
	switch {
	case isBool(b, true), isBool(a, false):
		return true
	case s.equal(a, b):
		return true
	case isCall(b, "&&"):
		return s.implies(a, b.Args[0]) && s.implies(a, b.Args[1])
	case isCall(a, "||"):
		return s.implies(a.Args[0], b) && s.implies(a.Args[1], b)
	case isCall(b, "||") && (s.implies(a, b.Args[0]) || s.implies(a, b.Args[1])):
		return true
	case isCall(a, "&&"):
		return s.implies(a.Args[0], b) || s.implies(a.Args[1], b)
	case isCall(a, "!") && isCall(b, "!"):
		s.swap()
		defer s.swap()
		return s.implies(b.Args[0], a.Args[0])
	case a.Op == rule.OpMacro && b.Op == rule.OpMacro && a.Name == b.Name && (a.Name == "exists" || a.Name == "all"):
		if !s.equal(a.Args[0], b.Args[0]) {
			return false
		}
		s.names = append(s.names, [2]string{a.Var, b.Var})
		defer func() { s.names = s.names[:len(s.names)-1] }()
		return s.implies(a.Args[1], b.Args[1])
	}
	return s.compared(a, b)
}

func (s *implier) swap() {
	for i, n := range s.names {
		s.names[i] = [2]string{n[1], n[0]}
	}
}

func isCall(n *rule.Node, name string) bool { return n.Op == rule.OpCall && n.Name == name }

func isBool(n *rule.Node, v bool) bool {
	return n.Op == rule.OpLiteral && n.Kind == rule.KindBool && n.Lit.AsBool() == v
}

// equal reports whether two expressions are the same but for the names of
// macro variables.
func (s *implier) equal(a, b *rule.Node) bool {
	if s.budget--; s.budget < 0 {
		return false
	}
	if a.Op != b.Op || len(a.Args) != len(b.Args) || a.Kind != b.Kind {
		return false
	}
	switch a.Op {
	case rule.OpLiteral:
		return a.Lit.Equal(b.Lit)
	case rule.OpName:
		for i := len(s.names) - 1; i >= 0; i-- {
			if n := s.names[i]; n[0] == a.Name || n[1] == b.Name {
				return n[0] == a.Name && n[1] == b.Name
			}
		}
	}
	if a.Name != b.Name {
		return false
	}
	if a.Op == rule.OpMacro {
		if !s.equal(a.Args[0], b.Args[0]) {
			return false
		}
		s.names = append(s.names, [2]string{a.Var, b.Var})
		defer func() { s.names = s.names[:len(s.names)-1] }()
		return s.equalAll(a.Args[1:], b.Args[1:])
	}
	return s.equalAll(a.Args, b.Args)
}

func (s *implier) equalAll(a, b []*rule.Node) bool {
	for i := range a {
		if !s.equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

var flipped = map[string]string{"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}

// weaker lists what a comparison with the same two sides also is.
var weaker = map[string][]string{"<": {"<=", "!="}, ">": {">=", "!="}, "==": {"<=", ">="}}

// compared decides between two comparisons of the same thing.
func (s *implier) compared(a, b *rule.Node) bool {
	if a.Op != rule.OpCall || b.Op != rule.OpCall || flipped[a.Name] == "" || flipped[b.Name] == "" {
		return false
	}
	for _, x := range sides(a) {
		for _, y := range sides(b) {
			if !s.equal(x.left, y.left) {
				continue
			}
			if s.equal(x.right, y.right) && (x.op == y.op || contains(weaker[x.op], y.op)) {
				return true
			}
			lo, hi, ok := s.interval(x, y)
			blo, bhi, bok := s.interval(y, x)
			if ok && bok && blo <= lo && hi <= bhi {
				return true
			}
		}
	}
	return false
}

// side is a comparison with one of its sides on the left.
type side struct {
	left, right *rule.Node
	op          string
}

func sides(n *rule.Node) []side {
	return []side{{n.Args[0], n.Args[1], n.Name}, {n.Args[1], n.Args[0], flipped[n.Name]}}
}

// interval is the values that satisfy comparison x, counted from what its bound
// and that of y have in common: from zero for two literals, from terms.by for
// terms.by and terms.by + duration('24h').
func (s *implier) interval(x, y side) (lo, hi int64, ok bool) {
	base, v, ok := offset(x.right)
	other, _, ok2 := offset(y.right)
	switch {
	case !ok || !ok2 || x.right.Kind != y.right.Kind || v <= math.MinInt64/2 || v >= math.MaxInt64/2:
		return 0, 0, false
	case (base == nil) != (other == nil) || base != nil && !s.equalEither(base, other):
		return 0, 0, false
	}
	lo, hi = math.MinInt64, math.MaxInt64
	switch x.op {
	case "<":
		hi = v - 1
	case "<=":
		hi = v
	case ">":
		lo = v + 1
	case ">=":
		lo = v
	case "==":
		lo, hi = v, v
	default:
		return 0, 0, false
	}
	return lo, hi, true
}

// equalEither is equal for two nodes of which either may be of a.
func (s *implier) equalEither(a, b *rule.Node) bool {
	if s.equal(a, b) {
		return true
	}
	s.swap()
	defer s.swap()
	return s.equal(a, b)
}

// offset takes a bound apart into what varies and a literal added to it. base
// is nil for a literal alone.
func offset(n *rule.Node) (base *rule.Node, v int64, ok bool) {
	if v, ok := ordinal(n); ok {
		return nil, v, true
	}
	if n.Kind != rule.KindInt && n.Kind != rule.KindTime && n.Kind != rule.KindDuration {
		return nil, 0, false
	}
	if n.Op == rule.OpCall && len(n.Args) == 2 && (n.Name == "+" || n.Name == "-") {
		if v, ok := ordinal(n.Args[1]); ok && v != math.MinInt64 && n.Args[0].Kind == n.Kind {
			if n.Name == "-" {
				v = -v
			}
			return n.Args[0], v, true
		}
		if v, ok := ordinal(n.Args[0]); ok && n.Name == "+" && n.Args[1].Kind == n.Kind {
			return n.Args[1], v, true
		}
	}
	return n, 0, true
}

// ordinal is a literal's place on the line of its kind.
func ordinal(n *rule.Node) (int64, bool) {
	if n.Op == rule.OpCall && n.Name == "neg" && n.Args[0].Op == rule.OpLiteral && n.Kind == rule.KindInt {
		return -n.Args[0].Lit.AsInt(), true
	}
	if n.Op != rule.OpLiteral {
		return 0, false
	}
	switch n.Kind {
	case rule.KindInt:
		return n.Lit.AsInt(), true
	case rule.KindDuration:
		return int64(n.Lit.AsDuration()), true
	case rule.KindTime:
		return n.Lit.AsTime(), true
	}
	return 0, false
}

// impossible reports whether an expression is shown to hold never.
func impossible(n *rule.Node) bool {
	switch {
	case isBool(n, false):
		return true
	case isCall(n, "||"):
		return impossible(n.Args[0]) && impossible(n.Args[1])
	case n.Op == rule.OpMacro && n.Name == "exists":
		return impossible(n.Args[1])
	case isCall(n, "&&"):
		return contradicts(conjuncts(n, nil))
	}
	return false
}

func conjuncts(n *rule.Node, out []*rule.Node) []*rule.Node {
	if isCall(n, "&&") {
		return conjuncts(n.Args[1], conjuncts(n.Args[0], out))
	}
	return append(out, n)
}

// contradicts reports whether two of what must all hold exclude each other, or
// one can't hold.
func contradicts(all []*rule.Node) bool {
	for i, a := range all {
		if impossible(a) {
			return true
		}
		for _, b := range all[:i] {
			if excludes(a, b) {
				return true
			}
		}
	}
	return false
}

func excludes(a, b *rule.Node) bool {
	s := &implier{budget: impliesSteps}
	if isCall(a, "!") && s.equal(a.Args[0], b) || isCall(b, "!") && s.equal(b.Args[0], a) {
		return true
	}
	if a.Op != rule.OpCall || b.Op != rule.OpCall || flipped[a.Name] == "" || flipped[b.Name] == "" {
		return false
	}
	for _, x := range sides(a) {
		for _, y := range sides(b) {
			if !s.equal(x.left, y.left) || x.right.Kind != y.right.Kind {
				continue
			}
			if s.equal(x.right, y.right) && opposite(x.op, y.op) {
				return true
			}
			if x.op == "==" && y.op == "==" && x.right.Op == rule.OpLiteral && y.right.Op == rule.OpLiteral && !x.right.Lit.Equal(y.right.Lit) {
				return true
			}
			lo, hi, ok := s.interval(x, y)
			blo, bhi, bok := s.interval(y, x)
			if ok && bok && (hi < blo || bhi < lo) {
				return true
			}
		}
	}
	return false
}

func opposite(a, b string) bool {
	switch a + " " + b {
	case "< >", "> <", "< >=", ">= <", "> <=", "<= >", "== !=", "!= ==", "== <", "== >", "< ==", "> ==":
		return true
	}
	return false
}

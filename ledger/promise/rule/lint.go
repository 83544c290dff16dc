package rule

import "fmt"

// Lint returns what is legal but probably wrong: fields read from facts whose
// kind may not have them. Such a read is an evaluation error, and an error
// that no && or || absorbs keeps the rule from ever firing. The guards it
// knows are tests of the same variable's kind (== != in) and has(), joined by
// && || ! ?: and the condition of filter and map.
func (p *Program) Lint() []*Error {
	l := &linter{env: p.env, all: 1<<len(p.env.slots.kinds) - 1, possible: map[string]kindSet{}}
	if len(p.env.slots.kinds) == NamesMax {
		l.all = ^kindSet(0)
	}
	l.visit(p.root)
	return Errors(l.errs).sorted()
}

// guardsMax is how many facts one condition can guard. It keeps linting linear;
// beyond it the linter complains of a guard it did not see.
const guardsMax = 8

// kindSet has a bit for each declared kind, in declared order.
type kindSet uint64

// linter walks the expression with the kinds each variable may have there.
// Entries are set and restored around each sub-expression; the map is never
// iterated except by name.
type linter struct {
	env      *Env
	all      kindSet
	possible map[string]kindSet // by source of the fact: f, fact, facts[0]
	errs     Errors
}

// kindsOf returns what the fact may be, where the linter is.
func (l *linter) kindsOf(fact string) kindSet {
	if k, ok := l.possible[fact]; ok {
		return k
	}
	return l.all
}

// having is the set of kinds that have a field.
func (l *linter) having(field string) kindSet {
	u, ok := l.env.slots.field[field]
	if !ok {
		return l.all
	}
	var out kindSet
	for _, k := range l.env.slots.kinds {
		if k.at[u] >= 0 {
			out |= 1 << k.bit
		}
	}
	return out
}

func (l *linter) visit(n *Node) {
	switch {
	case n.isFactField():
		l.access(n)
	case n.Op == OpMacro:
		l.macro(n)
		return
	case n.Op == OpCall && (n.Name == "&&" || n.Name == "||") && len(n.Args) == 2:
		// Each side guards the other: CEL absorbs an error on one side when
		// the other decides.
		holds := n.Name == "&&"
		l.assuming(n.Args[1], holds, func() { l.visit(n.Args[0]) })
		l.assuming(n.Args[0], holds, func() { l.visit(n.Args[1]) })
		return
	case n.Op == OpCall && n.Name == "?:":
		l.visit(n.Args[0])
		l.assuming(n.Args[0], true, func() { l.visit(n.Args[1]) })
		l.assuming(n.Args[0], false, func() { l.visit(n.Args[2]) })
		return
	}
	for _, a := range n.Args {
		l.visit(a)
	}
}

func (l *linter) access(n *Node) {
	can, has := l.kindsOf(n.Args[0].String()), l.having(n.Name)
	if can&^has == 0 {
		return
	}
	var kind string
	for _, k := range l.env.slots.kinds {
		if has&(1<<k.bit) != 0 {
			kind, _ = k.name.Value().(string)
			break
		}
	}
	of := n.Args[0].String()
	l.errs = append(l.errs, &Error{Line: n.Line, Col: n.Col, Msg: fmt.Sprintf(
		"%s.%s is read where %s may be of a kind without it; test %s.kind == '%s' first", of, n.Name, of, of, kind)})
}

// macro visits the list, then the bodies with nothing known of the variable.
// The condition of a three-part map guards what it yields.
func (l *linter) macro(n *Node) {
	l.visit(n.Args[0])
	was, known := l.possible[n.Var]
	l.possible[n.Var] = l.all
	for i, body := range n.Args[1:] {
		if i > 0 {
			l.assuming(n.Args[1], true, func() { l.visit(body) })
		} else {
			l.visit(body)
		}
	}
	if known {
		l.possible[n.Var] = was
	} else {
		delete(l.possible, n.Var)
	}
}

// assuming runs f knowing that cond holds, or that it does not.
func (l *linter) assuming(cond *Node, holds bool, f func()) {
	var facts []string
	cond.Walk(func(x *Node) bool {
		if x.typ != nil && x.typ.IsExactType(factType) && len(facts) < guardsMax {
			add(&facts, x.String())
		}
		return x.Op != OpMacro
	})
	saved := make([]kindSet, len(facts))
	for i, fact := range facts {
		saved[i] = l.kindsOf(fact)
		l.possible[fact] = saved[i] & l.when(cond, holds, fact)
	}
	f()
	for i, fact := range facts {
		l.possible[fact] = saved[i]
	}
}

// when returns the kinds the fact can have if cond is holds.
func (l *linter) when(cond *Node, holds bool, fact string) kindSet {
	a := cond.Args
	switch {
	case cond.Op == OpHas && a[0].String() == fact && holds:
		return l.having(cond.Name)
	case cond.Op != OpCall:
		return l.all
	case cond.Name == "!":
		return l.when(a[0], !holds, fact)
	case cond.Name == "&&" || cond.Name == "||":
		if (cond.Name == "&&") == holds { // both sides are as holds says
			return l.when(a[0], holds, fact) & l.when(a[1], holds, fact)
		}
		return l.when(a[0], holds, fact) | l.when(a[1], holds, fact)
	case cond.Name == "==", cond.Name == "!=", cond.Name == "in":
		named, ok := l.named(a[0], a[1], fact)
		if !ok && cond.Name != "in" {
			named, ok = l.named(a[1], a[0], fact)
		}
		switch {
		case !ok:
			return l.all
		case (cond.Name == "!=") == holds:
			return l.all &^ named
		}
		return named
	}
	return l.all
}

// named returns the kinds that lit names, if field is the fact's kind.
func (l *linter) named(field, lit *Node, fact string) (kindSet, bool) {
	if !field.isFactField() || field.Name != "kind" || field.Args[0].String() != fact {
		return 0, false
	}
	lits := []*Node{lit}
	if lit.Op == OpList {
		lits = lit.Args
	}
	var out kindSet
	for _, x := range lits {
		k := l.env.slots.kind[x.Lit.AsString()]
		if x.Op != OpLiteral || k == nil {
			return 0, false
		}
		out |= 1 << k.bit
	}
	return out, true
}

package rule

// Deps says what an expression, or a part of one, reads. Lists are in order of
// first use, without repeats.
type Deps struct {
	Terms  []string // terms.<name>
	Roles  []string // roles.<name>, and literals compared with f.by
	Kinds  []string // literals compared with f.kind
	Fields []string // declared fields of facts: not kind, by, at, arrived, subject
	Facts  bool     // facts or fact
	Now    bool
	Period bool
	Paid   bool
	Holds  bool // holds.<name>
}

// Constant reports whether nothing is read: the value is known beforehand.
func (d Deps) Constant() bool {
	return !d.Facts && !d.Now && !d.Period && !d.Paid && !d.Holds && len(d.Terms) == 0
}

// Deps returns what the whole expression reads.
func (p *Program) Deps() Deps { return p.root.Deps() }

// Deps returns what n and everything below it reads. Below a macro, fields of
// its variable count as facts through the macro's list.
func (n *Node) Deps() Deps {
	var d Deps
	n.Walk(func(x *Node) bool {
		d.read(x)
		return true
	})
	return d
}

func (d *Deps) read(n *Node) {
	switch n.Op {
	case OpName:
		switch n.Name {
		case "facts", "fact":
			d.Facts = true
		case "now":
			d.Now = true
		case "period":
			d.Period = true
		case "paid":
			d.Paid = true
		case "holds":
			d.Holds = true
		}
	case OpField, OpHas:
		d.field(n)
	case OpCall:
		if len(n.Args) == 2 {
			d.compared(n.Args[0], n.Args[1])
			d.compared(n.Args[1], n.Args[0])
		}
	}
	if n.typ != nil && n.typ.IsExactType(factType) {
		d.Facts = true
	}
}

func (d *Deps) field(n *Node) {
	switch of := n.Args[0]; {
	case of.Op == OpName && of.Name == "terms":
		add(&d.Terms, n.Name)
	case of.Op == OpName && of.Name == "roles":
		add(&d.Roles, n.Name)
	case of.typ != nil && of.typ.IsExactType(factType):
		if _, fixed := factFields[n.Name]; !fixed {
			add(&d.Fields, n.Name)
		}
	}
}

// compared notes the kinds and roles that lit names as values of field.
func (d *Deps) compared(field, lit *Node) {
	if !field.isFactField() {
		return
	}
	lits := []*Node{lit}
	if lit.Op == OpList {
		lits = lit.Args
	}
	for _, l := range lits {
		switch {
		case l.Op != OpLiteral || l.Kind != KindString:
		case field.Name == "kind":
			add(&d.Kinds, l.Lit.AsString())
		case field.Name == "by":
			add(&d.Roles, l.Lit.AsString())
		}
	}
}

func add(names *[]string, name string) {
	for _, n := range *names {
		if n == name {
			return
		}
	}
	*names = append(*names, name)
}

// Bound is one comparison of an expression, normalised so that now, or else
// the side that varies, is on the left: "100 > f.x" is f.x < 100.
type Bound struct {
	Left, Right string // normalised source of each side
	Op          string // == != < <= > >=
	Kind        Kind   // of the operands; KindNone for lists
	// Negated says that the comparison stands under an odd number of ! and so
	// counts the other way round.
	Negated bool
	// Const is the right side's value when it is a literal.
	Const     Value
	LeftDeps  Deps
	RightDeps Deps
	// Macro is the macro the comparison stands in (exists, all …), or "".
	Macro     string
	Line, Col int // of the operator
}

var mirrored = map[string]string{"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

// Bounds lists the comparisons in source order.
func (p *Program) Bounds() []Bound {
	var out []Bound
	bounds(p.root, "", false, &out)
	return out
}

func bounds(n *Node, macro string, negated bool, out *[]Bound) {
	if _, ok := mirrored[n.Name]; ok && n.Op == OpCall {
		*out = append(*out, newBound(n, macro, negated))
	}
	for i, a := range n.Args {
		inner := macro
		if n.Op == OpMacro && i > 0 {
			inner = n.Name
		}
		bounds(a, inner, negated != (n.Op == OpCall && n.Name == "!"), out)
	}
}

func newBound(n *Node, macro string, negated bool) Bound {
	l, r, op := n.Args[0], n.Args[1], n.Name
	if weight(l) < weight(r) {
		l, r, op = r, l, mirrored[op]
	}
	b := Bound{Left: l.String(), Right: r.String(), Op: op, Kind: r.Kind, Negated: negated,
		LeftDeps: l.Deps(), RightDeps: r.Deps(), Macro: macro, Line: n.Line, Col: n.Col}
	if r.Op == OpLiteral {
		b.Const = r.Lit
	}
	return b
}

// weight ranks a side by how much it varies: now, then facts, then the rest of
// the input, then constants.
func weight(n *Node) int {
	switch d := n.Deps(); {
	case n.Op == OpName && n.Name == "now":
		return 3
	case d.Facts || d.Holds:
		return 2
	case !d.Constant():
		return 1
	}
	return 0
}

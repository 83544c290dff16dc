package contract

import (
	"fmt"
	"strings"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/promise/rule"
)

// Check looks for what is legal and wrong: rules that can never fire,
// boundaries that two rules or none cover, promises that may never end, fields
// read from facts that may not have them, divisions by zero, and names that
// nothing uses. It reports an Error only where it has shown the fault, by
// logic or by a case that it played; the rest are warnings. It says nothing
// about a later rule that overlaps an earlier one over a whole range: the
// first that holds fires, and a last rule for whatever is left is good style.
func (c *Contract) Check() []Problem {
	k := &checker{c: c, said: map[string]bool{}, meter: &meter{left: publishCostMax}}
	k.unreachable()
	k.divisions()
	k.guards()
	k.endless()
	k.boundaries()
	k.unused()
	k.unshown()
	k.unaskedHolds()
	return k.problems
}

// checker gathers what Check finds.
type checker struct {
	c        *Contract
	problems []Problem
	said     map[string]bool // messages said already, to say each once
	meter    *meter          // once spent, nothing more is looked for
}

func (k *checker) add(s Severity, path string, line, col int, format string, a ...any) {
	msg := fmt.Sprintf(format, a...)
	if k.said[path+msg] {
		return
	}
	k.said[path+msg] = true
	k.problems = append(k.problems, Problem{Path: path, Line: line, Col: col, Severity: s,
		Code: pb.Code_BAD_TEMPLATE, Msg: msg})
}

// expression is an expression of a clause with its path.
type expression struct {
	path  string
	prog  *rule.Program
	x     *clause // nil for a hold, cap or the like
	isLeg bool
}

// expressions lists the conditions and legs of all clauses.
func (c *Contract) expressions() []expression {
	var out []expression
	for n, list := range [][]clause{c.rules, c.cancel} {
		for i := range list {
			x := &list[i]
			path := fmt.Sprintf("%s[%d]", [...]string{"rules", "cancel"}[n], i)
			if x.cond != nil {
				out = append(out, expression{path + ".when", x.cond, x, false})
			}
			for j, l := range x.legs {
				if l.prog != nil {
					out = append(out, expression{fmt.Sprintf("%s.pay[%d].amount", path, j), l.prog, x, true})
				}
			}
		}
	}
	return out
}

// unreachable reports rules whose condition can't hold, or holds only when an
// earlier rule that ends things holds too.
func (k *checker) unreachable() {
	for j := range k.c.rules {
		x := &k.c.rules[j]
		path := fmt.Sprintf("rules[%d].when", j)
		severity, ruled := Error, ""
		if k.c.dispute != nil && x.each != pb.Rule_FACT {
			severity, ruled = Warning, " except by a ruling"
		}
		if impossible(x.cond.Tree()) {
			k.add(severity, path, 1, 1, "rule %q can never fire%s: its condition contradicts itself", x.name, ruled)
			continue
		}
		for i := range k.c.rules[:j] {
			y := &k.c.rules[i]
			if shadows(y, x) && Implies(x.cond.Tree(), y.cond.Tree()) {
				k.add(severity, path, 1, 1, "rule %q can never fire%s: whenever it holds, %q above holds too and fires first", x.name, ruled, y.name)
				break
			}
		}
	}
}

// shadows reports whether x is not tried where y, above it, holds.
func shadows(y, x *clause) bool {
	switch y.each {
	case pb.Rule_FACT:
		return x.each == pb.Rule_FACT
	case pb.Rule_PERIOD:
		return x.each == pb.Rule_PERIOD && y.outcome != pb.Outcome_GOES_ON
	}
	return y.ends()
}

// divisions reports what would be divided by zero.
func (k *checker) divisions() {
	for _, e := range k.c.expressions() {
		e.prog.Tree().Walk(func(n *rule.Node) bool {
			if n.Op != rule.OpCall || n.Name != "/" && n.Name != "%" || len(n.Args) != 2 {
				return true
			}
			switch d := n.Args[1]; {
			case d.Op == rule.OpLiteral && d.Lit.AsInt() == 0:
				k.add(Error, e.path, n.Line, n.Col, "a division by zero")
			case d.Op != rule.OpLiteral:
				what := "the rule does not hold"
				if e.isLeg {
					what = "the leg pays nothing"
				}
				k.add(Warning, e.path, n.Line, n.Col, "where %s is zero this can't be computed, and %s; test it first, or use max(1, %s)", d, what, d)
			}
			return true
		})
	}
}

// guards reports fields that are read from facts that may not have them. A leg
// of a rule for each fact is guarded by its rule's condition. What an exists
// meets in a condition it passes over, so there it is a warning.
func (k *checker) guards() {
	for _, e := range k.c.expressions() {
		lint := e.prog.Lint()
		if len(lint) > 0 && e.isLeg && e.x.each == pb.Rule_FACT && e.x.cond != nil {
			src := "(" + e.prog.Describe() + ")"
			both, err := k.c.fact.Compile("("+e.x.cond.Describe()+") && "+src+" == "+src, rule.KindBool)
			if err == nil && len(both.Lint()) == 0 {
				continue
			}
		}
		for _, l := range lint {
			s := Warning
			if e.isLeg {
				s = Error
			}
			k.add(s, e.path, l.Line, l.Col, "%s", l.Msg)
		}
	}
}

// unused reports names that nothing uses.
func (k *checker) unused() {
	c, t := k.c, k.c.t
	reads := rule.Deps{}
	for _, p := range c.programs() {
		d := p.Deps()
		reads.Terms, reads.Roles, reads.Kinds = append(reads.Terms, d.Terms...), append(reads.Roles, d.Roles...), append(reads.Kinds, d.Kinds...)
	}
	for _, list := range append(c.texts, c.subject) {
		for _, b := range list {
			if b.role != "" {
				reads.Roles = append(reads.Roles, b.role)
			} else if b.term >= 0 {
				reads.Terms = append(reads.Terms, c.terms[b.term].Name)
			}
		}
	}
	roles := append(reads.Roles, namedRoles(t)...)
	for i, d := range t.Terms {
		if !contains(reads.Terms, d.Name) {
			k.add(Warning, fmt.Sprintf("terms[%d]", i), 0, 0, "nothing uses the term %q: no rule, hold, text or subject", d.Name)
		}
	}
	for i, r := range t.Roles {
		if !contains(roles, r.Name) && (r.Kind != pb.RoleKind_ATTESTER || k.namesAttester()) {
			k.add(Warning, fmt.Sprintf("roles[%d]", i), 0, 0, "nothing uses the role %q", r.Name)
		}
	}
	for i, f := range t.Facts {
		if len(reads.Kinds) > 0 && !contains(reads.Kinds, f.Kind) {
			k.add(Warning, fmt.Sprintf("facts[%d]", i), 0, 0, "no rule reads facts of kind %q", f.Kind)
		}
	}
	for i, h := range c.holds {
		if !c.paysFrom(i) {
			k.add(Warning, fmt.Sprintf("holds[%d]", i), 0, 0, "no rule pays out of hold %q: whatever happens, it goes to %q", h.name, h.residual())
		}
	}
}

// unaskedHolds reports holds that ask money of a role that is not asked.
func (k *checker) unaskedHolds() {
	for i, h := range k.c.t.Holds {
		for _, r := range k.c.t.Roles {
			switch {
			case r.Name != h.From || h.Amount == "":
			case r.OwnerOf != "":
				k.add(Warning, fmt.Sprintf("holds[%d].from", i), 0, 0, "%q is whoever owns %q, who is not asked: an offer is refused wherever hold %q comes to more than zero", r.Name, r.OwnerOf, h.Name)
			case r.Unasked:
				k.add(Warning, fmt.Sprintf("holds[%d].from", i), 0, 0, "%q is unasked, but hold %q asks it for money: it has to accept wherever that is more than zero", r.Name, h.Name)
			}
		}
	}
}

// namesAttester reports whether any rule asks who the attester is. Where none
// does, every attester's facts are used alike.
func (k *checker) namesAttester() bool {
	for _, p := range k.c.programs() {
		for _, r := range k.c.t.Roles {
			if r.Kind == pb.RoleKind_ATTESTER && contains(p.Deps().Roles, r.Name) {
				return true
			}
		}
	}
	return false
}

func (c *Contract) paysFrom(h int) bool {
	for _, list := range [][]clause{c.rules, c.cancel} {
		for _, x := range list {
			for _, l := range x.legs {
				if l.hold == h {
					return true
				}
			}
		}
	}
	return false
}

// namedRoles are the roles that a template names outside its expressions and
// texts.
func namedRoles(t *pb.Template) []string {
	var out []string
	for _, r := range t.Roles {
		out = append(out, r.OwnerOf)
	}
	for _, h := range t.Holds {
		out = append(out, h.From, h.Rest)
	}
	legs := func(list []*pb.Leg) {
		for _, l := range list {
			out = append(out, l.To)
		}
	}
	for _, r := range t.Rules {
		legs(r.Pay)
	}
	for _, x := range t.Cancel {
		out = append(out, x.By)
		legs(x.Pay)
	}
	if d := t.Dispute; d != nil {
		out = append(append(out, d.By...), d.Arbiter)
	}
	for _, x := range t.Transfer {
		out = append(out, x.Role, x.Consent)
	}
	if n := t.Novation; n != nil {
		out = append(out, n.Role, n.By)
	}
	return out
}

// unshown reports rules that no example reaches, where the author has written
// more than one example.
func (k *checker) unshown() {
	if len(k.c.t.Examples) < 2 {
		return
	}
	var fired []string
	for i := range k.c.t.Examples {
		r, _ := k.c.runExample(i, nil, k.meter)
		if r == nil {
			return // RunExamples says why
		}
		for _, s := range r.Settlements {
			fired = append(fired, s.Rule)
		}
	}
	var missing []string
	first := -1
	for i, x := range k.c.rules {
		if !contains(fired, x.name) {
			missing = append(missing, fmt.Sprintf("%q", x.name))
			if first < 0 {
				first = i
			}
		}
	}
	if first >= 0 {
		k.add(Warning, fmt.Sprintf("rules[%d]", first), 0, 0, "no example reaches %s", strings.Join(missing, ", "))
	}
}

package rule

import (
	"fmt"
	"strings"

	"cel.dev/cel-go/common/types"
)

// treeChecker looks at the typed expression: no dyn, no comparison of objects,
// and no name of a kind or role that was not declared.
type treeChecker struct {
	env  *Env
	errs Errors
}

func (e *Env) checkTree(root *Node) Errors {
	c := &treeChecker{env: e}
	c.visit(root, nil)
	return c.errs.sorted()
}

func (c *treeChecker) fail(n *Node, format string, a ...any) {
	c.errs = append(c.errs, &Error{Line: n.Line, Col: n.Col, Msg: fmt.Sprintf(format, a...)})
}

func (c *treeChecker) visit(n, parent *Node) {
	c.typed(n, parent)
	if n.Op == OpCall {
		switch n.Name {
		case "==", "!=":
			c.comparable(n, n.Args[0])
			c.names(n.Args[0], n.Args[1])
			c.names(n.Args[1], n.Args[0])
		case "in":
			c.comparable(n, n.Args[0])
			for _, lit := range n.Args[1].Args {
				c.names(n.Args[0], lit)
			}
		}
	}
	for _, a := range n.Args {
		c.visit(a, n)
	}
}

// typed refuses a type outside the dialect, and the objects that exist only to
// be selected from.
func (c *treeChecker) typed(n, parent *Node) {
	t := n.typ
	selected := parent != nil && (parent.Op == OpField || parent.Op == OpHas)
	switch {
	case t == nil:
		return
	case t.IsExactType(nowType):
		return // forms.go has seen to its place
	case t.IsExactType(termsType) || t.IsExactType(rolesType) || t.IsExactType(periodType) || t.IsExactType(holdsType):
		if !selected {
			c.fail(n, "%s is not a value; name one of its fields, as in %s.%s", n.Name, n.Name, c.env.anyField(t))
		}
	case !inDialect(t):
		if n.Op == OpList && len(n.Args) == 0 {
			c.fail(n, "the type of this empty list is unknown")
			return
		}
		c.fail(n, "%s is not part of the dialect", typeName(t))
	}
}

// inDialect reports whether t is a scalar kind, a fact, or a list of such.
func inDialect(t *types.Type) bool {
	for t.Kind() == types.ListKind && len(t.Parameters()) == 1 {
		t = t.Parameters()[0]
	}
	return kindOfType(t) != KindNone || t.IsExactType(factType)
}

func (c *treeChecker) comparable(n, operand *Node) {
	t := operand.typ
	for t != nil && t.Kind() == types.ListKind && len(t.Parameters()) == 1 {
		t = t.Parameters()[0]
	}
	if t != nil && t.Kind() == types.StructKind {
		c.fail(n, "facts cannot be compared with each other; compare a field, as in f.at")
	}
}

// names checks a literal that is compared with f.kind or f.by.
func (c *treeChecker) names(field, lit *Node) {
	s, ok := lit.Lit.v.(types.String)
	if !ok || lit.Op != OpLiteral || !field.isFactField() {
		return
	}
	switch field.Name {
	case "kind":
		if _, ok := c.env.slots.kind[string(s)]; !ok {
			c.fail(lit, "no fact kind %q%s", string(s), suggest(string(s), c.env.kindNames(), "the template declares"))
		}
	case "by":
		if _, ok := c.env.slots.role[string(s)]; !ok {
			c.fail(lit, "no role %q%s", string(s), suggest(string(s), c.env.types.Roles, "the template declares"))
		}
	}
}

func (n *Node) isFactField() bool {
	return n.Op == OpField && n.Args[0].typ != nil && n.Args[0].typ.IsExactType(factType)
}

func (e *Env) kindNames() []string {
	var out []string
	for _, k := range e.types.Facts {
		out = append(out, k.Name)
	}
	return out
}

// typeName says a type in the words of templates.
func typeName(t *types.Type) string {
	if t == nil {
		return "unknown"
	}
	if k := kindOfType(t); k != KindNone {
		return withArticle(k.String())
	}
	switch {
	case t.IsExactType(nowType):
		return "now"
	case t.IsExactType(factsType):
		return "a list of facts"
	case t.IsExactType(factType):
		return "a fact"
	case t.Kind() == types.ListKind && len(t.Parameters()) == 1:
		return "a list of " + strings.TrimPrefix(strings.TrimPrefix(typeName(t.Parameters()[0]), "an "), "a ") + " values"
	case t.Kind() == types.StructKind:
		return "the object " + strings.ToLower(strings.TrimPrefix(t.TypeName(), "troth."))
	}
	return t.String()
}

func withArticle(s string) string {
	if s != "" && strings.ContainsRune("aeiou", rune(s[0])) {
		return "an " + s
	}
	return "a " + s
}

package rule

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"cel.dev/cel-go/common/types"
)

// Describe returns the expression's normalised source: one line, one spelling,
// no needless parentheses. Compiling it gives the same program. Expressions
// that differ in spacing, quotes or redundant parentheses have the same
// description.
func (p *Program) Describe() string { return p.root.String() }

// Binding strengths of CEL's grammar, loosest first.
const (
	bindCond = iota + 1
	bindOr
	bindAnd
	bindRel
	bindAdd
	bindMul
	bindUnary
	bindPrimary
)

var binaryStrength = map[string]int{"||": bindOr, "&&": bindAnd,
	"==": bindRel, "!=": bindRel, "<": bindRel, "<=": bindRel, ">": bindRel, ">=": bindRel, "in": bindRel,
	"+": bindAdd, "-": bindAdd, "*": bindMul, "/": bindMul, "%": bindMul}

// String returns the normalised source of n.
func (n *Node) String() string {
	s, _ := n.print()
	return s
}

// inside prints n, in parentheses if it binds more loosely than least.
func (n *Node) inside(least int) string {
	s, strength := n.print()
	if strength < least {
		return "(" + s + ")"
	}
	return s
}

func (n *Node) print() (string, int) {
	switch n.Op {
	case OpLiteral:
		return n.literal()
	case OpName:
		return n.Name, bindPrimary
	case OpField:
		return n.Args[0].inside(bindPrimary) + "." + n.Name, bindPrimary
	case OpHas:
		return "has(" + n.Args[0].inside(bindPrimary) + "." + n.Name + ")", bindPrimary
	case OpList:
		return "[" + list(n.Args) + "]", bindPrimary
	case OpMacro:
		return n.Args[0].inside(bindPrimary) + "." + n.Name + "(" + n.Var + ", " + list(n.Args[1:]) + ")", bindPrimary
	}
	return n.printCall()
}

func (n *Node) printCall() (string, int) {
	a := n.Args
	if s, ok := binaryStrength[n.Name]; ok && len(a) == 2 {
		left, right := s, s+1
		switch s {
		case bindAnd, bindOr:
			right = s // associative: a && (b && c) is a && b && c
		case bindRel:
			left = s + 1 // (a < b) == c is legal without, and unreadable
		}
		return a[0].inside(left) + " " + n.Name + " " + a[1].inside(right), s
	}
	switch {
	case n.Name == "?:":
		return a[0].inside(bindOr) + " ? " + a[1].inside(bindOr) + " : " + a[2].inside(bindCond), bindCond
	case n.Name == "!":
		return "!" + a[0].inside(bindUnary+1), bindUnary
	case n.Name == "neg":
		return "-" + a[0].inside(bindUnary+1), bindUnary
	case n.Name == "[]":
		return a[0].inside(bindPrimary) + "[" + a[1].String() + "]", bindPrimary
	case n.method:
		return a[0].inside(bindPrimary) + "." + n.Name + "(" + list(a[1:]) + ")", bindPrimary
	}
	return n.Name + "(" + list(a) + ")", bindPrimary
}

func list(ns []*Node) string {
	var out []string
	for _, n := range ns {
		out = append(out, n.String())
	}
	return strings.Join(out, ", ")
}

func (n *Node) literal() (string, int) {
	switch v := n.Lit.v.(type) {
	case types.Int:
		if v < 0 {
			return strconv.FormatInt(int64(v), 10), bindUnary
		}
		return strconv.FormatInt(int64(v), 10), bindPrimary
	case types.String:
		return quote(string(v)), bindPrimary
	case types.Bool:
		return strconv.FormatBool(bool(v)), bindPrimary
	case types.Duration:
		return "duration('" + durationText(v.Duration) + "')", bindPrimary
	case types.Timestamp:
		return "timestamp('" + v.Time.UTC().Format(time.RFC3339Nano) + "')", bindPrimary
	}
	return "?", bindPrimary
}

// durationText drops the zero parts that time.Duration prints: 48h0m0s is 48h.
func durationText(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// quote writes a CEL string literal in single quotes.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('\'')
	for _, r := range s {
		switch {
		case r == '\'' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('\'')
	return b.String()
}

package contract

import (
	"time"

	"github.com/troth-ledger/troth/ledger/promise/rule"
)

// timeParts and durationParts bound sums: with terms and facts in their years
// and durations of at most DurationYearsMax, that many parts can't overflow.
const (
	timeParts     = 8
	durationParts = 2
)

// total reports whether an expression is shown never to fail, whatever the facts
// are. It takes for granted that fields are read only from facts that have them,
// which Lint sees to. False says nothing.
func (c *Contract) total(n *rule.Node) bool {
	switch n.Op {
	case rule.OpCall:
		if !c.totalCall(n) {
			return false
		}
	case rule.OpField:
		if of := n.Args[0]; of.Op == rule.OpName && (of.Name == "terms" && c.sealed(n.Name) || of.Name == "holds") {
			return false
		}
	case rule.OpName:
		return n.Name != "now"
	}
	for _, a := range n.Args {
		if !c.total(a) {
			return false
		}
	}
	return true
}

// sealed reports whether a term has no value until it is revealed.
func (c *Contract) sealed(name string) bool {
	for _, d := range c.t.Terms {
		if d.Name == name {
			return d.Sealed
		}
	}
	return false
}

func (c *Contract) totalCall(n *rule.Node) bool {
	switch n.Name {
	case "&&", "||", "!", "?:", "in", "size", "startsWith", "endsWith", "contains":
		return true
	case "==", "!=", "<", "<=", ">", ">=":
		return n.Args[0].Kind != rule.KindAmount && n.Args[1].Kind != rule.KindAmount
	case "+", "-":
		switch n.Kind {
		case rule.KindTime:
			return parts(n) <= timeParts
		case rule.KindDuration:
			return parts(n) <= durationParts
		}
	}
	return false
}

// parts counts what a sum of times and durations is made of; a part that could
// be of any size counts as too many.
func parts(n *rule.Node) int {
	switch {
	case n.Op == rule.OpField:
		return 1
	case n.Op == rule.OpLiteral && n.Kind == rule.KindDuration && n.Lit.AsDuration().Abs() <= durationMax:
		return 1
	case n.Op == rule.OpLiteral && n.Kind == rule.KindTime:
		if t := time.Unix(0, n.Lit.AsTime()).UTC(); t.Year() >= yearMin && t.Year() <= yearMax {
			return 1
		}
	case n.Op == rule.OpCall && (n.Name == "+" || n.Name == "-") && len(n.Args) == 2:
		return parts(n.Args[0]) + parts(n.Args[1])
	}
	return timeParts + 1
}

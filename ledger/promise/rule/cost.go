package rule

import (
	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/types"
)

// sizes tells the estimator how big the inputs can be. What the expression
// itself builds (literals, concatenations, filtered lists) the library sizes
// from its operands.
type sizes struct{}

var _ cost.Estimator = sizes{}

// EstimateSize bounds what comes from the input: a list of at most FactsMax
// facts, strings of at most StringMax bytes, and scalars of one unit.
func (sizes) EstimateSize(n cost.AstNode) *cost.SizeEstimate {
	if n.ComputedSize() != nil {
		return nil
	}
	t := n.Type()
	switch {
	case t == nil:
		return nil
	case t.IsExactType(factsType) && len(n.Path()) > 0:
		return &cost.SizeEstimate{Min: 0, Max: FactsMax}
	case t.Kind() == types.StringKind && n.Expr() != nil && n.Expr().Kind() == ast.SelectKind:
		// Only the input's objects have fields, so this is the input's string.
		return &cost.SizeEstimate{Min: 0, Max: StringMax}
	case t.Kind() == types.OpaqueKind || t.Kind() == types.StructKind:
		return &cost.SizeEstimate{Min: 1, Max: 1}
	}
	return nil
}

// EstimateCallCost leaves every call to the library's table, in which a call
// it does not know (ours on amounts, times and now) costs one.
func (sizes) EstimateCallCost(function, overloadID string, target *cost.AstNode, args []cost.AstNode) *cost.CallEstimate {
	return nil
}

// worstCost bounds the cost of any evaluation of a checked expression.
func worstCost(env *cel.Env, ast *cel.Ast) (uint64, error) {
	est, err := env.EstimateCost(ast, sizes{})
	return est.Max, err
}

// computesSizes reports whether the expression loops over, searches or joins
// something whose size it has computed itself. Only such an expression depends
// on the estimator's size arithmetic; in any other, every loop is over the
// facts or a literal, and the static bound cannot be passed. Those run without
// the run-time meter, which costs more than the evaluation it meters.
func (n *Node) computesSizes() bool {
	found := false
	n.Walk(func(x *Node) bool {
		switch {
		case x.Op == OpMacro:
			found = found || !x.Args[0].hasGivenSize()
		case x.Op == OpCall && x.Name == "in":
			found = found || !x.Args[1].hasGivenSize()
		case x.Op == OpCall && x.Name == "+":
			found = found || x.Kind == KindString || x.Kind == KindNone
		}
		return !found
	})
	return found
}

func (n *Node) hasGivenSize() bool {
	return n.Op == OpList || n.Op == OpName && n.Name == "facts"
}

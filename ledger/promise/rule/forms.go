package rule

import (
	"fmt"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// formChecker looks at the parsed expression for what the dialect leaves out
// and for now in a place where its flip could not be recorded.
type formChecker struct {
	info *ast.SourceInfo
	errs Errors
}

func (e *Env) checkForms(a *ast.AST) Errors {
	c := &formChecker{info: a.SourceInfo()}
	c.visit(a.Expr(), false)
	return c.errs.sorted()
}

func (c *formChecker) fail(e ast.Expr, format string, a ...any) {
	loc := c.info.GetStartLocation(e.ID())
	c.errs = append(c.errs, &Error{Line: loc.Line(), Col: loc.Column() + 1, Msg: fmt.Sprintf(format, a...)})
}

const nowOnly = "now can only be compared, with < <= > >=; write now > f.at + duration('1h') instead of arithmetic with now"

// visit checks e and below; compared says that e is a direct operand of an
// ordering whose other operand is not now.
func (c *formChecker) visit(e ast.Expr, compared bool) {
	switch e.Kind() {
	case ast.LiteralKind:
		c.literal(e)
	case ast.IdentKind:
		if e.AsIdent() == "now" && !compared {
			c.fail(e, nowOnly)
		}
	case ast.SelectKind:
		c.visit(e.AsSelect().Operand(), false)
	case ast.ListKind:
		for _, x := range e.AsList().Elements() {
			c.visit(x, false)
		}
	case ast.MapKind:
		c.fail(e, "maps are not part of the dialect; use a list or separate terms")
	case ast.StructKind:
		c.fail(e, "objects cannot be built in an expression")
	case ast.CallKind:
		c.call(e)
	case ast.ComprehensionKind:
		c.comprehension(e)
	}
}

func (c *formChecker) literal(e ast.Expr) {
	switch e.AsLiteral().(type) {
	case types.Double:
		c.fail(e, "there are no decimal numbers; use integers in minor units or basis points")
	case types.Uint:
		c.fail(e, "there are no unsigned numbers; drop the u")
	case types.Bytes:
		c.fail(e, "there are no bytes; use a string")
	case types.Null:
		c.fail(e, "there is no null; use has() to ask whether a field is set")
	}
}

func (c *formChecker) call(e ast.Expr) {
	call := e.AsCall()
	if call.IsMemberFunction() {
		c.visit(call.Target(), false)
	}
	ordering := false
	switch call.FunctionName() {
	case operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals:
		ordering = len(call.Args()) == 2 && !(isNow(call.Args()[0]) && isNow(call.Args()[1]))
	case "duration", "timestamp":
		c.timeCall(e, call)
	}
	for _, x := range call.Args() {
		c.visit(x, ordering)
	}
}

func isNow(e ast.Expr) bool { return e.Kind() == ast.IdentKind && e.AsIdent() == "now" }

func (c *formChecker) timeCall(e ast.Expr, call ast.CallExpr) {
	if call.IsMemberFunction() || len(call.Args()) != 1 {
		return // the checker will say that there is no such function
	}
	arg, ok := types.String(""), false
	if call.Args()[0].Kind() == ast.LiteralKind {
		arg, ok = call.Args()[0].AsLiteral().(types.String)
	}
	if !ok {
		example := "duration('48h')"
		if call.FunctionName() == "timestamp" {
			example = "timestamp('2026-12-01T18:00:00Z')"
		}
		c.fail(e, "%s takes a literal, as in %s", call.FunctionName(), example)
		return
	}
	if _, frac, ok := strings.Cut(string(arg), "."); ok && call.FunctionName() == "timestamp" &&
		len(frac)-len(strings.TrimLeft(frac, "0123456789")) > 9 {
		c.fail(e, "a time is exact to the nanosecond: at most nine digits after the point")
	}
}

func (c *formChecker) comprehension(e ast.Expr) {
	comp := e.AsComprehension()
	switch v := comp.IterVar(); v {
	case "terms", "roles", "facts", "now", "period", "fact", "paid", "holds":
		c.fail(e, "%s already has a meaning; give the variable of the macro another name, such as f", v)
		return
	}
	for _, x := range []ast.Expr{comp.IterRange(), comp.AccuInit(), comp.LoopCondition(), comp.LoopStep(), comp.Result()} {
		c.visit(x, false)
	}
}

package rule

import (
	"flag"
	"slices"
	"strings"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	conf "cel.dev/expr/conformance/test"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

// wholeCEL is the library's whole language, to tell what a case uses without
// asking the dialect.
var wholeCEL = sync.OnceValues(func() (*cel.Env, error) {
	return cel.NewEnv(cel.OptionalTypes(), cel.EnableIdentifierEscapeSyntax())
})

// exclude returns the feature outside the dialect that a case uses, or "". It
// looks at the case alone: its declarations, and its expression as the whole
// language parses and types it.
func exclude(c *conf.SimpleTest) string {
	for _, d := range c.TypeEnv {
		if typeOf(d.GetIdent().GetType()) == nil {
			return "declares a function, or a variable of a type outside the dialect"
		}
	}
	switch {
	case c.DisableMacros:
		return "turns macros off"
	case c.GetUnknown() != nil || c.GetAnyUnknowns() != nil:
		return "wants an unknown"
	case len(c.Expr) > SourceMax:
		return "is longer than SourceMax"
	}
	env, err := wholeCEL()
	if err != nil {
		return ""
	}
	var opts []cel.EnvOption
	for _, d := range c.TypeEnv {
		opts = append(opts, cel.Variable(d.Name, typeOf(d.GetIdent().GetType())))
	}
	if env, err = env.Extend(opts...); err != nil {
		return ""
	}
	parsed, iss := env.Parse(c.Expr)
	if iss.Err() != nil {
		return "is not CEL to the library"
	}
	if shallow, err := env.Extend(cel.ParserRecursionLimit(DepthMax)); err == nil {
		if _, iss := shallow.Parse(c.Expr); iss.Err() != nil {
			return "is nested deeper than DepthMax"
		}
	}
	if r := usesForm(parsed.NativeRep().Expr(), 0); r != "" {
		return r
	}
	if c.Container != "" {
		return "uses a container of names"
	}
	checked, iss := env.Check(parsed)
	if iss.Err() != nil {
		if c.GetEvalError() != nil {
			return "" // refused before it can fail
		}
		return "is ill-typed or names what is not declared, and nothing is evaluated unchecked"
	}
	return usesType(checked.NativeRep())
}

// usesForm names the first excluded form at or below e; depth counts the
// macros around it.
func usesForm(e ast.Expr, depth int) string {
	var below []ast.Expr
	switch e.Kind() {
	case ast.LiteralKind:
		switch e.AsLiteral().(type) {
		case types.Double:
			return "uses double"
		case types.Uint:
			return "uses uint"
		case types.Bytes:
			return "uses bytes"
		case types.Null:
			return "uses null"
		}
	case ast.MapKind:
		return "uses map"
	case ast.StructKind:
		return "builds a message"
	case ast.ListKind:
		if len(e.AsList().OptionalIndices()) > 0 {
			return "uses optionals"
		}
		below = e.AsList().Elements()
	case ast.SelectKind:
		below = []ast.Expr{e.AsSelect().Operand()}
	case ast.CallKind:
		call := e.AsCall()
		if r := usesCall(call); r != "" {
			return r
		}
		below = append(below, call.Args()...)
		if call.IsMemberFunction() {
			below = append(below, call.Target())
		}
	case ast.ComprehensionKind:
		f := e.AsComprehension()
		if r := usesForm(f.IterRange(), depth+1); r != "" {
			return r
		}
		emptyRange := f.IterRange().Kind() == ast.ListKind && f.IterRange().AsList().Size() == 0
		if depth > 0 && !emptyRange {
			return "nests macros"
		}
		depth++
		below = []ast.Expr{f.LoopStep()}
	}
	for _, x := range below {
		if r := usesForm(x, depth); r != "" {
			return r
		}
	}
	return ""
}

func usesCall(call ast.CallExpr) string {
	name := call.FunctionName()
	switch name {
	case operators.Exists, operators.All, operators.ExistsOne, operators.Filter, operators.Map:
		return "uses a macro of two variables"
	case "duration", "timestamp":
		if len(call.Args()) == 1 && call.Args()[0].Kind() != ast.LiteralKind {
			return "converts to a time at run time"
		}
		if len(call.Args()) == 1 {
			if _, ok := call.Args()[0].AsLiteral().(types.String); !ok {
				return "converts a number to a time"
			}
		}
	case operators.OptIndex, operators.OptSelect:
		return "uses optionals"
	}
	if strings.HasPrefix(name, "get") && len(call.Args()) > 0 {
		return "uses a time zone"
	}
	if _, op := operators.FindReverse(name); op || name == operators.NotStrictlyFalse || name == operators.Conditional || name == operators.Index {
		return ""
	}
	if !slices.Contains(functionNames, name) {
		return "calls " + name + "()"
	}
	return ""
}

// usesType names the first type outside the dialect in a checked expression.
func usesType(a *ast.AST) string {
	reason := ""
	ast.PostOrderVisit(a.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		t := a.GetType(e.ID())
		for t != nil && t.Kind() == types.ListKind && len(t.Parameters()) == 1 {
			t = t.Parameters()[0]
		}
		switch {
		case reason != "" || t == nil:
		case t.Kind() == types.DynKind || t.Kind() == types.TypeParamKind:
			reason = "uses dyn: a list of mixed types, or an empty one of unknown type"
		case t.Kind() == types.TypeKind:
			reason = "uses a type as a value"
		case t.Kind() == types.MapKind:
			reason = "uses map"
		}
	}))
	return reason
}

package rule

import (
	"fmt"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
)

// explain turns the library's messages into the dialect's words. Only the
// wording depends on the library's: whether there is an error does not.
func (e *Env) explain(parsed *ast.AST, iss *cel.Issues) Errors {
	byID := map[int64]ast.Expr{}
	if parsed != nil {
		ast.PostOrderVisit(parsed.Expr(), ast.NewExprVisitor(func(x ast.Expr) { byID[x.ID()] = x }))
	}
	var out Errors
	for _, ce := range iss.Errors() {
		line, col := 1, 1
		if ce.Location != nil && ce.Location.Line() > 0 {
			line, col = ce.Location.Line(), max(ce.Location.Column()+1, 1)
		}
		out = append(out, &Error{Line: line, Col: col, Msg: e.reword(ce.Message, byID[ce.ExprID])})
	}
	return out.sorted()
}

func (e *Env) reword(msg string, x ast.Expr) string {
	quoted := between(msg, "'", "'")
	switch {
	case strings.HasPrefix(msg, "Syntax error: "):
		msg, _, _ = strings.Cut(strings.TrimPrefix(msg, "Syntax error: "), " expecting ")
		return "not an expression: " + msg
	case strings.Contains(msg, "recursion"):
		return fmt.Sprintf("nested too deeply: operators, calls and selections go at most %d deep", DepthMax)
	case strings.HasPrefix(msg, "undeclared reference to "):
		if x != nil && x.Kind() == ast.CallKind {
			return "there is no " + quoted + "()" + suggest(quoted, functionNames, "there are")
		}
		return "there is no " + quoted + suggest(quoted, e.variableNames(), "an expression can read")
	case strings.HasPrefix(msg, "undefined field "):
		return e.noField(quoted, x)
	case strings.HasPrefix(msg, "found no matching overload for "):
		return noOverload(msg, quoted)
	case strings.HasPrefix(msg, "comprehension exceeds nesting limit"):
		return "a macro inside another macro; take the inner one out, or join the conditions with &&"
	case strings.HasPrefix(msg, "invalid "):
		return msg + "; write duration('48h') or timestamp('2026-12-01T18:00:00Z')"
	}
	return plainTypes(msg)
}

// noField says what the object has instead.
func (e *Env) noField(field string, x ast.Expr) string {
	on := factType
	if x != nil && x.Kind() == ast.SelectKind {
		switch op := x.AsSelect().Operand(); {
		case op.Kind() != ast.IdentKind:
		case op.AsIdent() == "terms":
			on = termsType
		case op.AsIdent() == "roles":
			on = rolesType
		case op.AsIdent() == "period":
			on = periodType
		case op.AsIdent() == "holds":
			on = holdsType
		}
	}
	names := e.fieldsOf(on)
	switch {
	case on == factType:
		return "no fact kind has a field " + field + suggest(field, names, "there are")
	case len(names) == 0:
		return "the template declares no " + lastPart(on)
	}
	return lastPart(on) + " has no " + field + suggest(field, names, "there are")
}

func lastPart(t *types.Type) string {
	return strings.ToLower(strings.TrimPrefix(t.TypeName(), "troth."))
}

// fieldsOf lists what can be selected from an object type, in declared order.
func (e *Env) fieldsOf(t *types.Type) []string {
	var out []string
	switch t {
	case termsType:
		for _, f := range e.types.Terms {
			out = append(out, f.Name)
		}
	case rolesType:
		return e.types.Roles
	case holdsType:
		return e.types.Holds
	case periodType:
		return []string{"index", "start", "end"}
	default:
		out = []string{"kind", "by", "at", "arrived", "subject"}
		for _, f := range e.slots.union {
			out = append(out, f.Name)
		}
	}
	return out
}

// anyField is an example of a field of t.
func (e *Env) anyField(t *types.Type) string {
	for _, o := range []*types.Type{termsType, rolesType, periodType, holdsType} {
		if names := e.fieldsOf(o); t.IsExactType(o) && len(names) > 0 {
			return names[0]
		}
	}
	return "<name>"
}

func (e *Env) variableNames() []string {
	out := []string{"terms", "roles", "facts", "now"}
	if e.types.Period {
		out = append(out, "period")
	}
	if e.types.Fact {
		out = append(out, "fact")
	}
	if e.types.Paid {
		out = append(out, "paid")
	}
	if len(e.types.Holds) > 0 {
		out = append(out, "holds")
	}
	return out
}

var functionNames = []string{"exists", "all", "exists_one", "filter", "map", "has", "size", "startsWith",
	"endsWith", "contains", "duration", "timestamp", "max", "min", "portion", "units", "getFullYear",
	"getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear", "getHours", "getMinutes",
	"getSeconds", "getMilliseconds"}

// noOverload rewords "found no matching overload for '_-_' applied to '(int, string)'".
func noOverload(msg, fn string) string {
	_, rest, _ := strings.Cut(msg, "applied to ")
	if strings.Contains(rest, "troth.Now") {
		other := plainTypes(strings.Trim(strings.NewReplacer("troth.Now", "", ", ", "").Replace(rest), "'()"))
		if kind, ok := ParseKind(other); ok && kind != KindTime {
			return "now is compared with a time, and this is " + withArticle(other)
		}
		return nowOnly
	}
	operands := plainTypes(strings.Trim(rest, "'"))
	if op := strings.Trim(fn, "_"); op != fn && op != "" {
		return op + " does not work on " + operands
	}
	return fn + " does not work on " + operands
}

var typeWords = strings.NewReplacer("google.protobuf.Timestamp", "time", "google.protobuf.Duration", "duration",
	"timestamp", "time", "troth.Amount", "amount", "troth.Now", "now", "troth.Terms", "terms", "troth.Roles", "roles",
	"troth.Facts", "facts", "troth.Fact", "fact", "troth.Period", "period", "troth.Holds", "holds", " (in container '')", "")

func plainTypes(s string) string { return typeWords.Replace(s) }

func between(s, open, shut string) string {
	_, s, ok := strings.Cut(s, open)
	if !ok {
		return ""
	}
	s, _, _ = strings.Cut(s, shut)
	return s
}

// suggest ends a message with the nearest of names, or with all of them.
func suggest(got string, names []string, lead string) string {
	best := Nearest(got, names)
	switch {
	case best != "":
		return "; did you mean " + best + "?"
	case len(names) == 0:
		return ""
	case len(names) > 12:
		names = names[:12]
	}
	return "; " + lead + " " + strings.Join(names, ", ")
}

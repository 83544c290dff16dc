package rule

import (
	"fmt"
	"sort"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
)

// Compile parses, checks and bounds one expression, whose value must have kind
// want. The error is always an Errors: every fault found, with its position.
func (e *Env) Compile(src string, want Kind) (*Program, error) {
	p, err := e.compile(src, func(t *types.Type) error {
		if got := kindOfType(t); got != want || got == KindNone {
			return fmt.Errorf("this is %s, and %s is wanted here", typeName(t), withArticle(want.String()))
		}
		return nil
	})
	if p != nil {
		p.want = want
	}
	return p, err
}

// compile does the work; accept judges the type of the whole.
func (e *Env) compile(src string, accept func(*types.Type) error) (*Program, error) {
	if len(src) > SourceMax {
		return nil, one(1, 1, "an expression has at most %d bytes, this one has %d", SourceMax, len(src))
	}
	if !utf8.ValidString(src) {
		return nil, one(1, 1, "the expression is not valid UTF-8")
	}
	ast, errs := e.check(src)
	if errs != nil {
		return nil, errs
	}
	root := buildTree(ast)
	if errs := e.checkTree(root); errs != nil {
		return nil, errs
	}
	if err := accept(ast.OutputType()); err != nil {
		return nil, one(root.Line, root.Col, "%v", err)
	}
	worst, err := worstCost(e.cel, ast)
	if err != nil {
		return nil, one(root.Line, root.Col, "the cost cannot be bounded: %v", err)
	}
	if worst > CostMax {
		return nil, one(root.Line, root.Col, "too costly: with %d facts this could take %d steps, the most is %d; use fewer passes over facts, or shorter strings",
			FactsMax, worst, CostMax)
	}
	opts := []cel.ProgramOption{cel.EvalOptions(cel.OptOptimize)}
	if root.computesSizes() {
		opts = append(opts, cel.CostLimit(worst))
	}
	prog, err := e.cel.Program(ast, opts...)
	if err != nil {
		return nil, one(root.Line, root.Col, "%v", err)
	}
	return &Program{env: e, source: src, prog: prog, ast: ast, root: root, costMax: worst}, nil
}

// check parses and type-checks, with a look at the parsed form in between:
// what the dialect lacks is better said in its own words than as a mismatch
// of types.
func (e *Env) check(src string) (*cel.Ast, Errors) {
	parsed, iss := e.cel.Parse(src)
	if iss.Err() != nil {
		return nil, e.explain(nil, iss)
	}
	if errs := e.checkForms(parsed.NativeRep()); errs != nil {
		return nil, errs
	}
	checked, iss := e.cel.Check(parsed)
	if iss.Err() != nil {
		return nil, e.explain(parsed.NativeRep(), iss)
	}
	return checked, nil
}

func one(line, col int, format string, a ...any) Errors {
	return Errors{{Line: line, Col: col, Msg: fmt.Sprintf(format, a...)}}
}

// errorsMax is how many faults one answer lists.
const errorsMax = 20

// sorted puts faults in source order and drops repeats.
func (es Errors) sorted() Errors {
	if len(es) == 0 {
		return nil
	}
	sort.SliceStable(es, func(i, j int) bool {
		if es[i].Line != es[j].Line {
			return es[i].Line < es[j].Line
		}
		return es[i].Col < es[j].Col
	})
	out := es[:1]
	for _, e := range es[1:] {
		if *e != *out[len(out)-1] && len(out) < errorsMax {
			out = append(out, e)
		}
	}
	return out
}

package rule

import (
	"fmt"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// Program is a compiled expression. It is immutable and safe for concurrent
// use.
type Program struct {
	env     *Env
	source  string
	want    Kind
	prog    cel.Program
	ast     *cel.Ast
	root    *Node
	costMax uint64
}

// Source returns the text the program was compiled from.
func (p *Program) Source() string { return p.source }

// Kind returns the kind of the program's value.
func (p *Program) Kind() Kind { return p.want }

// CostMax is the most an evaluation can cost in CEL units, whatever the input.
// It is the same on every node and may be charged; the cost of one actual
// evaluation is not available, on purpose.
func (p *Program) CostMax() uint64 { return p.costMax }

// state is everything one evaluation reads and records. It is pooled: the
// views of facts are built in place.
type state struct {
	env    *Env
	now    nowVal
	terms  termsVal
	roles  rolesVal
	period periodVal
	facts  factList
	fact   factVal
	paid   ref.Val
	holds  holdsVal
}

var _ cel.Activation = (*state)(nil)

func newState(e *Env) *state { return &state{env: e} }

// Parent ends the chain of activations.
func (s *state) Parent() cel.Activation { return nil }

// ResolveName returns the variables of the dialect.
func (s *state) ResolveName(name string) (any, bool) {
	switch name {
	case "facts":
		return &s.facts, true
	case "terms":
		return &s.terms, true
	case "now":
		return &s.now, true
	case "roles":
		return &s.roles, true
	case "fact":
		return &s.fact, s.env.types.Fact
	case "period":
		return &s.period, s.env.types.Period
	case "paid":
		return s.paid, s.env.types.Paid
	case "holds":
		return &s.holds, len(s.env.types.Holds) > 0
	}
	return nil, false
}

// Eval evaluates the program. The error, if any, is an *ErrEval; Result.Wake
// holds in that case too, since what failed may succeed later.
func (p *Program) Eval(in *Input) (Result, error) {
	s := p.env.pool.Get().(*state)
	defer p.env.release(s)
	if err := s.bind(in); err != nil {
		return Result{}, err
	}
	out, _, err := p.prog.Eval(s)
	r := Result{Wake: s.now.wake, Wakes: s.now.wakes}
	if err != nil {
		return r, &ErrEval{Reason: err.Error()}
	}
	r.Value, err = p.result(out)
	return r, err
}

// result checks what the evaluator returned against what was asked for.
func (p *Program) result(out ref.Val) (Value, error) {
	if t, ok := out.(types.Timestamp); ok {
		if _, fits := nanosOf(t.Time); !fits {
			return Value{}, &ErrEval{Reason: "the time is outside the years 1678 to 2262"}
		}
	}
	if k := kindOfVal(out); k != p.want || k == KindNone {
		return Value{}, &ErrEval{Reason: fmt.Sprintf("the result is %s, not %s", k, p.want)}
	}
	return Value{out}, nil
}

// release clears what points into the caller's input.
func (e *Env) release(s *state) {
	clear(s.facts.vals)
	s.facts.vals = s.facts.vals[:0]
	s.terms.vals, s.fact, s.paid, s.holds.vals = nil, factVal{}, nil, nil
	e.pool.Put(s)
}

// bind checks the input against the declarations and takes views of it. A
// misfit is an evaluation error, the same on every node.
func (s *state) bind(in *Input) error {
	t := &s.env.types
	s.now.set(in.Now)
	if len(in.Terms) != len(t.Terms) {
		return misfit("%d terms, not %d", len(in.Terms), len(t.Terms))
	}
	for i, v := range in.Terms {
		if err := fits(v, t.Terms[i].Kind); err != nil {
			return misfit("term %s: %v", t.Terms[i].Name, err)
		}
	}
	s.terms.vals = in.Terms
	if len(in.Facts) > FactsMax {
		return misfit("%d facts, the most is %d", len(in.Facts), FactsMax)
	}
	for i := range in.Facts {
		v, err := s.env.view(&in.Facts[i])
		if err != nil {
			return err
		}
		s.facts.vals = append(s.facts.vals, v)
	}
	return s.bindOptional(in)
}

func (s *state) bindOptional(in *Input) (err error) {
	t := &s.env.types
	if t.Period {
		if in.Period == nil {
			return misfit("no period")
		}
		s.period.p = *in.Period
	}
	if t.Fact {
		if in.Fact == nil {
			return misfit("no fact")
		}
		if s.fact, err = s.env.view(in.Fact); err != nil {
			return err
		}
	}
	if len(in.Holds) != len(t.Holds) {
		return misfit("%d holds, not %d", len(in.Holds), len(t.Holds))
	}
	for i, v := range in.Holds {
		if err := fits(v, KindAmount); err != nil {
			return misfit("hold %s: %v", t.Holds[i], err)
		}
	}
	s.holds.vals = in.Holds
	if t.Paid {
		if in.Paid.Kind() != KindAmount {
			return misfit("paid is not an amount")
		}
		s.paid = in.Paid.v
	}
	return nil
}

// view checks a fact against its kind.
func (e *Env) view(f *Fact) (factVal, error) {
	l := e.slots.kind[f.Kind]
	switch {
	case l == nil:
		return factVal{}, misfit("fact kind %q is not declared", f.Kind)
	case len(f.Fields) != len(l.kinds):
		return factVal{}, misfit("a %s fact with %d fields, not %d", f.Kind, len(f.Fields), len(l.kinds))
	case len(f.By) > StringMax || len(f.Subject) > StringMax:
		return factVal{}, misfit("a %s fact with a string over %d bytes", f.Kind, StringMax)
	}
	for i, v := range f.Fields {
		if err := fits(v, l.kinds[i]); err != nil {
			return factVal{}, misfit("a %s fact: %v", f.Kind, err)
		}
	}
	return factVal{f: f, layout: l}, nil
}

// fits reports whether v is unset or a value of kind k within the limits.
func fits(v Value, k Kind) error {
	if v.v == nil {
		return nil
	}
	if got := kindOfVal(v.v); got != k {
		return fmt.Errorf("%s where %s is declared", got, k)
	}
	if s, ok := v.v.(types.String); ok && len(s) > StringMax {
		return fmt.Errorf("a string over %d bytes", StringMax)
	}
	return nil
}

func misfit(format string, a ...any) *ErrEval {
	return &ErrEval{Reason: "the input does not fit: " + fmt.Sprintf(format, a...)}
}

package rule

import (
	"fmt"
	"strings"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// Env compiles and evaluates the expressions of one template. It is immutable
// and safe for concurrent use. Building one costs some hundred microseconds:
// keep it with the template.
type Env struct {
	types Types
	cel   *cel.Env
	slots slots
	pool  sync.Pool // *state, each used by one evaluation at a time
}

// slots resolves names to positions once, when the environment is built.
type slots struct {
	term    map[string]int
	role    map[string]ref.Val
	kind    map[string]*layout
	field   map[string]int // position in the union of all kinds' fields
	union   []Field
	kinds   []*layout // declared order; the position is the kind's bit in a kindSet
	objects map[string]map[string]*types.FieldType
}

// layout says where a kind keeps the fields of the union.
type layout struct {
	name  ref.Val
	bit   int
	kinds []Kind // declared kinds, by the fact's own slot
	at    []int  // the fact's own slot by union position, -1 where it has none
}

// NewEnv checks the declarations and prepares for compiling. The error says
// which name is wrong and what would be right.
func NewEnv(t Types) (*Env, error) {
	e := &Env{types: t}
	if err := e.index(); err != nil {
		return nil, err
	}
	base, err := baseEnv()
	if err != nil {
		return nil, err
	}
	e.buildObjects()
	opts := []cel.EnvOption{
		cel.CustomTypeProvider(&provider{objects: e.slots.objects}),
		cel.Variable("terms", termsType),
		cel.Variable("roles", rolesType),
		cel.Variable("facts", factsType),
		cel.Variable("now", nowType),
	}
	if t.Period {
		opts = append(opts, cel.Variable("period", periodType))
	}
	if t.Fact {
		opts = append(opts, cel.Variable("fact", factType))
	}
	if t.Paid {
		opts = append(opts, cel.Variable("paid", amountType))
	}
	if len(t.Holds) > 0 {
		opts = append(opts, cel.Variable("holds", holdsType))
	}
	if e.cel, err = base.Extend(opts...); err != nil {
		return nil, fmt.Errorf("rule: environment: %w", err)
	}
	e.pool.New = func() any { return newState(e) }
	return e, nil
}

// Types returns the declarations the environment was built from. Do not change
// what it points to.
func (e *Env) Types() Types { return e.types }

// baseEnv is the language without a template, built once for the process.
var baseEnv = sync.OnceValues(func() (*cel.Env, error) {
	opts := []cel.EnvOption{
		cel.StdLib(cel.StdLibSubset(standardSubset())),
		cel.EnableMacroCallTracking(),
		cel.ParserRecursionLimit(DepthMax),
		cel.ParserExpressionSizeLimit(SourceMax),
		cel.ParserErrorRecoveryLimit(4),
		cel.DefaultUTCTimeZone(true),
		cel.StrictTimestampParsing(true),
		cel.CrossTypeNumericComparisons(false),
		cel.CostModelVersion(1),
		cel.ASTValidators(
			cel.ValidateComprehensionNestingLimit(1),
			cel.ValidateDurationLiterals(),
			cel.ValidateTimestampLiterals()),
	}
	env, err := cel.NewCustomEnv(append(opts, declared()...)...)
	if err != nil {
		return nil, fmt.Errorf("rule: dialect: %w", err)
	}
	return env, nil
})

// index checks every declared name and gives it its slot.
func (e *Env) index() error {
	t, s := &e.types, &e.slots
	s.term, s.role = map[string]int{}, map[string]ref.Val{}
	s.kind, s.field = map[string]*layout{}, map[string]int{}
	if len(t.Terms) > NamesMax || len(t.Roles) > NamesMax || len(t.Facts) > NamesMax {
		return fmt.Errorf("rule: more than %d terms, roles or fact kinds", NamesMax)
	}
	for i, f := range t.Terms {
		if err := checkField("term", f); err != nil {
			return err
		}
		if _, dup := s.term[f.Name]; dup {
			return fmt.Errorf("rule: term %q is declared twice", f.Name)
		}
		s.term[f.Name] = i
	}
	for _, r := range t.Roles {
		if err := checkName("role", r); err != nil {
			return err
		}
		if _, dup := s.role[r]; dup {
			return fmt.Errorf("rule: role %q is declared twice", r)
		}
		s.role[r] = types.String(r)
	}
	if err := e.indexHolds(); err != nil {
		return err
	}
	for i, k := range t.Facts {
		if err := e.indexKind(i, k); err != nil {
			return err
		}
	}
	if len(s.union) > NamesMax {
		return fmt.Errorf("rule: the fact kinds have more than %d fields together", NamesMax)
	}
	for _, l := range s.kinds { // the union is complete only now
		own := l.at
		l.at = make([]int, len(s.union))
		for u := range l.at {
			l.at[u] = -1
		}
		for slot, u := range own {
			l.at[u] = slot
		}
	}
	return nil
}

// indexHolds checks the names of the holds.
func (e *Env) indexHolds() error {
	if len(e.types.Holds) > NamesMax {
		return fmt.Errorf("rule: more than %d holds", NamesMax)
	}
	for i, h := range e.types.Holds {
		if err := checkName("hold", h); err != nil {
			return err
		}
		for _, other := range e.types.Holds[:i] {
			if other == h {
				return fmt.Errorf("rule: hold %q is declared twice", h)
			}
		}
	}
	return nil
}

// indexKind adds one kind; its at holds union positions by own slot until
// index turns it round.
func (e *Env) indexKind(i int, k FactKind) error {
	s := &e.slots
	if err := checkKind(k.Name); err != nil {
		return err
	}
	if _, dup := s.kind[k.Name]; dup {
		return fmt.Errorf("rule: fact kind %q is declared twice", k.Name)
	}
	l := &layout{name: types.String(k.Name), bit: i}
	seen := map[string]bool{}
	for _, f := range k.Fields {
		if err := checkField("field of "+k.Name, f); err != nil {
			return err
		}
		if _, fixed := factFields[f.Name]; fixed {
			return fmt.Errorf("rule: fact kind %q declares %q, which every fact has already", k.Name, f.Name)
		}
		if seen[f.Name] {
			return fmt.Errorf("rule: fact kind %q declares %q twice", k.Name, f.Name)
		}
		seen[f.Name] = true
		u, known := s.field[f.Name]
		if !known {
			u = len(s.union)
			s.field[f.Name] = u
			s.union = append(s.union, f)
		} else if was := s.union[u].Kind; was != f.Kind {
			return fmt.Errorf("rule: field %q is %s in fact kind %q and %s in another; give one of them another name",
				f.Name, f.Kind, k.Name, was)
		}
		l.kinds = append(l.kinds, f.Kind)
		l.at = append(l.at, u)
	}
	s.kind[k.Name] = l
	s.kinds = append(s.kinds, l)
	return nil
}

func checkField(what string, f Field) error {
	if f.Kind < KindString || f.Kind > KindAmount {
		return fmt.Errorf("rule: %s %q has no kind; use string, int, bool, time, duration or amount", what, f.Name)
	}
	return checkName(what, f.Name)
}

// reserved words of CEL cannot follow a dot.
const reservedWords = " as break const continue else false for function if import in let loop namespace null package return true var void while "

// checkKind accepts what a statement's kind can be: names joined by dots.
// Kinds appear in expressions only as text.
func checkKind(kind string) error {
	for _, part := range strings.Split(kind, ".") {
		ok := part != "" && len(kind) <= 64
		for i := 0; i < len(part); i++ {
			c := part[i]
			ok = ok && (c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9')
		}
		if !ok {
			return fmt.Errorf("rule: fact kind %q: a kind is 1 to 64 letters, digits, _ and dots between them", kind)
		}
	}
	return nil
}

func checkName(what, name string) error {
	ok := name != "" && len(name) <= 64
	for i := 0; i < len(name); i++ {
		c := name[i]
		letter := c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		ok = ok && (letter || i > 0 && c >= '0' && c <= '9')
	}
	if !ok {
		return fmt.Errorf("rule: %s %q: a name is 1 to 64 letters, digits and _, and starts with no digit", what, name)
	}
	if strings.Contains(reservedWords, " "+name+" ") {
		return fmt.Errorf("rule: %s %q is a reserved word", what, name)
	}
	return nil
}

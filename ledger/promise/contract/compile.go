package contract

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/promise/rule"
)

// kind is a kind of fact as rules read it.
type kind struct {
	name   string
	fields []rule.Field
	quorum int           // at least 1
	maxAge time.Duration // 0 for no bound
}

// hold is a compiled HoldDef.
type hold struct {
	name   string
	from   string
	amount *rule.Program // nil for a hold fed by deposits alone
	pool   bool
	rest   string // who gets what is left at the end; empty where no rule leaves anything
}

// form is how a leg states its amount.
type form uint8

const (
	formAll     form = iota // everything left
	formRest                // what the legs above left
	formPortion             // num/den of what was in the hold
	formExpr                // an expression
)

// leg is a compiled Leg.
type leg struct {
	hold     int
	to       string
	form     form
	num, den int64
	prog     *rule.Program
	text     string
}

// clause is a compiled rule or cancellation.
type clause struct {
	name    string
	when    string
	cond    *rule.Program // nil for always
	outcome pb.Outcome
	each    pb.Rule_Each
	legs    []leg
	by      string // for a cancellation, the role
	kinds   []string
	// asserts says that it may be challenged before it pays.
	asserts bool
}

// ends reports whether the promise is over once the clause fires.
func (x *clause) ends() bool {
	return x.outcome != pb.Outcome_GOES_ON && x.each != pb.Rule_PERIOD
}

// Compile checks a template's structure and the types of its expressions. The
// contract is nil if any problem is an Error. It doesn't run the examples and
// doesn't lint: see Check, RunExamples and Admit.
func Compile(t *pb.Template) (*Contract, []Problem) {
	b := &builder{t: t, c: &Contract{t: t}}
	b.counts()
	if len(b.problems) == 0 {
		b.names()
		b.environment()
	}
	if b.c.env != nil {
		b.parts()
		b.paidOut()
		b.cost()
	}
	if failed(b.problems) {
		return nil, b.problems
	}
	return b.c, b.problems
}

// Admit is what publishing asks: Compile, Check and RunExamples. The contract
// is nil if any problem is an Error.
func Admit(t *pb.Template) (*Contract, []Problem) {
	c, problems := Compile(t)
	if c == nil {
		return nil, problems
	}
	problems = append(problems, c.Check()...)
	problems = append(problems, c.RunExamples()...)
	if failed(problems) {
		return nil, problems
	}
	return c, problems
}

func failed(ps []Problem) bool {
	for _, p := range ps {
		if p.Severity == Error {
			return true
		}
	}
	return false
}

// builder compiles one template and gathers what is wrong with it.
type builder struct {
	t        *pb.Template
	c        *Contract
	problems []Problem
}

func (b *builder) fail(path, format string, a ...any) {
	b.problems = append(b.problems, Problem{Path: path, Code: pb.Code_BAD_TEMPLATE, Msg: fmt.Sprintf(format, a...)})
}

// names checks what the template calls itself and everything in it.
func (b *builder) names() {
	t := b.t
	if !templateName.MatchString(t.Name) {
		b.fail("template", "the template's name %q: a name is 1 to 64 of a-z, 0-9 and -, and starts with no -", t.Name)
	}
	if t.Dialect != "" && t.Dialect != rule.DialectID {
		b.fail("dialect", "the dialect %q is not %s", t.Dialect, rule.DialectID)
	}
	seen := map[string]bool{}
	for i, r := range t.Roles {
		b.role(fmt.Sprintf("roles[%d]", i), r, seen)
	}
	b.sides()
	seen = map[string]bool{}
	for i, d := range t.Terms {
		path := fmt.Sprintf("terms[%d]", i)
		b.unique(path, "term", d.Name, seen)
		if b.isRole(d.Name) {
			b.fail(path, "%q is a role too: in {%s} it would not be clear which is meant", d.Name, d.Name)
		}
		if !validType(d.Type) {
			b.fail(path, "term %q has no type; use string, int, bool, time, duration or amount", d.Name)
			continue
		}
		b.defaultValue(path, d)
	}
	seen = map[string]bool{}
	for i, f := range t.Facts {
		b.kind(fmt.Sprintf("facts[%d]", i), f, seen)
	}
	seen = map[string]bool{}
	for i, h := range t.Holds {
		b.unique(fmt.Sprintf("holds[%d]", i), "hold", h.Name, seen)
	}
}

func (b *builder) defaultValue(path string, d *pb.TermDef) {
	switch {
	case d.Default == nil:
	case d.Sealed:
		b.fail(path+".default", "term %q is sealed: it can't have a default", d.Name)
	default:
		if err := checkValue(d.Default, d.Type); err != nil {
			b.fail(path+".default", "the default of %q is %v", d.Name, err)
		}
	}
}

// kind checks one declared kind of fact and notes it for counting.
func (b *builder) kind(path string, f *pb.FactDef, seen map[string]bool) {
	switch {
	case !kindName.MatchString(f.Kind):
		b.fail(path, "kind of fact %q: a kind is 1 to 48 of a-z, 0-9, _ and .", f.Kind)
	case strings.HasPrefix(f.Kind, reservedPrefix):
		b.fail(path, "kind of fact %q: %s… is reserved for what the parties do in an example", f.Kind, reservedPrefix)
	case seen[f.Kind]:
		b.fail(path, "kind of fact %q is declared twice", f.Kind)
	}
	seen[f.Kind] = true
	k := kind{name: f.Kind, quorum: max(1, int(f.Quorum))}
	if f.Quorum > QuorumMax {
		b.fail(path+".quorum", "a quorum of %d, the most is %d", f.Quorum, QuorumMax)
	}
	if f.MaxAge != nil {
		k.maxAge = f.MaxAge.AsDuration()
		if !f.MaxAge.IsValid() || k.maxAge <= 0 || k.maxAge > durationMax {
			b.fail(path+".max_age", "max_age must be above zero and at most %d years", DurationYearsMax)
		}
	}
	names := map[string]bool{}
	for j, d := range f.Fields {
		at := fmt.Sprintf("%s.fields[%d]", path, j)
		b.unique(at, "field", d.Name, names)
		if !validType(d.Type) {
			b.fail(at, "field %q has no type; use string, int, bool, time, duration or amount", d.Name)
		}
		k.fields = append(k.fields, rule.Field{Name: d.Name, Kind: ruleKind(d.Type)})
	}
	b.c.kinds = append(b.c.kinds, k)
}

// environment prepares the compiling of expressions.
func (b *builder) environment() {
	types := rule.Types{Period: b.t.Periods != nil}
	for _, d := range b.t.Terms {
		types.Terms = append(types.Terms, rule.Field{Name: d.Name, Kind: ruleKind(d.Type)})
	}
	b.c.terms = types.Terms
	for _, h := range b.t.Holds {
		types.Holds = append(types.Holds, h.Name)
	}
	b.c.noHolds = make([]rule.Value, len(b.t.Holds))
	for _, r := range b.t.Roles {
		types.Roles = append(types.Roles, r.Name)
	}
	for _, k := range b.c.kinds {
		types.Facts = append(types.Facts, rule.FactKind{Name: k.name, Fields: k.fields})
	}
	if failed(b.problems) {
		return
	}
	env, err := rule.NewEnv(types)
	if err != nil {
		b.fail("", "%s", strings.TrimPrefix(err.Error(), "rule: "))
		return
	}
	for _, r := range b.t.Rules {
		if r.Each == pb.Rule_FACT && b.c.fact == nil {
			types.Fact = true
			if b.c.fact, err = rule.NewEnv(types); err != nil {
				b.fail("", "%s", strings.TrimPrefix(err.Error(), "rule: "))
				return
			}
		}
	}
	b.c.env = env
}

// expr compiles one expression. It returns nil after reporting why not.
func (b *builder) expr(env *rule.Env, path, src string, want rule.Kind) *rule.Program {
	p, err := env.Compile(src, want)
	b.faults(path, err)
	if err != nil {
		return nil
	}
	return p
}

// termExpr compiles an expression that may read the terms alone, since it is
// evaluated before anything has happened.
func (b *builder) termExpr(path, src string, want rule.Kind) *rule.Program {
	p := b.expr(b.c.env, path, src, want)
	if p == nil {
		return nil
	}
	if d := p.Deps(); d.Facts || d.Now || d.Period || d.Holds {
		b.fail(path, "%q may read the terms and nothing else: it is fixed before anything happens", src)
		return nil
	}
	return p
}

func (b *builder) faults(path string, err error) {
	var es rule.Errors
	if err != nil && !errors.As(err, &es) {
		b.fail(path, "%v", err)
	}
	for _, e := range es {
		code := pb.Code_BAD_TEMPLATE
		if strings.HasPrefix(e.Msg, "too costly") {
			code = pb.Code_TOO_COSTLY
		}
		b.problems = append(b.problems, Problem{Path: path, Line: e.Line, Col: e.Col, Code: code, Msg: e.Msg})
	}
}

func (b *builder) isRole(name string) bool { return b.roleKind(name) != pb.RoleKind_NO_ROLE_KIND }

func (b *builder) roleKind(name string) pb.RoleKind {
	for _, r := range b.t.Roles {
		if r.Name == name {
			return r.Kind
		}
	}
	return pb.RoleKind_NO_ROLE_KIND
}

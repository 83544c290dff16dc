package contract

import (
	"math"
	"slices"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/promise/rule"
)

// How it is shown that a promise ends. What a condition says of facts is taken
// as unknown; what it says of terms and periods is computed; and of now only
// comparisons with what the terms and the period decide count, each of which
// flips once. Where one of the rules holds from some moment on whatever the
// unknown is, the promise ends by then, with any facts. Expressions that may
// fail to compute count as doubtful: a rule that fails does not hold.

// noPeriod stands for no period, where periods can't be read.
const noPeriod = -1

// unknownsMax bounds how many facts-dependent tests are told apart; 2 to that
// many cases are played. Others are doubtful.
const unknownsMax = 6

// truth is what is known of a condition.
type truth uint8

const (
	doubtful truth = iota // it may hold or not, or fail
	no
	yes
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

// cond is a condition as the proof reads it.
type cond struct {
	op   condOp
	args []*cond
	leaf int // for condLeaf and condNow: the index among the leaves
	// upTo says that condNow holds until the moment and not from it.
	upTo    bool
	unknown int // for condUnknown
}

type condOp uint8

const (
	condDoubt   condOp = iota
	condLeaf           // a bool that terms and period decide
	condNow            // now has come to the leaf's moment
	condUnknown        // a test of facts that can't fail
	condAnd
	condOr
	condNot
	condIf
)

// leaf is what terms and period decide: a bool, or the moment a comparison with
// now flips.
type leaf struct {
	prog   *rule.Program
	next   bool // it flips a nanosecond after the moment
	period bool
}

// proof is what a template's ending rules come to, for Ends.
type proof struct {
	conds  []*cond // by rule, nil for those that end nothing
	leaves []leaf
	// endsAll are the rules that end the promise; endsPeriod those and the rules
	// that end a period.
	endsAll, endsPeriod []int
	unknowns            []*rule.Node
}

// prove reads the ending rules.
func (c *Contract) prove() {
	c.conds = make([]*cond, len(c.rules))
	for i := range c.rules {
		x := &c.rules[i]
		if x.outcome == pb.Outcome_GOES_ON || x.each == pb.Rule_FACT || x.cond == nil {
			continue
		}
		if x.ends() {
			c.endsAll = append(c.endsAll, i)
		}
		c.endsPeriod = append(c.endsPeriod, i)
		r := condReader{c: c, guarded: len(x.cond.Lint()) == 0}
		c.conds[i] = r.read(x.cond.Tree())
	}
}

// condReader reads one condition.
type condReader struct {
	c       *Contract
	guarded bool // no fact's field is read that may be missing
}

var doubt = &cond{}

func (r *condReader) read(n *rule.Node) *cond {
	if n.Op == rule.OpCall {
		switch n.Name {
		case "&&":
			return r.of(condAnd, n)
		case "||":
			return r.of(condOr, n)
		case "!":
			return r.of(condNot, n)
		case "?:":
			return r.of(condIf, n)
		}
	}
	d := n.Deps()
	switch {
	case d.Now:
		return r.now(n)
	case d.Facts || d.Holds || d.Paid:
		return r.unknown(n)
	}
	return r.leaf(n, rule.KindBool, cond{op: condLeaf}, false)
}

func (r *condReader) of(op condOp, n *rule.Node) *cond {
	out := &cond{op: op}
	for _, a := range n.Args {
		out.args = append(out.args, r.read(a))
	}
	return out
}

// now reads a comparison of now with what terms and period decide.
func (r *condReader) now(n *rule.Node) *cond {
	if n.Op != rule.OpCall || len(n.Args) != 2 {
		return doubt
	}
	for _, x := range sides(n) {
		if x.left.Op != rule.OpName || x.left.Name != "now" {
			continue
		}
		if d := x.right.Deps(); d.Facts || d.Holds || d.Paid || d.Now {
			return doubt
		}
		switch x.op {
		case ">", "<=":
			return r.leaf(x.right, rule.KindTime, cond{op: condNow, upTo: x.op == "<="}, true)
		case ">=", "<":
			return r.leaf(x.right, rule.KindTime, cond{op: condNow, upTo: x.op == "<"}, false)
		}
	}
	return doubt
}

// leaf adds what is computed once the terms are known. A sealed term is not,
// and whether it is ever revealed is up to its parties.
func (r *condReader) leaf(n *rule.Node, want rule.Kind, out cond, next bool) *cond {
	d := n.Deps()
	p, err := r.c.env.Compile(n.String(), want)
	if err != nil || slices.ContainsFunc(d.Terms, r.c.sealed) {
		return doubt
	}
	out.leaf = len(r.c.leaves)
	r.c.leaves = append(r.c.leaves, leaf{prog: p, next: next, period: d.Period})
	return &out
}

// unknown finds or adds a test of facts.
func (r *condReader) unknown(n *rule.Node) *cond {
	if !r.guarded || !r.c.total(n) {
		return doubt
	}
	for i, u := range r.c.unknowns {
		if (&implier{budget: impliesSteps}).equal(n, u) {
			return &cond{op: condUnknown, unknown: i}
		}
	}
	if len(r.c.unknowns) == unknownsMax {
		return doubt
	}
	r.c.unknowns = append(r.c.unknowns, n)
	return &cond{op: condUnknown, unknown: len(r.c.unknowns) - 1}
}

// scene is the leaves with their values for one promise, and for one period.
type scene struct {
	c      *Contract
	in     *rule.Input
	starts func(k int) int64
	count  int
	values []leafValue
	points []int64 // for certain, kept to be used again
}

type leafValue struct {
	truth truth // of a bool
	at    int64 // of a moment
	ok    bool  // of a moment: it could be computed
}

func (c *Contract) scene(p *pb.Promise) (*scene, error) {
	s := &scene{c: c, in: c.timeless(&rule.Input{Terms: c.ruleTerms(p)}), values: make([]leafValue, len(c.leaves))}
	if c.periods != nil {
		from, count, err := c.periods.at(s.in)
		if err != nil {
			return nil, err
		}
		s.count = count
		s.starts = func(k int) int64 { return boundary(c.periods.every, from, k).UnixNano() }
	}
	for i := range c.leaves {
		if !c.leaves[i].period {
			s.values[i] = s.evaluate(&c.leaves[i])
		}
	}
	return s, nil
}

// enter reads what period k decides.
func (s *scene) enter(k int) {
	s.in.Period = &rule.Period{Index: int64(k), Start: s.starts(k), End: s.starts(k + 1)}
	for i := range s.c.leaves {
		if s.c.leaves[i].period {
			s.values[i] = s.evaluate(&s.c.leaves[i])
		}
	}
}

func (s *scene) evaluate(l *leaf) leafValue {
	r, err := l.prog.Eval(s.in)
	switch {
	case err != nil:
		return leafValue{}
	case l.prog.Kind() == rule.KindBool:
		return leafValue{truth: truthOf(r.Value.AsBool())}
	}
	at := r.Value.AsTime()
	if l.next && at < math.MaxInt64 {
		at++
	}
	return leafValue{at: at, ok: true}
}

// certainIn is from when on period k is sure to be over, once the one before is.
func (s *scene) certainIn(k int) (int64, bool) {
	s.enter(k)
	at, ok := s.certain(s.c.endsPeriod, k)
	return max(at, s.starts(k)), ok
}

// certain is the moment from which on one of the rules is sure to hold.
func (s *scene) certain(rules []int, period int) (int64, bool) {
	s.points = append(s.points[:0], math.MinInt64)
	for _, i := range rules {
		s.moments(s.c.conds[i], period)
	}
	slices.Sort(s.points)
	at, ok := int64(0), false
	for i := len(s.points) - 1; i >= 0 && s.sure(rules, s.points[i], period); i-- {
		at, ok = s.points[i], true
	}
	return at, ok
}

// moments gathers when comparisons with now flip.
func (s *scene) moments(x *cond, period int) {
	if x.op == condNow && s.readable(x, period) && s.values[x.leaf].ok {
		s.points = append(s.points, s.values[x.leaf].at)
	}
	for _, a := range x.args {
		s.moments(a, period)
	}
}

func (s *scene) readable(x *cond, period int) bool {
	return period != noPeriod || !s.c.leaves[x.leaf].period
}

// sure reports whether at a moment one of the rules holds, in every case of what
// the facts may say.
func (s *scene) sure(rules []int, now int64, period int) bool {
	for facts := range 1 << len(s.c.unknowns) {
		if !s.holds(rules, now, period, facts) {
			return false
		}
	}
	return true
}

// holds reports whether one of the rules holds in one case of the unknowns, a
// bit of facts for each.
func (s *scene) holds(rules []int, now int64, period, facts int) bool {
	return slices.ContainsFunc(rules, func(i int) bool {
		return s.truth(s.c.conds[i], now, period, facts) == yes
	})
}

// truth evaluates a condition in one case. As in the rules, && and || pass over
// what fails where the other side decides.
func (s *scene) truth(x *cond, now int64, period, facts int) truth {
	switch x.op {
	case condUnknown:
		return truthOf(facts&(1<<x.unknown) != 0)
	case condLeaf, condNow:
		v := s.values[x.leaf]
		switch {
		case !s.readable(x, period):
			return doubtful
		case x.op == condLeaf:
			return v.truth
		case !v.ok:
			return doubtful
		}
		return truthOf((now >= v.at) != x.upTo)
	case condNot:
		return [...]truth{doubtful: doubtful, no: yes, yes: no}[s.truth(x.args[0], now, period, facts)]
	case condAnd, condOr:
		decides := truthOf(x.op == condOr)
		a, b := s.truth(x.args[0], now, period, facts), s.truth(x.args[1], now, period, facts)
		switch {
		case a == decides || b == decides:
			return decides
		case a == doubtful || b == doubtful:
			return doubtful
		}
		return a
	case condIf:
		switch s.truth(x.args[0], now, period, facts) {
		case yes:
			return s.truth(x.args[1], now, period, facts)
		case no:
			return s.truth(x.args[2], now, period, facts)
		}
	}
	return doubtful
}

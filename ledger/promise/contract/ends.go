package contract

import (
	"math"
	"slices"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
)

// Ending says when a promise is over at the latest, whatever facts arrive and
// whatever its parties do. Only a suspension, which all sides agree on, moves
// it.
type Ending struct {
	// By is the moment from which it is over: the ledger looks at it in the first
	// block from then on. Challenges, answers and rulings are counted with all
	// the time they can take.
	By time.Time
	// Rules are the clauses that see to it: one, or several of which one holds
	// whatever the facts. For a promise in periods they may end each period.
	Rules []string
}

// lastMoment bounds when a promise may end: beyond the year 2262 the
// evaluator's nanoseconds have no place for times.
var lastMoment = time.Date(2260, 1, 1, 0, 0, 0, 0, time.UTC)

// Ends says when p, in force or yet to be, is over at the latest. It reads p's
// terms, when it comes into force, the period it is in and how long its disputes
// can take, and no facts. The error is a *Fault with BAD_TERMS: with these terms
// facts could keep it open for ever, or beyond the year 2260.
func (c *Contract) Ends(p *pb.Promise) (Ending, error) {
	l, err := c.latest(p)
	if err != nil {
		return Ending{}, err
	}
	out := Ending{By: l.by}
	for _, i := range l.guarantors() {
		out.Rules = append(out.Rules, c.rules[i].name)
	}
	return out, nil
}

// Certain reports whether at a moment some rule is sure to hold, whatever facts
// there are, of those that end p or the period it is in.
func (c *Contract) Certain(p *pb.Promise, now time.Time) bool {
	s, err := c.scene(p)
	if err != nil {
		return false
	}
	at, ok := s.certain(c.endsAll, noPeriod)
	if k := int(p.Period); c.periods != nil && k < s.count {
		if t, has := s.certainIn(k); has && (!ok || t < at) {
			at, ok = t, true
		}
	}
	return ok && now.UnixNano() >= at
}

// limit is what latest finds: by when p is over, and the rules of which one is
// sure to hold from a moment on, in a period or in all.
type limit struct {
	*scene
	by     time.Time
	rules  []int
	from   int64
	period int
}

func (c *Contract) latest(p *pb.Promise) (limit, error) {
	s, err := c.scene(p)
	if err != nil {
		return limit{}, err
	}
	d := c.delays(s)
	begins := moment(p.Active)
	if p.Active == nil {
		begins = moment(p.AcceptBy)
	}
	remaining := max(0, s.count-int(p.Period))
	l, ok := s.chain(int(p.Period), begins, d)
	if at, sure := s.certain(c.endsAll, noPeriod); sure {
		// Each period that is left may be in dispute before the promise's own end
		// gets its turn.
		by := later(fromNanos(at), begins).Add(sum(d.once, times(d.period, remaining)))
		if !ok || by.Before(l.by) {
			l, ok = limit{scene: s, by: by, rules: c.endsAll, from: at, period: noPeriod}, true
		}
	}
	switch {
	case !ok:
		return limit{scene: s}, badTerms("with these terms facts could keep the promise open for ever%s", stuck(p))
	case l.by.After(lastMoment):
		return l, badTerms("with these terms the promise could stay open until %s; it must be over before %s", FormatTime(l.by), FormatTime(lastMoment))
	}
	return l, nil
}

// chain is by when the last period is over, and so the promise: each period is
// over once one of its rules is sure to hold and the period before is over.
func (s *scene) chain(k int, begins time.Time, d delays) (limit, bool) {
	l := limit{scene: s, by: begins, rules: s.c.endsPeriod, period: k}
	if s.c.periods == nil {
		return l, false
	}
	for ; k < s.count; k++ {
		at, ok := s.certainIn(k)
		if !ok {
			return l, false
		}
		if l.period == k {
			l.from = at
		}
		l.by = later(l.by, fromNanos(at)).Add(d.period)
	}
	l.by = l.by.Add(d.once)
	return l, true
}

// guarantors is a part of the rules of which one is sure to hold as early as of
// all. Earlier rules are left out first: the last are for what is left over.
func (l limit) guarantors() []int {
	out := slices.Clone(l.rules)
	if l.period != noPeriod {
		l.enter(l.period)
	}
	for i := 0; i < len(out) && len(out) > 1; {
		less := slices.Delete(slices.Clone(out), i, i+1)
		if at, ok := l.certain(less, l.period); ok && at <= l.from {
			out = less
		} else {
			i++
		}
	}
	return out
}

// delays is how long disputes can hold up the end: of each period, and of the
// promise itself.
type delays struct{ period, once time.Duration }

// delays adds up what the rules that may be challenged can take. Of those that
// end the same thing one is challenged once, for what is ruled ends it: see
// Challenge.
func (c *Contract) delays(s *scene) delays {
	var out delays
	if c.dispute == nil {
		return out
	}
	d, err := c.dispute.eval(s.in)
	if err != nil {
		return out // Begin has refused such terms
	}
	each := sum(sum(d.Window, d.Answer), sum(d.Ruling, 3)) // each of the three ends inclusively
	var onceEnds, periodEnds bool
	for i := range c.rules {
		x := &c.rules[i]
		switch {
		case !x.asserts:
		case x.ends():
			onceEnds = true
		case x.each != pb.Rule_PERIOD:
			out.once = sum(out.once, each)
		case x.outcome == pb.Outcome_GOES_ON:
			out.period = sum(out.period, each)
		default:
			periodEnds = true
		}
	}
	if onceEnds {
		out.once = sum(out.once, each)
	}
	if periodEnds {
		out.period = sum(out.period, each)
	}
	return out
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// sum and times stop at the longest duration there is, which is beyond
// lastMoment from any time.
func sum(a, b time.Duration) time.Duration {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

func times(d time.Duration, n int) time.Duration {
	if n > 0 && d > math.MaxInt64/time.Duration(n) {
		return math.MaxInt64
	}
	return d * time.Duration(n)
}

package contract

import (
	"time"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/promise/rule"
)

// periods is a compiled PeriodDef.
type periods struct {
	every       pb.Every
	from, count *rule.Program
}

// at evaluates when the first period starts and how many there are.
func (d *periods) at(in *rule.Input) (time.Time, int, error) {
	from, err := d.from.Eval(in)
	if err != nil {
		return time.Time{}, 0, badTerms("the start of the first period, %s, can't be computed with these terms", d.from.Source())
	}
	n, err := d.count.Eval(in)
	if err != nil {
		return time.Time{}, 0, badTerms("the number of periods, %s, can't be computed with these terms", d.count.Source())
	}
	if c := n.Value.AsInt(); c < 1 || c > PeriodsMax {
		return time.Time{}, 0, badTerms("%d periods; there must be 1 to %d", c, PeriodsMax)
	}
	first, count := fromNanos(from.Value.AsTime()), int(n.Value.AsInt())
	if last := boundary(d.every, first, count); last.After(lastMoment) {
		return time.Time{}, 0, badTerms("%d periods from %s would end on %s; they must end before %s",
			count, FormatTime(first), FormatTime(last), FormatTime(lastMoment))
	}
	return first, count, nil
}

// boundary is the start of period k, and the end of period k-1, of periods
// that begin at from. Months and years are counted from the start, not from
// the period before: 31 January, 28 February, 31 March.
func boundary(every pb.Every, from time.Time, k int) time.Time {
	switch every {
	case pb.Every_DAY:
		return from.Add(time.Duration(k) * 24 * time.Hour)
	case pb.Every_WEEK:
		return from.Add(time.Duration(k) * 7 * 24 * time.Hour)
	case pb.Every_YEAR:
		k *= 12
	}
	y, m, day := from.Date()
	first := time.Date(y, m+time.Month(k), 1, from.Hour(), from.Minute(), from.Second(), from.Nanosecond(), time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(day, last)-1)
}

// PeriodBounds returns the start and end of p's period k, from 0, and how many
// periods there are; ok is false for a template without periods.
func (c *Contract) PeriodBounds(p *pb.Promise, k int) (start, end time.Time, count int, ok bool) {
	if c.periods == nil {
		return
	}
	in := &rule.Input{Terms: c.ruleTerms(p)}
	from, count, err := c.periods.at(c.timeless(in))
	if err != nil {
		return
	}
	return boundary(c.periods.every, from, k), boundary(c.periods.every, from, k+1), count, true
}

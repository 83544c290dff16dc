package contract

import (
	"fmt"
	"strings"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
)

// stepsMax bounds a simulation: more than any promise within the limits takes.
const stepsMax = 4*PeriodsMax + 8*RulesMax + 2*FactsMax*RulesMax

// dawn is before any time that a term or a fact can hold.
var dawn = time.Date(yearMin-1, 1, 1, 0, 0, 0, 0, time.UTC)

// surelyEnds runs a copy of p through time with no fact at all, and says what
// would stay held for ever.
func (c *Contract) surelyEnds(p *pb.Promise) error {
	q := p.CloneVT()
	q.State = pb.PromiseState_ACTIVE
	m := &meter{left: beginCostMax}
	if !c.runOut(q, nil, dawn, m) {
		if m.spent() {
			return badTerms("with these terms the promise takes too many steps; shorten it")
		}
		return badTerms("with these terms and no facts nothing ever ends the promise%s", stuck(q))
	}
	return nil
}

// runOut lets time pass until p has settled, or nothing more can happen.
func (c *Contract) runOut(p *pb.Promise, facts []FactView, now time.Time, m *meter) bool {
	for range stepsMax {
		f, wake, err := c.next(p, facts, now, m)
		switch {
		case err != nil, m.spent():
			return false
		case f != nil && f.Asserts:
			c.Assert(p, f, now)
		case f != nil:
			c.fire(p, f, now, pb.Settlement_DEADLINE)
			if p.State == pb.PromiseState_SETTLED {
				return true
			}
		case wake.IsZero():
			return false
		default:
			now = wake
		}
	}
	return false
}

// stuck names the holds that still have something.
func stuck(p *pb.Promise) string {
	var names []string
	for _, h := range p.Holds {
		if h.Put > h.Paid {
			names = append(names, h.Name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf(": %s would be held for ever", strings.Join(names, " and "))
}

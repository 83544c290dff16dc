package contract

import "github.com/troth-ledger/troth/ledger/promise/rule"

// What a template may cost, in CEL cost units: a unit is some tens of
// nanoseconds.
const (
	// CostMax bounds one look at a promise with FactsMax facts: all conditions
	// and legs together.
	CostMax = 400_000
	// publishCostMax bounds the checks and the examples of one template
	// together.
	publishCostMax = 4_000_000
)

// meter bounds evaluations whose number a user can lengthen. It counts what an
// expression can cost at most with the facts there are, not what it took: that
// is the same on every node. A nil meter counts nothing.
type meter struct{ left int64 }

// allow charges one evaluation and reports whether it may be made.
func (m *meter) allow(p *rule.Program, facts int) bool {
	if m == nil {
		return true
	}
	m.left -= 8 + int64(p.CostMax())*int64(facts+1)/(FactsMax+1)
	return m.left >= 0
}

// spent reports whether nothing is left.
func (m *meter) spent() bool { return m != nil && m.left < 0 }

package contract

import (
	"fmt"
	"strings"

	"github.com/troth-ledger/troth/gen/pb"
)

// RunExamples plays every example and reports those that don't come out as
// they say, with code EXAMPLE_FAILED.
func (c *Contract) RunExamples() []Problem {
	var out []Problem
	m := &meter{left: publishCostMax}
	for i := range c.t.Examples {
		_, msg := c.runExample(i, nil, m)
		code := pb.Code_EXAMPLE_FAILED
		if m.spent() {
			code, msg = pb.Code_TOO_COSTLY, "the examples up to this one take too much work; use fewer facts, or simpler conditions"
		}
		if msg != "" {
			out = append(out, Problem{Path: fmt.Sprintf("examples[%d]", i), Code: code, Msg: msg})
		}
		if m.spent() {
			break
		}
	}
	return out
}

// RunExample plays example i. The text says how it differs from what it
// expects; it is empty where it comes out as it says. decimals may be nil.
func (c *Contract) RunExample(i int, decimals Decimals) (*Result, string) {
	return c.runExample(i, decimals, &meter{left: publishCostMax})
}

func (c *Contract) runExample(i int, decimals Decimals, m *meter) (*Result, string) {
	x := c.t.Examples[i]
	if decimals == nil {
		decimals = ISODecimals
	}
	r, err := c.simulate(ExampleCase(x, decimals), m)
	if err != nil {
		return nil, err.Error()
	}
	var wrong []string
	if r.Outcome != x.Outcome {
		wrong = append(wrong, fmt.Sprintf("expected %s, got %s%s", OutcomeWord(x.Outcome), OutcomeWord(r.Outcome), byRule(r.Rule)))
	}
	if x.Rule != "" && r.Rule != x.Rule {
		wrong = append(wrong, fmt.Sprintf("expected it to end by “%s”, got “%s”", x.Rule, r.Rule))
	}
	for _, want := range x.Paid {
		wrong = append(wrong, comparePaid(want, r, decimals)...)
	}
	return r, strings.Join(wrong, "; ")
}

func byRule(rule string) string {
	if rule == "" {
		return ""
	}
	return " by “" + rule + "”"
}

// ExampleCase is an example as a case to simulate.
func ExampleCase(x *pb.Example, decimals Decimals) Case {
	return Case{Terms: x.Given, Facts: x.Facts, Start: moment(x.Start), Until: moment(x.Until), Decimals: decimals}
}

// comparePaid compares what a role was paid, asset by asset. An asset that the
// example doesn't name must not have been paid.
func comparePaid(want *pb.RoleAmounts, r *Result, decimals Decimals) []string {
	var wrong []string
	named := map[string]bool{}
	for _, v := range want.Amounts {
		a := v.GetAmount()
		named[a.GetAsset()] = true
		if got := r.PaidTo(want.Role, a.GetAsset()); got != a.GetUnits() {
			wrong = append(wrong, fmt.Sprintf("expected %s to be paid %s, got %s", want.Role,
				FormatAmount(a.GetUnits(), decimals(a.GetAsset()), a.GetAsset()),
				FormatAmount(got, decimals(a.GetAsset()), a.GetAsset())))
		}
	}
	for _, t := range r.Paid {
		if t.Name == want.Role && t.Units != 0 && !named[t.Asset] {
			wrong = append(wrong, fmt.Sprintf("%s was also paid %s", want.Role, FormatAmount(t.Units, decimals(t.Asset), t.Asset)))
		}
	}
	return wrong
}

// PaidTo is what a role was paid of an asset, in minor units.
func (r *Result) PaidTo(role, asset string) int64 {
	for _, t := range r.Paid {
		if t.Name == role && t.Asset == asset {
			return t.Units
		}
	}
	return 0
}

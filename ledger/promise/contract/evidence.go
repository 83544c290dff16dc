package contract

import (
	"slices"

	"github.com/troth-ledger/troth/ledger/promise/rule"
)

// evidenceMax is the most facts of which each is tried for whether it mattered.
const evidenceMax = 16

// decidedOn lists the facts behind a clause that holds: the fact it fired for,
// or else those of the kinds it names without which the clause would not hold
// or a leg would come to something else. Where no single one matters, several
// say the same, and all of those kinds are listed.
func (s *step) decidedOn(x *clause, n int) []string {
	if n >= 0 {
		return []string{s.views[s.seen.at[n]].Fact.Id}
	}
	var of []int
	for i := range s.seen.facts {
		if contains(x.kinds, s.seen.facts[i].Kind) {
			of = append(of, i)
		}
	}
	if len(of) > 1 && len(of) <= evidenceMax {
		var matter []int
		for _, i := range of {
			if !s.meter.spent() && s.matters(x, i) {
				matter = append(matter, i)
			}
		}
		if len(matter) > 0 {
			of = matter
		}
	}
	var out []string
	for _, i := range of {
		out = append(out, s.views[s.seen.at[i]].Fact.Id)
	}
	return out
}

// matters reports whether the clause comes out differently without fact i.
func (s *step) matters(x *clause, i int) bool {
	without := s.in
	without.Fact = nil
	without.Facts = slices.Delete(slices.Clone(s.seen.facts), i, i+1)
	if x.cond != nil && s.meter.allow(x.cond, 2*len(s.seen.facts)) && !same(x.cond, &s.in, &without) {
		return true
	}
	for _, l := range x.legs {
		if l.prog != nil && s.meter.allow(l.prog, 2*len(s.seen.facts)) && !same(l.prog, &s.in, &without) {
			return true
		}
	}
	return false
}

func same(p *rule.Program, a, b *rule.Input) bool {
	x, errX := p.Eval(a)
	y, errY := p.Eval(b)
	return (errX == nil) == (errY == nil) && (errX != nil || x.Value.Equal(y.Value))
}

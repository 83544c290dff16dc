package contract

import (
	"sort"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/promise/rule"
)

// spot is an edge with its value in one case.
type spot struct {
	edge
	at rule.Value
}

// gaps looks between neighbouring edges of one field for values at which no
// rule holds although different rules hold below and above.
func (pr *prober) gaps(p *pb.Promise, spots []spot) {
	byField := map[string][]spot{}
	var fields []string
	for _, s := range spots {
		if byField[s.field] == nil {
			fields = append(fields, s.field)
		}
		byField[s.field] = append(byField[s.field], s)
	}
	for _, f := range fields {
		list := byField[f]
		sort.SliceStable(list, func(i, j int) bool { return place(list[i].at) < place(list[j].at) })
		for i := 1; i < len(list); i++ {
			if lo, hi := list[i-1], list[i]; lo.at.Kind() == hi.at.Kind() && place(hi.at)-place(lo.at) > 1 {
				pr.between(p, lo, hi)
			}
		}
	}
}

// between probes below lo, in the middle and above hi.
func (pr *prober) between(p *pb.Promise, lo, hi spot) {
	middle := (place(hi.at) - place(lo.at)) / 2
	pr.eachFact(p, lo.field, func(v FactView, period int) {
		below := pr.with(p, lo.field, shift(lo.at, -1), v, period)
		inside := pr.with(p, lo.field, shift(lo.at, middle), v, period)
		above := pr.with(p, lo.field, shift(hi.at, 1), v, period)
		if inside != 0 || pr.meter.spent() {
			return
		}
		for i := range pr.c.rules {
			for j := range pr.c.rules {
				x, y := &pr.c.rules[i], &pr.c.rules[j]
				if below&(1<<i) != 0 && above&(1<<j) != 0 && !sameResult(x, y) && gapSeverity(x, y) == Error {
					pr.add(Warning, hi.path, hi.line, hi.col, "where %s is between %s and %s no rule holds; below it is %q, above it is %q",
						lo.field, formatProbe(shift(lo.at, 0)), formatProbe(shift(hi.at, 0)), x.name, y.name)
				}
			}
		}
	})
}

// place is a value's place on the line of its kind.
func place(v rule.Value) int64 {
	switch v.Kind() {
	case rule.KindTime:
		return v.AsTime()
	case rule.KindDuration:
		return int64(v.AsDuration())
	case rule.KindAmount:
		_, units := v.AsAmount()
		return units
	}
	return v.AsInt()
}

package contract

import (
	"math/bits"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/promise/rule"
)

// What can bound a leg, as its record says it. The scopes of caps are the
// other values.
const (
	boundHold  = "hold"  // the hold had less
	boundZero  = "zero"  // it came to less than nothing
	boundError = "error" // it couldn't be computed; nothing is paid
)

var scopeWords = [...]string{"total", "claim", "period", "year"}

// restFormula is the formula of what a residual payee gets.
const restFormula = "rest"

// till is the holds while a firing is computed.
type till struct {
	left, start [HoldsMax]int64
	caps        [CapsMax]capState
}

type capState struct {
	asset string
	bound int64
	used  int64
	scope uint32
}

// pay computes the legs of a firing and, if it ends the promise, what residual
// payees get. Nothing in the promise changes.
func (s *step) pay(f *Firing, legs []leg, n int) {
	var t till
	for i, h := range s.p.Holds {
		t.left[i] = h.Put - h.Paid
		t.start[i] = t.left[i]
	}
	s.loadCaps(&t, legs)
	f.Legs = make([]*pb.Payout, 0, len(legs)+len(s.c.holds))
	for i := range legs {
		f.Legs = append(f.Legs, s.payLeg(&t, &legs[i], n))
	}
	if f.Ends {
		for i := range s.c.holds {
			if t.left[i] > 0 {
				f.Legs = append(f.Legs, s.payout(i, s.c.holds[i].residual(), t.left[i], restFormula))
				t.left[i] = 0
			}
		}
	}
	f.caps = s.capUse(&t, legs)
}

// residual is who gets what is left. Compile sees to it that a hold without a
// residual payee is empty by then; its own side is the last resort.
func (h *hold) residual() string {
	if h.rest != "" {
		return h.rest
	}
	return h.from
}

func (s *step) payout(hold int, role string, units int64, formula string) *pb.Payout {
	return &pb.Payout{Hold: s.c.holds[hold].name, Role: role, Asset: s.p.Holds[hold].Asset,
		Units: units, Formula: formula, Computed: units}
}

// payLeg computes one leg and takes it out of the till.
func (s *step) payLeg(t *till, l *leg, n int) *pb.Payout {
	units, ok := s.compute(t, l, n)
	out := s.payout(l.hold, l.to, units, l.text)
	switch {
	case !ok:
		out.Units, out.Computed, out.BoundedBy = 0, 0, boundError
	case units < 0:
		out.Units, out.BoundedBy = 0, boundZero
	case units > t.left[l.hold]:
		out.Units, out.BoundedBy = t.left[l.hold], boundHold
	}
	for i := range s.c.caps {
		k := &t.caps[i]
		if s.c.t.Caps[i].To != l.to || k.asset != out.Asset {
			continue
		}
		if room := max(0, k.bound-k.used); out.Units > room {
			out.Units, out.BoundedBy = room, scopeWords[s.c.t.Caps[i].Scope]
		}
	}
	for i := range s.c.caps {
		if k := &t.caps[i]; s.c.t.Caps[i].To == l.to && k.asset == out.Asset {
			k.used += out.Units
		}
	}
	t.left[l.hold] -= out.Units
	return out
}

// compute is a leg's amount before anything bounds it.
func (s *step) compute(t *till, l *leg, n int) (int64, bool) {
	switch l.form {
	case formAll, formRest:
		return t.left[l.hold], true
	case formPortion:
		return floorPortion(t.start[l.hold], l.num, l.den), true
	}
	if !s.meter.allow(l.prog, len(s.seen.facts)) {
		return 0, false
	}
	r, err := l.prog.Eval(s.input(n))
	if err != nil {
		return 0, false
	}
	if r.Value.Kind() == rule.KindInt {
		return r.Value.AsInt(), true
	}
	asset, units := r.Value.AsAmount()
	return units, asset == s.p.Holds[l.hold].Asset
}

// floorPortion is units times num over den, floored, for 0 <= num <= den.
func floorPortion(units, num, den int64) int64 {
	hi, lo := bits.Mul64(uint64(units), uint64(num))
	q, _ := bits.Div64(hi, lo, uint64(den))
	return int64(q)
}

// loadCaps reads what each cap allows and has used in the scope we are in.
func (s *step) loadCaps(t *till, legs []leg) {
	for i, prog := range s.c.caps {
		k := &t.caps[i]
		asset, bound, err := evalAmount(prog, s.input(-1))
		if err != nil {
			continue // Begin has refused terms for which this could happen
		}
		k.asset, k.bound, k.scope = asset, bound, s.capScope(i)
		for _, u := range s.p.Caps {
			if u.Cap == uint32(i) && u.Scope == k.scope {
				k.used = u.Units
			}
		}
	}
}

// capScope is the period or year that cap i counts for now.
func (s *step) capScope(i int) uint32 {
	switch s.c.t.Caps[i].Scope {
	case pb.CapDef_PERIOD:
		return s.p.Period
	case pb.CapDef_YEAR:
		return s.p.Period / 12
	}
	return 0
}

// capUse is what the promise's books will say about caps. An entry for a scope
// that is over is dropped; one for a claim is never kept.
func (s *step) capUse(t *till, legs []leg) []*pb.CapUse {
	var out []*pb.CapUse
	for i := range s.c.caps {
		if k := &t.caps[i]; s.c.t.Caps[i].Scope != pb.CapDef_CLAIM && k.used > 0 {
			out = append(out, &pb.CapUse{Cap: uint32(i), Scope: k.scope, Units: k.used})
		}
	}
	return out
}

package contract

import (
	"fmt"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
)

// CancelClause returns the first cancellation clause of role that holds now,
// as a firing, or nil where the terms let role not cancel now.
func (c *Contract) CancelClause(p *pb.Promise, facts []FactView, role string, now time.Time) (*Firing, error) {
	s, err := c.newStep(p, facts, now)
	if err != nil {
		return nil, err
	}
	for i := range c.cancel {
		x := &c.cancel[i]
		if x.by != role || !s.holds(x, -1) {
			continue
		}
		f := &Firing{Rule: -1, Name: x.name, When: x.when, Period: -1, Fact: -1, Outcome: x.outcome,
			Ends: true, Cause: pb.Settlement_CANCELLATION, Facts: s.decidedOn(x, -1)}
		s.pay(f, x.legs, -1)
		return f, nil
	}
	return nil, nil
}

// Restore gives everything that is in p's holds back to who put it in: an
// offer that was declined, withdrawn or not accepted in time (outcome EXPIRED
// or DISCHARGED). A hold that was not filled yet must have put 0.
func (c *Contract) Restore(p *pb.Promise, outcome pb.Outcome) *Firing {
	f := &Firing{Rule: -1, Name: "not accepted", Period: -1, Fact: -1, Outcome: outcome, Ends: true,
		Cause: pb.Settlement_NOT_ACCEPTED, caps: p.Caps}
	c.giveBack(p, f)
	return f
}

// Release shares what is held as all sides agreed; what they don't name goes
// back to who put it in. The error is a *Fault with BAD_SHARES.
func (c *Contract) Release(p *pb.Promise, shares []*pb.AgreedPayout) (*Firing, error) {
	f := &Firing{Rule: -1, Name: "all sides agreed", Period: -1, Fact: -1, Outcome: pb.Outcome_DISCHARGED,
		Ends: true, Cause: pb.Settlement_AGREEMENT, caps: p.Caps}
	if len(shares) > RolesMax*HoldsMax {
		return nil, badShares("%d shares, the most is %d", len(shares), RolesMax*HoldsMax)
	}
	var shared [HoldsMax]int64
	for _, x := range shares {
		i := c.holdNamed(x.Hold)
		switch {
		case i < 0 || i >= len(p.Holds):
			return nil, badShares("there is no hold %q", x.Hold)
		case !c.hasRole(x.To):
			return nil, badShares("there is no role %q", x.To)
		}
		h := p.Holds[i]
		if x.Units < 0 || x.Units > h.Put-h.Paid-shared[i] {
			return nil, badShares("hold %q has %d minor units left for a share of %d", x.Hold, h.Put-h.Paid-shared[i], x.Units)
		}
		shared[i] += x.Units
		f.Legs = append(f.Legs, &pb.Payout{Hold: x.Hold, Role: x.To, Asset: h.Asset, Units: x.Units,
			Formula: "agreed", Computed: x.Units})
	}
	c.giveBack(p, f)
	return f, nil
}

func badShares(format string, a ...any) *Fault {
	return &Fault{Code: pb.Code_BAD_SHARES, Msg: fmt.Sprintf(format, a...)}
}

// giveBack adds what f's legs leave of each hold, to the role it is from.
func (c *Contract) giveBack(p *pb.Promise, f *Firing) {
	for i, h := range p.Holds {
		left := h.Put - h.Paid
		for _, l := range f.Legs {
			if l.Hold == h.Name {
				left -= l.Units
			}
		}
		if left > 0 {
			f.Legs = append(f.Legs, &pb.Payout{Hold: h.Name, Role: c.holds[i].from, Asset: h.Asset,
				Units: left, Formula: restFormula, Computed: left})
		}
	}
}

func (c *Contract) holdNamed(name string) int {
	for i := range c.holds {
		if c.holds[i].name == name {
			return i
		}
	}
	return -1
}

func (c *Contract) hasRole(name string) bool {
	for _, r := range c.t.Roles {
		if r.Name == name {
			return true
		}
	}
	return false
}

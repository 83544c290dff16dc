package contract

import "github.com/troth-ledger/troth/gen/pb"

// The names of the holds that bonds are in, as payouts of Bonds say them. No
// template's hold has such a name.
const (
	ChallengeBond = "#challenge"
	AnswerBond    = "#answer"
)

// Bonds says who gets the bonds of the challenge that f resolves, with f not
// fired yet: whoever the ruling is for gets their own back and the other's,
// less the arbiter's fee. Where no ruling was made (the challenge was not
// answered, the arbiter kept silent, all sides agreed, it was cancelled) each
// gets their own back: silence costs the claim, not the bond. It is empty where
// nobody put down a bond.
//
// A bond is due back whenever its challenge is resolved, also where the promise
// goes on.
func (c *Contract) Bonds(p *pb.Promise, f *Firing) []*pb.Payout {
	a := p.Assertion
	if a == nil || a.Challenger == "" || a.Bond == nil {
		return nil
	}
	pay := func(hold, role string, units int64, formula string) *pb.Payout {
		return &pb.Payout{Hold: hold, Role: role, Asset: a.Bond.Asset, Units: units, Computed: units, Formula: formula}
	}
	out := []*pb.Payout{pay(ChallengeBond, a.Challenger, a.Bond.Units, "bond")}
	if a.Answerer == "" {
		return out
	}
	out = append(out, pay(AnswerBond, a.Answerer, a.Bond.Units, "bond"))
	if f.Cause != pb.Settlement_RULING {
		return out
	}
	winner, lost := a.Answerer, 0
	if f.Rule == int(a.Claim) {
		winner, lost = a.Challenger, 1
	}
	out[lost].Role, out[lost].Formula = winner, "the loser's bond"
	if d, ok := c.Dispute(p); ok && d.Fee != nil {
		out[lost].Units -= d.Fee.Units
		out[lost].Computed = out[lost].Units
		out = append(out, pay(out[lost].Hold, d.Arbiter, d.Fee.Units, "fee"))
	}
	return out
}

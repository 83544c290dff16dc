package promise

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/asset"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/promise/contract"
)

// Names of the holds that bonds are in; no template's hold has such a name.
const (
	challengeBond = "#challenge"
	answerBond    = "#answer"
)

// bondPayouts says who gets the bonds of a dispute that f ends: whoever was
// right gets their own back and the other's, less the arbiter's fee out of the
// loser's. An arbiter's silence decides nothing, so both get their own.
// Releases and cancellations give both back, too.
func bondPayouts(p *pb.Promise, k *contract.Contract, f *contract.Firing) []*pb.Payout {
	a := p.Assertion
	if a == nil || a.Challenger == "" || a.Bond == nil || !f.Ends {
		return nil
	}
	pay := func(hold, role string, units int64, formula string) *pb.Payout {
		return &pb.Payout{Hold: hold, Role: role, Asset: a.Bond.Asset, Units: units, Computed: units, Formula: formula}
	}
	out := []*pb.Payout{pay(challengeBond, a.Challenger, a.Bond.Units, "bond")}
	if a.Answerer != "" {
		out = append(out, pay(answerBond, a.Answerer, a.Bond.Units, "bond"))
	}
	if f.Cause != pb.Settlement_RULING {
		return out
	}
	winner, loser := a.Answerer, 0
	if f.Rule == int(a.Claim) {
		winner, loser = a.Challenger, 1
	}
	out[loser].Role, out[loser].Formula = winner, "the loser's bond"
	if d, ok := k.Dispute(p); ok && d.Fee != nil && d.Arbiter != "" {
		out[loser].Units -= d.Fee.Units
		out = append(out, pay(out[loser].Hold, d.Arbiter, d.Fee.Units, "fee"))
	}
	return out
}

// payBonds moves what bondPayouts said.
func payBonds(c *op.Context, k *contract.Contract, p *pb.Promise, payouts []*pb.Payout) []*pb.Payout {
	for _, leg := range payouts {
		leg.To = payee(c, k.Template(), p, leg.Role)
		if leg.Units == 0 {
			continue
		}
		if err := asset.Release(c, holdID(p, leg.Hold), leg.To, leg.Units); err != nil {
			panic("promise: paying a bond: " + err.Error())
		}
	}
	return payouts
}

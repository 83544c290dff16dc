package promise

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/asset"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/promise/contract"
)

// putDown sets a bond of the signer's aside.
func putDown(c *op.Context, p *pb.Promise, name string, bond *pb.Amount) error {
	if bond == nil {
		return nil
	}
	return asset.Hold(c, bondID(p, name), c.Signer, bond.Asset, bond.Units, p.Id)
}

// bonds says who gets the bonds of a dispute that f resolves. A bond belongs to
// the party that put it down, not to its role: a device's owner can change
// while a dispute about it lasts.
func bonds(c *op.Context, k *contract.Contract, p *pb.Promise, f *contract.Firing) []*pb.Payout {
	payouts := k.Bonds(p, f)
	for _, leg := range payouts {
		switch leg.Role {
		case p.Assertion.Challenger:
			leg.To = whose(c, bondID(p, contract.ChallengeBond))
		case p.Assertion.Answerer:
			leg.To = whose(c, bondID(p, contract.AnswerBond))
		default:
			leg.To = inRole(c.State, k.Template(), p, leg.Role)
		}
	}
	return payouts
}

// whose is the party whose money is in a hold.
func whose(c *op.Context, id string) string {
	h, _ := asset.GetHold(c.State, id)
	return h.GetParty()
}

// payBonds moves what bonds said.
func payBonds(c *op.Context, p *pb.Promise, payouts []*pb.Payout) error {
	for _, leg := range payouts {
		if leg.Units == 0 {
			continue
		}
		if err := asset.Release(c, bondID(p, leg.Hold), leg.To, leg.Units); err != nil {
			return err
		}
	}
	return nil
}

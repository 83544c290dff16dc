package promise

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/asset"
	"github.com/troth-ledger/troth/ledger/op"
)

var _ = op.Register(checkDeposit, applyDeposit)

func checkDeposit(m *pb.DepositRequest) error {
	if len(m.Hold) > 64 || len(m.Asset) > 64 {
		return op.Errorf(pb.Code_TOO_LARGE, "the names of a hold and of an asset have at most 64 bytes")
	}
	if m.Units <= 0 {
		return op.Errorf(pb.Code_BAD_AMOUNT, "%d is not an amount above zero", m.Units)
	}
	return checkPromise(m.Promise)
}

func applyDeposit(c *op.Context, m *pb.DepositRequest) (*pb.DepositResponse, error) {
	p, k, err := load(c, m.Promise)
	if err != nil {
		return nil, err
	}
	if p.State != pb.PromiseState_ACTIVE {
		return nil, op.Errorf(pb.Code_WRONG_STATE, "the promise %s is %s; only one in force takes deposits", p.Id, p.State)
	}
	h := holdOf(p, m.Hold)
	if h == nil {
		return nil, op.Errorf(pb.Code_NOT_FOUND, "the promise has no hold %q", clip(m.Hold))
	}
	for i, d := range k.Template().Holds {
		if p.Holds[i] != h {
			continue
		}
		if d.Amount != "" || d.Pool {
			return nil, op.Errorf(pb.Code_NOT_IN_TERMS, "the hold %q is not fed by deposits", m.Hold)
		}
		if !isParty(binding(p, d.From), c.Signer) {
			return nil, op.Errorf(pb.Code_NOT_YOURS, "only the %s pays into %q", d.From, m.Hold)
		}
	}
	if h.Asset == "" {
		if !inTerms(p, m.Asset) {
			return nil, op.Errorf(pb.Code_BAD_TERMS, "the promise's terms speak of no %q", clip(m.Asset))
		}
		h.Asset, h.Party = m.Asset, c.Signer
	}
	if m.Asset != "" && m.Asset != h.Asset || h.Party != c.Signer {
		return nil, op.Errorf(pb.Code_BAD_TERMS, "the hold %q takes %s of %s, not %s of %s", m.Hold, h.Asset, h.Party, clip(m.Asset), c.Signer)
	}
	if h.Put > asset.UnitsMax-m.Units {
		return nil, op.Errorf(pb.Code_OVERFLOW, "%d more than the %d paid in so far is more than there can be", m.Units, h.Put)
	}
	if err := asset.Hold(c, holdID(p, h.Name), c.Signer, h.Asset, m.Units, p.Id); err != nil {
		return nil, err
	}
	h.Put += m.Units
	left := h.Put - h.Paid
	evaluate(c, k, p, pb.Settlement_REQUEST)
	put(c, p)
	return &pb.DepositResponse{Left: left}, nil
}

// inTerms says whether an asset occurs in a promise's amounts.
func inTerms(p *pb.Promise, assetID string) bool {
	for _, v := range p.Terms {
		if a := v.GetAmount(); a != nil && a.Asset == assetID {
			return true
		}
	}
	return false
}

package promise

import (
	"slices"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/asset"
	"github.com/troth-ledger/troth/ledger/op"
)

var _ = op.Register(checkDeposit, applyDeposit)

func checkDeposit(m *pb.DepositRequest) error {
	if len(m.Hold) > nameMax || len(m.Asset) > nameMax {
		return op.Errorf(pb.Code_TOO_LARGE, "the names of a hold and of an asset have at most %d bytes", nameMax)
	}
	if err := asset.CheckUnits(m.Units); err != nil {
		return err
	}
	return checkPromise(m.Promise)
}

// applyDeposit pays into a hold of a promise in force, and lets the rules look
// at it. Errors: NOT_FOUND, NOT_YOURS, WRONG_STATE, WRONG_TIME, NOT_IN_TERMS for
// a hold drawn from a pool, BAD_TERMS for another asset or a payer whose money
// would mix with another's, BAD_AMOUNT and those of asset.SetAside.
func applyDeposit(c *op.Context, m *pb.DepositRequest) (*pb.DepositResponse, error) {
	p, k, err := load(c, m.Promise)
	if err != nil {
		return nil, err
	}
	if err := inForce(c, p); err != nil {
		return nil, err
	}
	h := holdOf(p, m.Hold)
	if h == nil {
		return nil, op.Errorf(pb.Code_NOT_FOUND, "the promise has no hold %q", clip(m.Hold))
	}
	role := holdDef(k.Template(), m.Hold).From
	if !isIn(c.State, k.Template(), p, role, c.Signer) {
		return nil, op.Errorf(pb.Code_NOT_YOURS, "only the %s pays into %q", role, m.Hold)
	}
	amount := &pb.Amount{Asset: h.Asset, Units: m.Units}
	if h.Asset == "" {
		amount.Asset = m.Asset
	}
	if err := fits(p, h, m.Asset, c.Signer); err != nil {
		return nil, err
	}
	if err := k.Deposit(p, role, m.Hold, amount); err != nil {
		return nil, numbered(err)
	}
	h.Party = c.Signer
	if err := asset.SetAside(c, c.Signer, h.Asset, m.Units); err != nil {
		return nil, err
	}
	p.Agreement = nil // there is more to share now
	left := h.Put - h.Paid
	evaluate(c, k, p, pb.Settlement_DEPOSIT, c.Now)
	put(c, p)
	return &pb.DepositResponse{Left: left}, nil
}

// fits says why a hold takes no money of an asset from a party.
func fits(p *pb.Promise, h *pb.PromiseHold, assetID, who string) error {
	switch {
	case h.Asset == "" && !inTerms(p, assetID):
		return op.Errorf(pb.Code_BAD_TERMS, "the promise's terms speak of no %q", clip(assetID))
	case h.Asset != "" && assetID != "" && assetID != h.Asset:
		return op.Errorf(pb.Code_BAD_TERMS, "the hold %q is in %s, not in %s", h.Name, h.Asset, clip(assetID))
	case h.Party != "" && h.Party != who && h.Put > h.Paid:
		return op.Errorf(pb.Code_BAD_TERMS, "the hold %q still has %d of %s, with which yours can't mix", h.Name, h.Put-h.Paid, h.Party)
	}
	return nil
}

// inTerms says whether an asset occurs in a promise's amounts.
func inTerms(p *pb.Promise, assetID string) bool {
	return slices.ContainsFunc(p.Terms, func(v *pb.Value) bool {
		return v.GetAmount() != nil && v.GetAmount().Asset == assetID
	})
}

package asset

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/party"
)

var _ = op.Register(checkFreezeHolding, applyFreezeHolding)

func checkFreezeHolding(m *pb.FreezeHoldingRequest) error {
	return first(checkAsset(m.Asset), checkParty("party", m.Party))
}

// applyFreezeHolding stops or allows spending. An empty holding can be frozen
// too, or a party could receive and pass on in one breath.
func applyFreezeHolding(c *op.Context, m *pb.FreezeHoldingRequest) (*pb.FreezeHoldingResponse, error) {
	if _, err := party.Get(c.State, m.Party); err != nil {
		return nil, err
	}
	a, err := ownAsset(c, m.Asset)
	if err != nil {
		return nil, err
	}
	h := own(c.State, m.Party, a.Id)
	switch {
	case !h.Frozen && m.Thaw:
		return nil, op.Errorf(pb.Code_WRONG_STATE, "%s's holding of %s is not frozen", m.Party, a.Id)
	case h.Frozen && !m.Thaw:
		return nil, op.Errorf(pb.Code_WRONG_STATE, "%s's holding of %s is frozen already", m.Party, a.Id)
	case !a.Freezable:
		return nil, op.Errorf(pb.Code_NOT_FREEZABLE, "%s was created without the right to freeze it, and never gets it", a.Id)
	}
	h.Frozen = !m.Thaw
	put(c.State, h)
	return &pb.FreezeHoldingResponse{}, nil
}

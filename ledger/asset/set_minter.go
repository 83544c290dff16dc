package asset

import (
	"slices"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/party"
	"github.com/troth-ledger/troth/ledger/state"
)

var _ = op.Register(checkSetMinter, applySetMinter)

func checkSetMinter(m *pb.SetMinterRequest) error {
	return first(checkAsset(m.Asset), checkParty("party", m.Party))
}

func applySetMinter(c *op.Context, m *pb.SetMinterRequest) (*pb.SetMinterResponse, error) {
	if _, err := party.Get(c.State, m.Party); err != nil {
		return nil, err
	}
	a, err := ownAsset(c, m.Asset)
	if err != nil {
		return nil, err
	}
	i := slices.Index(a.Minters, m.Party)
	switch {
	case m.Stop && i < 0:
		return nil, op.Errorf(pb.Code_NOT_FOUND, "%s is not a minter of %s", m.Party, a.Id)
	case m.Stop:
		a.Minters = slices.Delete(a.Minters, i, i+1)
	case i >= 0 || m.Party == a.Issuer:
		return nil, op.Errorf(pb.Code_EXISTS, "%s may issue %s already", m.Party, a.Id)
	case len(a.Minters) >= MintersMax:
		return nil, op.Errorf(pb.Code_LIMIT, "%s has %d minters, which is the most", a.Id, MintersMax)
	default:
		a.Minters = append(a.Minters, m.Party)
	}
	Assets.Put(c.State, state.Key(a.Id), a)
	return &pb.SetMinterResponse{}, nil
}

// ownAsset returns an asset of the signer's, to be changed and put. It returns
// NOT_FOUND or NOT_YOURS.
func ownAsset(c *op.Context, id string) (*pb.Asset, error) {
	a, ok := Assets.Get(c.State, state.Key(id))
	if !ok {
		return nil, op.Errorf(pb.Code_NOT_FOUND, "there is no asset %s", id)
	}
	if a.Issuer != c.Signer {
		return nil, op.Errorf(pb.Code_NOT_YOURS, "%s was created by %s, not by %s", id, a.Issuer, c.Signer)
	}
	return a, nil
}

package asset

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

var _ = op.Register(checkBurn, applyBurn)

func checkBurn(m *pb.BurnRequest) error { return CheckAmount(m.Amount) }

func applyBurn(c *op.Context, m *pb.BurnRequest) (*pb.BurnResponse, error) {
	a, ok := Assets.Get(c.State, state.Key(m.Amount.Asset))
	if !ok {
		return nil, op.Errorf(pb.Code_NOT_FOUND, "there is no asset %s", m.Amount.Asset)
	}
	if err := Spend(c, c.Signer, a.Id, m.Amount.Units); err != nil {
		return nil, err
	}
	a.Supply -= m.Amount.Units
	Assets.Put(c.State, state.Key(a.Id), a)
	return &pb.BurnResponse{}, nil
}

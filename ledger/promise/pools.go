package promise

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/asset"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

var (
	_ = op.Register(checkCreatePool, applyCreatePool)
	_ = op.Register(checkFundPool, applyFundPool)
	_ = op.Register(checkDrawPool, applyDrawPool)
)

func checkCreatePool(m *pb.CreatePoolRequest) error {
	if len(m.Label) > 64 {
		return op.Errorf(pb.Code_TOO_LARGE, "a label has at most 64 bytes")
	}
	return asset.CheckAmount(m.Amount)
}

// applyCreatePool sets money aside for promises to come. It stays the owner's,
// in a hold that only the pool's promises and DrawPool touch.
func applyCreatePool(c *op.Context, m *pb.CreatePoolRequest) (*pb.CreatePoolResponse, error) {
	p := &pb.Pool{Id: c.NewID("pl", 0), Owner: c.Signer, Asset: m.Amount.Asset, Units: m.Amount.Units, Label: m.Label}
	if err := asset.Hold(c, p.Id, c.Signer, p.Asset, p.Units, p.Id); err != nil {
		return nil, err
	}
	Pools.Put(c.State, state.Key(p.Id), p)
	return &pb.CreatePoolResponse{Pool: p.Id}, nil
}

func checkFundPool(m *pb.FundPoolRequest) error {
	if m.Units <= 0 {
		return op.Errorf(pb.Code_BAD_AMOUNT, "%d is not an amount above zero", m.Units)
	}
	return checkID("pl", "pool", m.Pool)
}

func applyFundPool(c *op.Context, m *pb.FundPoolRequest) (*pb.FundPoolResponse, error) {
	p, err := ownPool(c, m.Pool)
	if err != nil {
		return nil, err
	}
	if p.Units > asset.UnitsMax-m.Units {
		return nil, op.Errorf(pb.Code_OVERFLOW, "%d more than the pool's %d is more than there can be", m.Units, p.Units)
	}
	if err := asset.Hold(c, p.Id, c.Signer, p.Asset, m.Units, p.Id); err != nil {
		return nil, err
	}
	p.Units += m.Units
	Pools.Put(c.State, state.Key(p.Id), p)
	return &pb.FundPoolResponse{}, nil
}

func checkDrawPool(m *pb.DrawPoolRequest) error {
	if m.Units <= 0 {
		return op.Errorf(pb.Code_BAD_AMOUNT, "%d is not an amount above zero", m.Units)
	}
	return checkID("pl", "pool", m.Pool)
}

func applyDrawPool(c *op.Context, m *pb.DrawPoolRequest) (*pb.DrawPoolResponse, error) {
	p, err := ownPool(c, m.Pool)
	if err != nil {
		return nil, err
	}
	if p.Units-p.Committed < m.Units {
		return nil, op.Errorf(pb.Code_POOL_EXHAUSTED, "the pool %s has %d that are not promised, not %d", p.Id, p.Units-p.Committed, m.Units)
	}
	if err := asset.Release(c, p.Id, c.Signer, m.Units); err != nil {
		return nil, err
	}
	p.Units -= m.Units
	Pools.Put(c.State, state.Key(p.Id), p)
	return &pb.DrawPoolResponse{}, nil
}

func ownPool(c *op.Context, id string) (*pb.Pool, error) {
	p, ok := Pools.Get(c.State, state.Key(id))
	if !ok {
		return nil, op.Errorf(pb.Code_NOT_FOUND, "there is no pool %q", id)
	}
	if p.Owner != c.Signer {
		return nil, op.Errorf(pb.Code_NOT_YOURS, "the pool %s is not of %s", id, c.Signer)
	}
	return p, nil
}

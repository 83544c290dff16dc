package promise

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/asset"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/promise/contract"
	"github.com/troth-ledger/troth/ledger/state"
)

// fund sets a side's money aside: each hold of the role, so many times. Before,
// a hold's put says what is to be put in; from then on, what is.
func fund(c *op.Context, k *contract.Contract, p *pb.Promise, role string, pools []*pb.PoolChoice, times int64) error {
	for i, d := range k.Template().Holds {
		h := p.Holds[i]
		if d.From != role || h.Put == 0 {
			continue
		}
		h.Party = binding(p, role).Parties[0]
		units := h.Put
		if times > 1 {
			if units > asset.UnitsMax/times {
				return op.Errorf(pb.Code_OVERFLOW, "%d times %d units are more than there can be", times, units)
			}
			units *= times
		}
		var err error
		if d.Pool {
			err = commit(c, h, pools, units)
		} else {
			err = asset.Hold(c, holdID(p, h.Name), h.Party, h.Asset, units, p.Id)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// commit promises units of the pool chosen for a hold.
func commit(c *op.Context, h *pb.PromiseHold, pools []*pb.PoolChoice, units int64) error {
	for _, choice := range pools {
		if choice.Hold == h.Name {
			h.Pool = choice.Pool
		}
	}
	if h.Pool == "" {
		return op.Errorf(pb.Code_BAD_TERMS, "the hold %q is drawn from a pool; say which, in pools", h.Name)
	}
	pool, ok := Pools.Get(c.State, state.Key(h.Pool))
	switch {
	case !ok:
		return op.Errorf(pb.Code_NOT_FOUND, "there is no pool %q", clip(h.Pool))
	case pool.Owner != h.Party:
		return op.Errorf(pb.Code_NOT_YOURS, "the pool %s is not of %s", pool.Id, h.Party)
	case pool.Asset != h.Asset:
		return op.Errorf(pb.Code_BAD_TERMS, "the pool %s holds %s, the promise needs %s", pool.Id, pool.Asset, h.Asset)
	case pool.Units-pool.Committed < units:
		return op.Errorf(pb.Code_POOL_EXHAUSTED, "the pool %s has %d of %s that are not promised yet, not %d",
			pool.Id, pool.Units-pool.Committed, pool.Asset, units)
	}
	pool.Committed += units
	Pools.Put(c.State, state.Key(pool.Id), pool)
	return nil
}

// pay moves what a settlement says and names the parties paid.
func pay(c *op.Context, k *contract.Contract, p *pb.Promise, s *pb.Settlement) error {
	for _, leg := range s.Payouts {
		if leg.To == "" {
			leg.To = payee(c, k.Template(), p, leg.Role)
		}
		if leg.Units == 0 {
			continue
		}
		h := holdOf(p, leg.Hold)
		var err error
		if h.Pool != "" {
			err = draw(c, h, leg)
		} else {
			err = asset.Release(c, holdID(p, h.Name), leg.To, leg.Units)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// draw pays out of a pool. What goes back to the pool's owner stays in the pool.
func draw(c *op.Context, h *pb.PromiseHold, leg *pb.Payout) error {
	pool, ok := Pools.Get(c.State, state.Key(h.Pool))
	if !ok {
		return op.Errorf(pb.Code_NOT_FOUND, "there is no pool %q", h.Pool)
	}
	pool.Committed -= leg.Units
	if leg.To != pool.Owner {
		pool.Units -= leg.Units
		if err := asset.Release(c, pool.Id, leg.To, leg.Units); err != nil {
			return err
		}
	}
	Pools.Put(c.State, state.Key(pool.Id), pool)
	return nil
}

func holdOf(p *pb.Promise, name string) *pb.PromiseHold {
	for _, h := range p.Holds {
		if h.Name == name {
			return h
		}
	}
	return nil
}

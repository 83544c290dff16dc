package promise

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/asset"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/promise/contract"
	"github.com/troth-ledger/troth/ledger/state"
)

// fund sets a side's money aside: each hold of the role, so many times. Before,
// a hold's put says what is to be put in; from then on, what is. Errors: those
// of asset.SetAside and commit, OVERFLOW.
func fund(c *op.Context, k *contract.Contract, p *pb.Promise, role string, pools []*pb.PoolChoice, times int64) error {
	for i, d := range k.Template().Holds {
		h := p.Holds[i]
		if d.From != role || h.Put == 0 {
			continue
		}
		h.Party = first(binding(p, role))
		if h.Put > asset.UnitsMax/times {
			return op.Errorf(pb.Code_OVERFLOW, "%d times %d units are more than there can be", times, h.Put)
		}
		var err error
		if d.Pool {
			err = commit(c, h, pools, h.Put*times)
		} else {
			err = asset.SetAside(c, h.Party, h.Asset, h.Put*times)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// commit promises units of the pool chosen for a hold. Errors: BAD_TERMS,
// NOT_FOUND, NOT_YOURS, POOL_EXHAUSTED.
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
		h := holdOf(p, leg.Hold)
		leg.To = payee(c.State, k.Template(), p, h, leg.Role)
		if leg.Units == 0 {
			continue
		}
		var err error
		if h.Pool != "" {
			err = draw(c, h, leg)
		} else {
			err = asset.PayOut(c, h.Party, h.Asset, leg.To, leg.Units)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// draw pays out of a pool. What goes back to the pool's owner stays in the
// pool, free to be promised again.
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

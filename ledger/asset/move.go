package asset

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// Get returns an asset, not to be changed, or NOT_FOUND.
func Get(r state.Reader, id string) (*pb.Asset, error) {
	a, ok := Assets.Peek(r, state.Key(id))
	if !ok {
		return nil, op.Errorf(pb.Code_NOT_FOUND, "there is no asset %.60q", id)
	}
	return a, nil
}

// HoldingOf returns a party's holding of an asset, not to be changed; an empty
// one where there is no row.
func HoldingOf(r state.Reader, party, asset string) *pb.Holding {
	if h, ok := Holdings.Peek(r, HoldingKey(party, asset)); ok {
		return h
	}
	return &pb.Holding{Party: party, Asset: asset}
}

// Pay moves units from one party's available amount to another's. It returns
// the errors of Spend and Credit, the lowest number of them.
func Pay(c *op.Context, from, to, asset string, units int64) error {
	if err := CheckUnits(units); err != nil {
		return err
	}
	a, err := Get(c.State, asset)
	if err != nil {
		return err
	}
	src := own(c.State, from, asset)
	if from == to {
		return spendable(src, units)
	}
	dst := own(c.State, to, asset)
	if err := first(spendable(src, units), creditable(a, dst, units)); err != nil {
		return err
	}
	src.Available -= units
	dst.Available += units
	put(c.State, src)
	put(c.State, dst)
	return nil
}

// Spend lowers a party's available amount. The units have to go somewhere in
// the same operation, or out of the supply; the invariants see to it. It
// returns BAD_AMOUNT, OVERFLOW, INSUFFICIENT or HOLDING_FROZEN.
func Spend(c *op.Context, party, asset string, units int64) error {
	if err := CheckUnits(units); err != nil {
		return err
	}
	h := own(c.State, party, asset)
	if err := spendable(h, units); err != nil {
		return err
	}
	h.Available -= units
	put(c.State, h)
	return nil
}

// Credit raises a party's available amount by units that were spent, released
// or issued in the same operation. It returns BAD_AMOUNT, OVERFLOW, NOT_FOUND
// for the asset, or HOLDING_LIMIT.
func Credit(c *op.Context, party, asset string, units int64) error {
	if err := CheckUnits(units); err != nil {
		return err
	}
	a, err := Get(c.State, asset)
	if err != nil {
		return err
	}
	h := own(c.State, party, asset)
	if err := creditable(a, h, units); err != nil {
		return err
	}
	h.Available += units
	put(c.State, h)
	return nil
}

// own returns a party's holding for the caller to change and put.
func own(r state.Reader, party, asset string) *pb.Holding {
	if h, ok := Holdings.Get(r, HoldingKey(party, asset)); ok {
		return h
	}
	return &pb.Holding{Party: party, Asset: asset}
}

// put writes a holding, or removes it where it says nothing.
func put(o *state.Overlay, h *pb.Holding) {
	k := HoldingKey(h.Party, h.Asset)
	if h.Available == 0 && h.Held == 0 && !h.Frozen {
		Holdings.Delete(o, k)
		return
	}
	Holdings.Put(o, k, h)
}

func spendable(h *pb.Holding, units int64) error {
	switch {
	case h.Available < units && h.Held > 0:
		return op.Errorf(pb.Code_INSUFFICIENT, "%s has %d of %s available and %d held, not %d available", h.Party, h.Available, h.Asset, h.Held, units)
	case h.Available < units:
		return op.Errorf(pb.Code_INSUFFICIENT, "%s has %d of %s available, not %d", h.Party, h.Available, h.Asset, units)
	case h.Frozen:
		return op.Errorf(pb.Code_HOLDING_FROZEN, "%s's holding of %s is frozen by its issuer", h.Party, h.Asset)
	}
	return nil
}

func creditable(a *pb.Asset, h *pb.Holding, units int64) error {
	sum, err := add(h.Available, h.Held)
	if err == nil {
		sum, err = add(sum, units)
	}
	if err != nil {
		return err
	}
	if a.HoldingMax > 0 && sum > a.HoldingMax {
		return op.Errorf(pb.Code_HOLDING_LIMIT, "%s would have %d of %s; %d is the most one party may have", h.Party, sum, a.Id, a.HoldingMax)
	}
	return nil
}

// add adds two amounts that are not negative. It returns OVERFLOW beyond
// UnitsMax.
func add(a, b int64) (int64, error) {
	if a > UnitsMax-b {
		return 0, op.Errorf(pb.Code_OVERFLOW, "%d and %d are more than %d, the most there can be of anything", a, b, UnitsMax)
	}
	return a + b, nil
}

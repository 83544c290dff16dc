package asset

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// GetHold returns a hold, not to be changed, or NOT_FOUND.
func GetHold(r state.Reader, id string) (*pb.Hold, error) {
	h, ok := Holds.Peek(r, state.Key(id))
	if !ok {
		return nil, op.Errorf(pb.Code_NOT_FOUND, "there is no hold %.80q", id)
	}
	return h, nil
}

// Hold sets units of a party's available amount aside for the holder, a pool
// or a dispute: it makes the hold, or adds to one that the same holder has on
// the same asset of the same party. Nothing but Release touches such a hold; it
// never expires by itself.
//
// It returns BAD_AMOUNT (zero units are no hold), OVERFLOW, WRONG_STATE where
// the id is another hold's, NOT_FOUND for the asset, INSUFFICIENT or
// HOLDING_FROZEN.
func Hold(c *op.Context, id, party, asset string, units int64, holder string) error {
	return hold(c, &pb.Hold{Id: id, Party: party, Asset: asset, Units: units, Holder: holder})
}

// hold moves h.Units from available to held and writes the row, or adds to it.
func hold(c *op.Context, h *pb.Hold) error {
	units := h.Units
	if err := CheckUnits(units); err != nil {
		return err
	}
	if old, ok := Holds.Get(c.State, state.Key(h.Id)); ok {
		if err := sameHold(old, h.Party, h.Asset, h.Holder); err != nil {
			return err
		}
		sum, err := add(old.Units, units)
		if err != nil {
			return err
		}
		old.Units, h = sum, old
	}
	if err := SetAside(c, h.Party, h.Asset, units); err != nil {
		return err
	}
	Holds.Put(c.State, state.Key(h.Id), h)
	return nil
}

func sameHold(h *pb.Hold, party, asset, holder string) error {
	if h.Party != party || h.Asset != asset || h.Holder != holder {
		return op.Errorf(pb.Code_WRONG_STATE, "hold %s is on %s of %s for %s, not on %s of %s for %s",
			h.Id, h.Asset, h.Party, h.Holder, asset, party, holder)
	}
	return nil
}

// Release pays units out of a hold to a party's available amount, as PayOut
// does. A hold with nothing left is removed.
//
// It returns BAD_AMOUNT, OVERFLOW, NOT_FOUND, or INSUFFICIENT where the hold
// has less.
func Release(c *op.Context, holdID, to string, units int64) error {
	h, err := enough(c.State, holdID, units)
	if err != nil {
		return err
	}
	if err := PayOut(c, h.Party, h.Asset, to, units); err != nil {
		return err
	}
	take(c.State, h, units)
	return nil
}

// enough returns a hold that has units, for take to lower.
func enough(r state.Reader, id string, units int64) (*pb.Hold, error) {
	if err := CheckUnits(units); err != nil {
		return nil, err
	}
	h, ok := Holds.Get(r, state.Key(id))
	if !ok {
		return nil, op.Errorf(pb.Code_NOT_FOUND, "there is no hold %.80q", id)
	}
	if units > h.Units {
		return nil, op.Errorf(pb.Code_INSUFFICIENT, "hold %s has %d left, not %d", id, h.Units, units)
	}
	return h, nil
}

// take lowers a hold and removes it where nothing is left. The caller does
// something with the units.
func take(o *state.Overlay, h *pb.Hold, units int64) {
	h.Units -= units
	if h.Units == 0 {
		Holds.Delete(o, state.Key(h.Id))
		return
	}
	Holds.Put(o, state.Key(h.Id), h)
}

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

// Left is how many units a hold has; 0 where it is not there.
func Left(r state.Reader, id string) int64 {
	h, _ := Holds.Peek(r, state.Key(id))
	return h.GetUnits()
}

// Hold sets units of a party's available amount aside for the holder, a
// promise or a pool: it makes the hold, or adds to one that the same holder
// has on the same asset of the same party. Nothing but Release and MoveHold
// touches such a hold; it never expires by itself.
//
// It returns BAD_AMOUNT (zero units are no hold), OVERFLOW, NOT_FOUND for the
// asset, WRONG_STATE where the id is another hold's, INSUFFICIENT or
// HOLDING_FROZEN.
func Hold(c *op.Context, id, party, asset string, units int64, holder string) error {
	return hold(c, &pb.Hold{Id: id, Party: party, Asset: asset, Units: units, Holder: holder})
}

// hold moves h.Units from available to held and writes the row, or adds to it.
func hold(c *op.Context, h *pb.Hold) error {
	if err := CheckUnits(h.Units); err != nil {
		return err
	}
	if _, err := Get(c.State, h.Asset); err != nil {
		return err
	}
	units := h.Units
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
	has := own(c.State, h.Party, h.Asset)
	if err := spendable(has, units); err != nil {
		return err
	}
	sum, err := add(has.Held, units)
	if err != nil {
		return err
	}
	has.Available -= units
	has.Held = sum
	put(c.State, has)
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

// Release pays units out of a hold to a party's available amount; to its own
// party it gives them back. Neither holding_max nor a freeze stands in the
// way: what was held is owed, and money owed must never be stuck. A hold with
// nothing left is removed.
//
// It returns BAD_AMOUNT, OVERFLOW, NOT_FOUND, or INSUFFICIENT where the hold
// has less.
func Release(c *op.Context, holdID, to string, units int64) error {
	h, err := enough(c.State, holdID, units)
	if err != nil {
		return err
	}
	src := own(c.State, h.Party, h.Asset)
	dst := src
	if to != h.Party {
		dst = own(c.State, to, h.Asset)
	}
	sum, err := add(dst.Available, units)
	if err != nil {
		return err
	}
	take(c.State, h, units)
	src.Held -= units
	dst.Available = sum
	put(c.State, src)
	if dst != src {
		put(c.State, dst)
	}
	return nil
}

// MoveHold moves units from one hold to another on the same money, made where
// it is not there: from a standing offer to a copy of it, from a pool to a
// promise. The party's holding does not change, so a freeze doesn't matter.
//
// It returns INVALID where both are one, BAD_AMOUNT, OVERFLOW, NOT_FOUND,
// WRONG_STATE where toID is a hold of others, or INSUFFICIENT.
func MoveHold(c *op.Context, fromID, toID string, units int64, newHolder string) error {
	if fromID == toID {
		return op.Errorf(pb.Code_INVALID, "hold %s can't be moved to itself", fromID)
	}
	from, err := enough(c.State, fromID, units)
	if err != nil {
		return err
	}
	to, ok := Holds.Get(c.State, state.Key(toID))
	if !ok {
		to = &pb.Hold{Id: toID, Party: from.Party, Asset: from.Asset, Holder: newHolder}
	} else if err := sameHold(to, from.Party, from.Asset, newHolder); err != nil {
		return err
	}
	if to.Units, err = add(to.Units, units); err != nil {
		return err
	}
	take(c.State, from, units)
	Holds.Put(c.State, state.Key(toID), to)
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

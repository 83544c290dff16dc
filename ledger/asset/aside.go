package asset

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// SetAside moves units of a party from available to held. It writes no row of
// Holds: the caller keeps books of what it set aside, in rows that RegisterBooks
// made known, and takes it out with PayOut.
//
// It returns BAD_AMOUNT (zero units are nothing to set aside), OVERFLOW,
// NOT_FOUND for the asset, INSUFFICIENT or HOLDING_FROZEN.
func SetAside(c *op.Context, party, asset string, units int64) error {
	if err := CheckUnits(units); err != nil {
		return err
	}
	if _, err := Get(c.State, asset); err != nil {
		return err
	}
	has := own(c.State, party, asset)
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
	return nil
}

// PayOut pays units that a party has held to somebody's available amount; to
// the party itself it gives them back. Neither holding_max nor a freeze stands in
// the way: what was held is owed, and money owed must never be stuck.
//
// It returns BAD_AMOUNT, OVERFLOW, or INSUFFICIENT where less is held.
func PayOut(c *op.Context, party, asset, to string, units int64) error {
	if err := CheckUnits(units); err != nil {
		return err
	}
	src := own(c.State, party, asset)
	if units > src.Held {
		return op.Errorf(pb.Code_INSUFFICIENT, "%s has %d of %s held, not %d", party, src.Held, asset, units)
	}
	dst := src
	if to != party {
		dst = own(c.State, to, asset)
	}
	sum, err := add(dst.Available, units)
	if err != nil {
		return err
	}
	src.Held -= units
	dst.Available = sum
	put(c.State, src)
	if dst != src {
		put(c.State, dst)
	}
	return nil
}

// Add is told that units of a party's holding are held, or, where they are
// negative, that so many less are.
type Add func(party, asset string, units int64)

// Books are rows of another area that say, instead of rows of Holds, what is
// held of holdings.
type Books struct {
	// Change tells what a change of such a row adds to what is held, or returns an
	// error where what the row says can't be. It is false, and tells nothing, for a
	// row of another table.
	Change func(ch state.Change, add Add) (bool, error)
	// All tells what all those rows say, or returns an error where one can't be, or
	// an index names one that isn't there.
	All func(r state.Reader, add Add) error
}

var books []Books

// RegisterBooks makes books known to whoever checks that what is held is held
// for somebody. It is for the initialisation of a package.
func RegisterBooks(b Books) Books {
	books = append(books, b)
	return b
}

// AllBooks are the books that were made known.
func AllBooks() []Books { return books }

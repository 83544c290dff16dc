package invariant

import (
	"errors"
	"fmt"
	"slices"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/asset"
	"github.com/troth-ledger/troth/ledger/council"
	"github.com/troth-ledger/troth/ledger/fact"
	"github.com/troth-ledger/troth/ledger/state"
)

// sums adds up one block's changes. The additions may wrap round; what is
// compared is equal all the same, in numbers modulo 2^64.
type sums struct {
	units map[string]int64    // by asset: change of holdings less change of supply
	held  map[state.Key]int64 // by holding: change of held less change of holds and books
	power int64               // change of members' power less change of the council's
	seats int64               // change of members less change of the council's count
}

// Check says whether a block's changes, in order, keep the invariants. It
// looks at each change once.
func Check(changes []state.Change) error {
	s := sums{units: map[string]int64{}, held: map[state.Key]int64{}}
	for _, ch := range changes {
		if err := s.see(ch); err != nil {
			return err
		}
	}
	return s.balance()
}

// see adds a change.
func (s *sums) see(ch state.Change) error {
	if before, after, ok := asset.Holdings.Of(ch); ok {
		return s.holding(ch.Key(), before, after)
	}
	if before, after, ok := asset.Holds.Of(ch); ok {
		return s.hold(before, after)
	}
	if before, after, ok := asset.Assets.Of(ch); ok {
		return s.asset(before, after)
	}
	if before, after, ok := fact.Facts.Of(ch); ok {
		return checkFact(before, after)
	}
	if before, after, ok := council.Members.Of(ch); ok {
		return s.member(before, after)
	}
	if before, after, ok := council.Councils.Of(ch); ok {
		s.power -= after.GetPower() - before.GetPower()
		s.seats -= int64(after.GetMembers()) - int64(before.GetMembers())
		return nil
	}
	for _, b := range asset.AllBooks() {
		if ok, err := b.Change(ch, s.owe); ok || err != nil {
			return err
		}
	}
	// The area of promises stands to the right of this package's own, so its
	// table goes by its name.
	if ch.Table() == "settlements" && ch.Before() != nil {
		return fmt.Errorf("invariant: settlement %s was changed after it was written", ch.Key())
	}
	return nil
}

func (s *sums) holding(k state.Key, before, after *pb.Holding) error {
	if after.GetAvailable() < 0 || after.GetHeld() < 0 {
		return fmt.Errorf("invariant: holding %s has %d available and %d held", k, after.Available, after.Held)
	}
	id := or(after, before).GetAsset()
	if d := after.GetAvailable() - before.GetAvailable() + after.GetHeld() - before.GetHeld(); d != 0 {
		s.units[id] += d
	}
	if d := after.GetHeld() - before.GetHeld(); d != 0 {
		s.held[k] += d
	}
	return nil
}

func (s *sums) hold(before, after *pb.Hold) error {
	if after != nil && after.Units <= 0 {
		return fmt.Errorf("invariant: hold %s stays with %d units", after.Id, after.Units)
	}
	if before != nil {
		s.held[asset.HoldingKey(before.Party, before.Asset)] += before.Units
	}
	if after != nil {
		s.held[asset.HoldingKey(after.Party, after.Asset)] -= after.Units
	}
	return nil
}

// owe adds what books say is held: see asset.Books.
func (s *sums) owe(party, id string, units int64) {
	s.held[asset.HoldingKey(party, id)] -= units
}

func (s *sums) asset(before, after *pb.Asset) error {
	switch {
	case after == nil:
		return fmt.Errorf("invariant: asset %s was removed", before.Id)
	case after.Supply < 0 || after.Supply > asset.UnitsMax:
		return fmt.Errorf("invariant: the supply of %s is %d", after.Id, after.Supply)
	}
	if d := after.Supply - before.GetSupply(); d != 0 {
		s.units[after.Id] -= d
	}
	return nil
}

// balance says whether all sums came to nothing. Of several faults it tells the
// first in the order of the names, so that every node tells the same.
func (s *sums) balance() error {
	var faults []string
	for id, d := range s.units {
		if d != 0 {
			faults = append(faults, fmt.Sprintf("invariant: holdings of %s changed by %d more than its supply", id, d))
		}
	}
	for k, d := range s.held {
		if d != 0 {
			faults = append(faults, fmt.Sprintf("invariant: what holding %s has held changed by %d more than its holds and promises", k, d))
		}
	}
	if s.power != 0 {
		faults = append(faults, fmt.Sprintf("invariant: the members' power changed by %d more than the council's", s.power))
	}
	if s.seats != 0 {
		faults = append(faults, fmt.Sprintf("invariant: the seats changed by %d more than the council's count", s.seats))
	}
	if len(faults) == 0 {
		return nil
	}
	return errors.New(slices.Min(faults))
}

// checkFact: append-only, but for being superseded once.
func checkFact(before, after *pb.Fact) error {
	switch {
	case before == nil:
		return nil
	case after == nil:
		return fmt.Errorf("invariant: fact %s was removed", before.Id)
	case before.SupersededBy != "" && after.SupersededBy != before.SupersededBy:
		return fmt.Errorf("invariant: fact %s was superseded by %s and then by %q", before.Id, before.SupersededBy, after.SupersededBy)
	}
	was, is := before.CloneVT(), after.CloneVT()
	was.SupersededBy, is.SupersededBy = "", ""
	if string(state.Encode(was)) != string(state.Encode(is)) {
		return fmt.Errorf("invariant: fact %s was changed after it was written", before.Id)
	}
	return nil
}

func or[T any](a, b *T) *T {
	if a != nil {
		return a
	}
	return b
}

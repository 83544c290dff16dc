package invariant

import (
	"fmt"

	"github.com/troth-ledger/troth/ledger/asset"
	"github.com/troth-ledger/troth/ledger/council"
	"github.com/troth-ledger/troth/ledger/fact"
	"github.com/troth-ledger/troth/ledger/state"
)

// Full says whether all rows there are keep the invariants. It reads every
// asset, holding, hold, book of what is held, fact, member and open proposal: for
// checking a store, and for tests.
func Full(r state.Reader) error {
	s := sums{units: map[string]int64{}, held: map[state.Key]int64{}}
	for _, k := range asset.AssetsByIssuer.Keys(r, "", "") {
		a, ok := asset.Assets.Peek(r, k)
		if !ok {
			return missing("asset", k)
		}
		if err := s.asset(nil, a); err != nil {
			return err
		}
	}
	for _, k := range asset.HoldingsByAsset.Keys(r, "", "") {
		h, ok := asset.Holdings.Peek(r, k)
		if !ok {
			return missing("holding", k)
		}
		if k != asset.HoldingKey(h.Party, h.Asset) {
			return fmt.Errorf("invariant: holding %s is kept under %s", asset.HoldingKey(h.Party, h.Asset), k)
		}
		if !asset.Assets.Has(r, state.Key(h.Asset)) {
			return fmt.Errorf("invariant: holding %s is of an asset that is not there", k)
		}
		if err := s.holding(k, nil, h); err != nil {
			return err
		}
	}
	for _, k := range asset.HoldsByParty.Keys(r, "", "") {
		h, ok := asset.Holds.Peek(r, k)
		if !ok {
			return missing("hold", k)
		}
		if err := s.hold(nil, h); err != nil {
			return err
		}
	}
	for _, b := range asset.AllBooks() {
		if err := b.All(r, s.owe); err != nil {
			return err
		}
	}
	for _, k := range council.MembersByState.Keys(r, "", "") {
		m, ok := council.Members.Peek(r, k)
		if !ok {
			return missing("member", k)
		}
		if err := s.member(nil, m); err != nil {
			return err
		}
	}
	s.power -= council.Get(r).GetPower()
	s.seats -= int64(council.Get(r).GetMembers())
	if err := s.balance(); err != nil {
		return err
	}
	if err := facts(r); err != nil {
		return err
	}
	return seats(r)
}

// facts: whatever supersedes a fact is there, and says so.
func facts(r state.Reader) error {
	for _, k := range fact.FactsByAttester.Keys(r, "", "") {
		f, ok := fact.Facts.Peek(r, k)
		if !ok {
			return missing("fact", k)
		}
		if f.SupersededBy == "" {
			continue
		}
		by, ok := fact.Facts.Peek(r, state.Key(f.SupersededBy))
		if !ok || fact.Supersedes(by) != f.Id || by.Attester != f.Attester {
			return fmt.Errorf("invariant: fact %s says that %s supersedes it, which does not", f.Id, f.SupersededBy)
		}
	}
	return nil
}

func missing(what string, k state.Key) error {
	return fmt.Errorf("invariant: an index names the %s %s, which is not there", what, k)
}

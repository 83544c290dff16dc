package promise

import (
	"fmt"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/asset"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// A promise's own row says what it has set aside; there are no rows of holds
// beside it, which would say the same and cost a promise a fifth of what it
// writes. Bonds and pools do have rows.
var _ = asset.RegisterBooks(asset.Books{
	Change: func(ch state.Change, add asset.Add) (bool, error) {
		before, after, ok := Promises.Of(ch)
		if !ok {
			return false, nil
		}
		held(before, func(party, asset string, units int64) { add(party, asset, -units) })
		held(after, add)
		return true, sound(after)
	},
	All: func(r state.Reader, add asset.Add) error {
		for _, k := range ByState.Keys(r, "", "") {
			p, ok := Promises.Peek(r, k)
			if !ok {
				return fmt.Errorf("promise: an index names the promise %s, which is not there", k)
			}
			if err := sound(p); err != nil {
				return err
			}
			held(p, add)
		}
		return nil
	},
})

// held tells what a promise has set aside of its sides' holdings, nothing where
// there is no promise: what was put into its holds and not paid out, for a
// standing offer so many times as there are copies left. A hold without a party
// waits for its side to accept; what one drawn from a pool has, the pool holds.
func held(p *pb.Promise, add asset.Add) {
	for _, h := range p.GetHolds() {
		if left := h.Put - h.Paid; left != 0 && h.Party != "" && h.Pool == "" {
			add(h.Party, h.Asset, left*max(int64(p.Copies), 1))
		}
	}
}

// sound says what can't be of a promise's books, each hold by itself: that the
// sums are right does not say that no hold has what is another's.
func sound(p *pb.Promise) error {
	for _, h := range p.GetHolds() {
		switch left := h.Put - h.Paid; {
		case left < 0 || h.Paid < 0:
			return fmt.Errorf("invariant: promise %s paid %d out of %s, which was given %d", p.Id, h.Paid, h.Name, h.Put)
		case left > 0 && p.State == pb.PromiseState_SETTLED:
			return fmt.Errorf("invariant: promise %s is settled with %d left in %s", p.Id, left, h.Name)
		case left > 0 && live(p) && h.Party == "":
			return fmt.Errorf("invariant: promise %s is in force with %d of nobody's in %s", p.Id, left, h.Name)
		}
	}
	if p.GetCopies() > 0 && p.State != pb.PromiseState_OFFERED {
		return fmt.Errorf("invariant: promise %s is %s and has %d copies left", p.Id, p.State, p.Copies)
	}
	return nil
}

// What a promise has set aside is held as any: to change it takes the privilege
// that a change of a hold does.
var _ = op.RegisterEffect(func(_ *op.Context, ch state.Change, need func(pb.Op_Privilege)) {
	before, after, ok := Promises.Of(ch)
	if ok && (before.GetCopies() != after.GetCopies() || !sameBooks(before.GetHolds(), after.GetHolds())) {
		need(pb.Op_MOVE_HELD)
	}
})

// sameBooks compares the holds that have somebody's money, or had.
func sameBooks(before, after []*pb.PromiseHold) bool {
	for i := range max(len(before), len(after)) {
		var b, a *pb.PromiseHold
		if i < len(before) {
			b = before[i]
		}
		if i < len(after) {
			a = after[i]
		}
		if (b.GetParty() != "" || a.GetParty() != "") && (b.GetParty() != a.GetParty() || b.GetAsset() != a.GetAsset() ||
			b.GetPool() != a.GetPool() || b.GetPut() != a.GetPut() || b.GetPaid() != a.GetPaid()) {
			return false
		}
	}
	return true
}

package promise

import (
	"fmt"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/asset"
	"github.com/troth-ledger/troth/ledger/state"
)

// A promise's own row says what it has set aside; there are no rows of holds
// beside it, which would say the same and cost a promise a fifth of what it
// writes. Bonds and pools do have rows.
var _ = asset.RegisterBooks(asset.Books{
	Change: func(ch state.Change, add asset.Add) bool {
		before, after, ok := Promises.Of(ch)
		if ok {
			held(before, func(party, asset string, units int64) { add(party, asset, -units) })
			held(after, add)
		}
		return ok
	},
	All: func(r state.Reader, add asset.Add) error {
		for _, k := range ByState.Keys(r, "", "") {
			p, ok := Promises.Peek(r, k)
			if !ok {
				return fmt.Errorf("promise: an index names the promise %s, which is not there", k)
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

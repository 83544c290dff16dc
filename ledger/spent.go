package ledger

import (
	"slices"

	"github.com/troth-ledger/troth/ledger/asset"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/party"
)

// spent adds up what a transaction's operations took from its signer's
// available amounts, by asset in the order in which they were touched. What
// came in beside it is not set against it: money issued to oneself, or given
// back from a hold, and passed on in the same transaction has left all the same.
func spent(c *op.Context, t *op.Tx) []party.Spent {
	var out []party.Spent
	for i, o := range t.Body.Ops {
		end := c.State.Mark()
		if i+1 < len(c.Steps) {
			end = c.Steps[i+1]
		}
		for _, ch := range c.State.Since(c.Steps[i])[:end-c.Steps[i]] {
			before, after, ok := asset.Holdings.Of(ch)
			if ok && before != nil && before.Party == c.Signer && before.Available > after.GetAvailable() {
				out = add(out, before.Asset, before.Available-after.GetAvailable(), o.Code)
			}
		}
	}
	return out
}

func add(list []party.Spent, id string, units int64, code uint32) []party.Spent {
	i := slices.IndexFunc(list, func(s party.Spent) bool { return s.Asset == id })
	if i < 0 {
		return append(list, party.Spent{Asset: id, Units: units, Codes: []uint32{code}})
	}
	// What is issued and burnt again and again adds up to more than there can
	// be. Beyond that, more makes no difference.
	list[i].Units = min(list[i].Units, asset.UnitsMax) + min(units, asset.UnitsMax-1)
	if !slices.Contains(list[i].Codes, code) {
		list[i].Codes = append(list[i].Codes, code)
	}
	return list
}

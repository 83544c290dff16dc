package asset

import (
	"strings"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// Assets holds every asset by its id.
var Assets = state.NewTable[pb.Asset](20, "assets", func(a *pb.Asset) []string {
	return []string{a.Id, a.Issuer}
})

// Holdings holds what parties have, by HoldingKey. A party without a row has
// nothing; a row that says nothing is removed.
var Holdings = state.NewTable[pb.Holding](21, "holdings", func(h *pb.Holding) []string {
	return []string{h.Party}
})

// Holds holds what is set aside between parties, for pools and for disputes, by
// the hold's id. A hold with nothing left is removed. What a promise has set
// aside for its own holds, its own row says: see RegisterBooks.
var Holds = state.NewTable[pb.Hold](22, "holds", func(h *pb.Hold) []string {
	if h.Expires == nil {
		return []string{h.Id, h.Party, h.Holder}
	}
	return []string{h.Id, h.Party, h.Holder, h.Payee}
})

// HoldingKey is the key of a party's holding of an asset.
func HoldingKey(party, asset string) state.Key { return state.Join(party, asset) }

// AssetsByIssuer finds assets. The place is the issuer.
var AssetsByIssuer = state.NewIndex(Assets, 20, "assets_by_issuer", func(_ state.Key, a *pb.Asset) []string {
	return []string{a.Issuer}
})

// HoldingsByParty finds what a party has. The place is the party.
var HoldingsByParty = state.NewKeyIndex(Holdings, 21, "holdings_by_party", func(k state.Key) []string {
	party, _, _ := strings.Cut(string(k), "\x00")
	return []string{party}
})

// HoldingsByAsset finds who has some of an asset. The place is the asset.
var HoldingsByAsset = state.NewKeyIndex(Holdings, 22, "holdings_by_asset", func(k state.Key) []string {
	_, asset, _ := strings.Cut(string(k), "\x00")
	return []string{asset}
})

// HoldsByParty finds the holds on a party's money. The place is the party.
var HoldsByParty = state.NewIndex(Holds, 23, "holds_by_party", func(_ state.Key, h *pb.Hold) []string {
	return []string{h.Party}
})

// HoldsByExpiry finds the holds that are void by themselves: the place is the
// first moment after their last one, for at exactly `expires` a hold can still
// be posted.
var HoldsByExpiry = state.NewIndex(Holds, 24, "holds_by_expiry", func(_ state.Key, h *pb.Hold) []string {
	if h.Expires == nil {
		return nil
	}
	return []string{state.At(h.Expires.AsTime().Add(time.Nanosecond))}
})

var _ = op.RegisterDeadlines("holds", HoldsByExpiry, expire)

// expire gives an overdue hold back.
func expire(c *op.Context, k state.Key) {
	h, ok := Holds.Peek(c.State, k)
	if !ok {
		panic("asset: the index of expiries names a hold that is not there: " + k.String())
	}
	if err := Release(c, h.Id, h.Party, h.Units); err != nil {
		panic("asset: expiring hold " + h.Id + ": " + err.Error())
	}
}

// What a change of money needs. A fall of what is available is SPEND for the
// signer's own, TAKE for anybody else's.
var _ = op.RegisterEffect(func(c *op.Context, ch state.Change, need func(pb.Op_Privilege)) {
	if before, after, ok := Holdings.Of(ch); ok {
		if after.GetAvailable() < before.GetAvailable() {
			if before.Party == c.Signer {
				need(pb.Op_SPEND)
			} else {
				need(pb.Op_TAKE)
			}
		}
		if after.GetHeld() != before.GetHeld() {
			need(pb.Op_MOVE_HELD)
		}
		return
	}
	if before, after, ok := Holds.Of(ch); ok {
		if after.GetUnits() != before.GetUnits() {
			need(pb.Op_MOVE_HELD)
		}
		return
	}
	if before, after, ok := Assets.Of(ch); ok {
		if after.GetSupply() > before.GetSupply() {
			need(pb.Op_MINT)
		}
		if after.GetSupply() < before.GetSupply() {
			need(pb.Op_BURN)
		}
	}
})

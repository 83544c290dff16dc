package sim

import (
	"bytes"
	"slices"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

// codeFreeze is the operation that every key may sign.
const codeFreeze = 109

// entitled: of the keys that signed what was applied, none was expired, and for
// each operation there was one whose role, scope and limits allow it. p is its
// party as it was before, nil for one that came with it.
func entitled(p *pb.Party, t *op.Tx, requests []op.Message, now time.Time) {
	if p == nil || p.Recovery.GetDue() != nil {
		return // a recovery that fell due counts, though the ledger may not have come to it
	}
	var keys []*pb.Key
	for _, s := range t.Signatures {
		i := slices.IndexFunc(p.Keys, func(k *pb.Key) bool { return k.Scheme == s.Scheme && bytes.Equal(k.PublicKey, s.PublicKey) })
		if i < 0 || p.Keys[i].Expires != nil && p.Keys[i].Expires.AsTime().Before(now) {
			failf("a transaction of %s was applied, signed by %x, which is expired or none of its keys", p.Id, s.PublicKey)
		}
		keys = append(keys, p.Keys[i])
	}
	spent := map[string]int64{}
	for i, o := range t.Body.Ops {
		row, _ := op.Find(o.Code)
		able := slices.DeleteFunc(slices.Clone(keys), func(k *pb.Key) bool {
			inScope := len(k.Ops) == 0 || slices.Contains(k.Ops, o.Code) || o.Code == codeFreeze
			return !inScope || row.Signer == pb.Op_OWNER && k.Role != pb.KeyRole_OWNER
		})
		if len(able) == 0 {
			failf("%s of %s was applied, and none of the keys that signed may do it: %v", row.Name, p.Id, keys)
		}
		var a *pb.Amount
		switch q := requests[i].(type) {
		case *pb.TransferRequest:
			if a = q.Amount; q.To == p.Id {
				continue
			}
		case *pb.PlaceHoldRequest:
			a = q.Amount
		default:
			continue
		}
		spent[a.Asset] += a.Units
		if !slices.ContainsFunc(able, func(k *pb.Key) bool { return maySpend(k, a.Asset, spent[a.Asset]) }) {
			failf("%s of %s was applied, and with it %d of %s is more than the keys that signed may spend", row.Name, p.Id, spent[a.Asset], a.Asset)
		}
	}
}

// maySpend says whether a key's limits allow so much.
func maySpend(k *pb.Key, asset string, units int64) bool {
	return len(k.Limits) == 0 || slices.ContainsFunc(k.Limits, func(l *pb.SpendLimit) bool { return l.Asset == asset && l.Units >= units })
}

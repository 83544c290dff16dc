package party

import (
	"encoding/hex"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// Tables of the area. Only this package writes them; others read, prove and
// compare changes.
var (
	// Parties are the parties, by id.
	Parties = state.NewTable(1, "parties", func(p *pb.Party) []string {
		if p.Owner != "" {
			return []string{p.Id, p.Owner}
		}
		return []string{p.Id}
	})
	// Handles are the names in use, by name.
	Handles = state.NewTable(2, "handles", func(h *pb.Handle) []string { return []string{h.Party} })
	// Quotas are what parties may still send, by party. A party without a row
	// has not sent anything: its bucket is full.
	Quotas = state.NewTable[pb.Quota](3, "quotas", nil)
	// UsedMinutes has a row for each minute in which an idempotency key expires,
	// by the minute since 1970. It commits to the keys: see SealUsed.
	UsedMinutes = state.NewTable[pb.UsedMinute](5, "used_minutes", nil)
	// Newcomers are the two rows that bound newcomers: how many come, and how
	// many operations all of them send.
	Newcomers = state.NewTable[pb.Newcomers](6, "newcomers", nil)
)

// Indexes of the area. Places of text end where the party's id begins; give
// text with a zero byte after it as prefix to find exactly that text.
var (
	// ByOwner finds the devices of a party.
	ByOwner = state.NewIndex(Parties, 1, "parties_by_owner", func(_ state.Key, p *pb.Party) []string { return place(p.Owner) })
	// ByKind finds parties by the name of their kind.
	ByKind = state.NewIndex(Parties, 2, "parties_by_kind", func(_ state.Key, p *pb.Party) []string { return place(p.Kind.String()) })
	// BySponsor finds the parties whose quota a party sponsors.
	BySponsor = state.NewIndex(Parties, 6, "parties_by_sponsor", func(_ state.Key, p *pb.Party) []string { return place(p.Sponsor) })
	// ByGuardian finds the parties that a party is a guardian of.
	ByGuardian = state.NewIndex(Parties, 7, "parties_by_guardian", func(_ state.Key, p *pb.Party) []string {
		return p.GetGuardians().GetParties()
	})
	// ByKey finds the parties that have a public key, in hexadecimal.
	ByKey = state.NewIndex(Parties, 8, "parties_by_key", func(_ state.Key, p *pb.Party) []string {
		out := make([]string, len(p.Keys))
		for i, k := range p.Keys {
			out[i] = hex.EncodeToString(k.PublicKey)
		}
		return out
	})

	recoveries = state.NewIndex(Parties, 3, "parties_recovery_due", func(_ state.Key, p *pb.Party) []string {
		if due := p.GetRecovery().GetDue(); due != nil {
			return []string{state.At(due.AsTime())}
		}
		return nil
	})
	minutesDue = state.NewIndex(UsedMinutes, 5, "used_minutes_due", func(_ state.Key, s *pb.UsedMinute) []string {
		return []string{state.At(s.Expires.AsTime())}
	})
)

var (
	_ = op.RegisterDeadlines("recovery", recoveries, finishRecovery)
	_ = op.RegisterDeadlines("used", minutesDue, forget)
)

var _ = op.RegisterEffect(func(_ *op.Context, ch state.Change, need func(pb.Op_Privilege)) {
	if before, _, ok := Parties.Of(ch); ok && before == nil {
		need(pb.Op_CREATE_PARTY)
	} else if ok {
		need(pb.Op_CHANGE_PARTY)
	}
	if _, _, ok := Handles.Of(ch); ok {
		need(pb.Op_CHANGE_PARTY)
	}
})

// place is a row's place in an index by text; none where the text is empty.
func place(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

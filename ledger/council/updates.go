package council

import (
	"bytes"
	"slices"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/state"
)

// Update is a validator's new power.
type Update struct {
	// PublicKey is the validator's, Ed25519.
	PublicKey []byte
	// Power is what it has from now on; 0 where it is none any more.
	Power int64
}

// Updates is what a block's changes mean for the validators of consensus, by
// public key: what they were before is compared with what they are after it, so
// that a key which came and went within the block isn't told about.
func Updates(changes []state.Change) (out []Update) {
	type seat struct{ before, after *pb.Member }
	var seats []*seat
	at := map[state.Key]*seat{} // only looked up in
	for _, ch := range changes {
		before, after, ok := Members.Of(ch)
		if !ok {
			continue
		}
		s := at[ch.Key()]
		if s == nil {
			s = &seat{before: before}
			at[ch.Key()] = s
			seats = append(seats, s)
		}
		s.after = after
	}
	for _, s := range seats {
		was, is := s.before.GetValidator(), s.after.GetValidator()
		if s.before.GetPower() > 0 && !bytes.Equal(was, is) {
			out = append(out, Update{was, 0})
		}
		if p := s.after.GetPower(); p > 0 && !bytes.Equal(was, is) || bytes.Equal(was, is) && p != s.before.GetPower() {
			out = append(out, Update{is, p})
		}
	}
	slices.SortFunc(out, func(a, b Update) int { return bytes.Compare(a.PublicKey, b.PublicKey) })
	return out
}

// Set is who the validators of consensus are, by public key.
func Set(r state.Reader) (out []Update) {
	for _, k := range MembersByState.Keys(r, "seated", "") {
		m, _ := Members.Peek(r, k)
		out = append(out, Update{m.Validator, m.Power})
	}
	slices.SortFunc(out, func(a, b Update) int { return bytes.Compare(a.PublicKey, b.PublicKey) })
	return out
}

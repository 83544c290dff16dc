package party

import (
	"iter"

	"github.com/troth-ledger/troth/ledger/state"
)

// UsedSeals is how the tree commits to used keys, for a snapshot of the state
// and for who restores one.
var UsedSeals = state.Seals{Fold: fold, Minutes: sealedMinutes}

// sealedMinutes yields the minutes whose keys the tree commits to, in order,
// each with its digest.
func sealedMinutes(r state.Reader) iter.Seq2[uint32, []byte] {
	return func(yield func(uint32, []byte) bool) {
		for _, k := range minutesDue.Keys(r, "", "") {
			m, _ := UsedMinutes.Peek(r, k)
			if !yield(uint32(state.ParseU64(string(k))), m.GetDigest()) {
				return
			}
		}
	}
}

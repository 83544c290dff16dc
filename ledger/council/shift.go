package council

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

// How a change of the validators' power is looked at.
const (
	bounded = true
	forced  = false // evidence, which can't wait
)

// shiftsMax bounds how many changes of one window are kept.
const shiftsMax = 64

// shift changes the power of all validators together: keys lose some, keys gain
// some. The error is TOO_MUCH_CHANGE.
//
// The bound is for those who check proofs. A light client that trusts one set
// of validators accepts a later one where more than a third of the trusted
// power signed for it, along with more than two thirds of the new (CometBFT,
// light/verifier.go, VerifyNonAdjacent; spec/light-client/verification). Let T
// be the trusted power, of which keys have lost L since, while others gained G.
// The new power is T-L+G, and those who don't sign have less than a third of
// it. Of what trusted keys still have, T-L, at least T-L-(T-L+G)/3 signs; that
// this is no less than T/3 is the same as 2L+G <= T. So long as it holds for
// every set of the last `change_window`, whoever trusts one of them can step to
// the present one. With four equal validators it allows to remove one, or two,
// or to replace the key of one, within a window.
func shift(c *op.Context, lost, gained int64, bound bool) error {
	council := edit(c)
	window := c.Params.GetChangeWindow().AsDuration()
	kept := council.Shifts[:0]
	for _, s := range council.Shifts {
		if s.At.AsTime().Add(window).After(c.Now) {
			kept = append(kept, s)
		}
	}
	// What happens in one block is one change: no set between is ever used.
	if n := len(kept); n > 0 && kept[n-1].At.AsTime().Equal(c.Now) {
		kept[n-1].Lost += lost
		kept[n-1].Gained += gained
	} else {
		kept = append(kept, &pb.Shift{At: timestamppb.New(c.Now), Before: council.Power, Lost: lost, Gained: gained})
	}
	if bound {
		if err := checkShifts(kept, window); err != nil {
			return err
		}
	}
	council.Shifts = kept
	council.Power += gained - lost
	put(c, council)
	return nil
}

// checkShifts looks at every set of the window, from the last backwards.
func checkShifts(shifts []*pb.Shift, window time.Duration) error {
	var lost, gained int64
	last := len(shifts) - 1
	if last >= shiftsMax {
		return op.Errorf(pb.Code_TOO_MUCH_CHANGE, "the validators' power changed %d times within %s; wait until %s", shiftsMax, window, stamp(shifts[0].At.AsTime().Add(window)))
	}
	for i := last; i >= 0; i-- {
		s := shifts[i]
		lost, gained = lost+s.Lost, gained+s.Gained
		if 2*lost+gained <= s.Before {
			continue
		}
		if i == last {
			return op.Errorf(pb.Code_TOO_MUCH_CHANGE, "of a power of %d, keys would lose %d and gain %d in one block; twice what is lost, and what is gained, are together at most what there is: do it in smaller steps", s.Before, lost, gained)
		}
		return op.Errorf(pb.Code_TOO_MUCH_CHANGE, "of a power of %d, keys would have lost %d and gained %d since %s; twice what is lost, and what is gained, are together at most what there was within %s: wait until %s",
			s.Before, lost, gained, stamp(s.At.AsTime()), window, stamp(s.At.AsTime().Add(window)))
	}
	return nil
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

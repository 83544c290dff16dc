package party

import (
	"math/bits"
	"time"
)

// micro is millionths in one.
const micro = 1_000_000

// bucket is a token bucket at a moment: units left, in millionths.
type bucket struct {
	micro int64
	at    time.Time
}

// refill brings the bucket forward to now: perMinute units a minute, up to
// burst. Time that did not make up a whole millionth is kept for later, to the
// nanosecond. A clock that stands still or goes back adds nothing. A rate that the
// council changed counts from the last use on; burst bounds what that gives.
func (b bucket) refill(now time.Time, perMinute, burst uint32) bucket {
	full := int64(burst) * micro
	passed := now.Sub(b.at) // saturates after 292 years
	if b.micro >= full {
		return bucket{full, now}
	}
	if passed <= 0 || perMinute == 0 {
		return b
	}
	// perMinute × micro millionths in 60 × 10^9 ns: one in 60,000 ns/perMinute.
	const per = uint64(time.Minute) / micro
	hi, lo := bits.Mul64(uint64(passed), uint64(perMinute))
	if hi >= per {
		return bucket{full, now}
	}
	more, rest := bits.Div64(hi, lo, per)
	if more >= uint64(full-b.micro) {
		return bucket{full, now}
	}
	return bucket{b.micro + int64(more), now.Add(-time.Duration(rest / uint64(perMinute)))}
}

// take takes n units, or nothing where there are not enough.
func (b bucket) take(n int) (bucket, bool) {
	cost := int64(n) * micro
	if b.micro < cost {
		return b, false
	}
	return bucket{b.micro - cost, b.at}, true
}

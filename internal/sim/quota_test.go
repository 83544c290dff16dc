package sim

import (
	"testing"
	"time"
)

// TestLookingChargesNothing: what somebody has left grows from when it was last
// charged, by the rate of the day on which it is charged again. A look in between,
// under another rate, leaves no trace.
func TestLookingChargesNothing(t *testing.T) {
	k := newQuotas(map[string]int{})
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	const who = "newcomers"
	if l := k.take(who, k.has(who, at, 2, 2), 2, 0); l != 0 {
		t.Fatalf("2 of 2 leave %.3f", l)
	}
	if l := k.has(who, at.Add(30*time.Second), 2, 2); l.ops != 1 {
		t.Errorf("after half a minute, %.3f of 2 a minute", l.ops)
	}
	if l := k.take(who, k.has(who, at.Add(time.Minute), 60, 60), 50, 0); l != 10 {
		t.Errorf("50 of the 60 of a minute leave %.3f", l)
	}
}

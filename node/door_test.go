package node

import (
	"bytes"
	"crypto/sha256"
	"testing"

	"github.com/troth-ledger/troth/ledger/sig"
)

// More than one equation takes, and of them one that is bad: each gets its own
// verdict, however the work is cut.
func TestJudgeMany(t *testing.T) {
	const many, bad = 2*verifyBatch + 77, verifyBatch + 3
	w := newWorld(t, 2)
	good := w.pay(0, 1)
	spoilt := bytes.Clone(good)
	spoilt[len(spoilt)-1] ^= 1
	all := make([]*arrival, many)
	for i := range all {
		all[i] = &arrival{raw: good}
		if i == bad {
			all[i].raw = spoilt
		}
	}
	w.app.door.judgeAll(all)
	for i, a := range all {
		if a.tx == nil || (a.err != nil) != (i == bad) {
			t.Fatalf("transaction %d of %d: %v", i, many, a.err)
		}
	}
}

// TestDoorStopsDecoding: a door that closes doesn't wait for all keys to be decoded that
// are expected.
func TestDoorStopsDecoding(t *testing.T) {
	const many = 50_000 // a quarter of a second of work
	keys := sig.NewKeyCache(many)
	expected := make([][]byte, many)
	seed := sha256.Sum256([]byte("expected"))
	for i := range expected {
		// Half of all that is so long is a key.
		seed = sha256.Sum256(seed[:])
		expected[i] = bytes.Clone(seed[:])
		keys.Expect(expected[i])
	}
	newDoor(1, 1, keys).close()
	known := 0
	for _, k := range expected {
		if keys.Known(k) {
			known++
		}
	}
	if known > many/4 {
		t.Errorf("%d of %d keys were decoded before the door was closed", known, many)
	}
}

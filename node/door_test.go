package node

import (
	"bytes"
	"testing"
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

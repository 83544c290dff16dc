package state_test

import (
	"slices"
	"testing"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/state"
)

// A block whose writing ends while an index is searched is seen all the same: what it
// brought is there, what it took away is gone.
func TestScanWhileWritingEnds(t *testing.T) {
	s := open(t, "")
	defer s.Close()
	put := func(o *state.Overlay, k state.Key) { things.Put(o, k, &pb.Holding{Asset: "x", Available: 1}) }
	o := s.Begin()
	put(o, "goes")
	put(o, "stays")
	s.Finalize(o, 1)
	if err := s.Commit(nil); err != nil {
		t.Fatal(err)
	}

	o = s.Begin()
	put(o, "comes")
	things.Delete(o, "goes")
	s.Finalize(o, 2)
	if err := s.Advance(); err != nil {
		t.Fatal(err)
	}
	gate, written := make(chan struct{}), make(chan error, 1)
	go func() { written <- s.Write(func() []state.Local { <-gate; return nil }) }()

	o, ended := s.Begin(), false
	o.Between(func() {
		if ended {
			return
		}
		ended = true
		close(gate)
		if err := <-written; err != nil {
			t.Fatal(err)
		}
	})
	for range 2 { // while it ends, and after
		var got []string
		for _, k := range byTag.Keys(o, "x", "") {
			got = append(got, string(k))
		}
		if !slices.Equal(got, []string{"comes", "stays"}) {
			t.Errorf("found %q", got)
		}
	}
	if !ended || s.Height() != 2 {
		t.Errorf("ended is %t, at height %d", ended, s.Height())
	}
}

package state_test

import (
	"fmt"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/state"
)

// Rows that are on disk alone are in memory once they were read ahead, and so is
// that one isn't there.
func TestAhead(t *testing.T) {
	fs := vfs.NewMem()
	key := func(i int) state.Key { return state.Key(fmt.Sprintf("%02d", i)) }
	for _, fill := range []bool{true, false} {
		s, err := state.OpenRows(fs, 48, 0)
		if err != nil {
			t.Fatal(err)
		}
		if fill {
			o := s.Begin()
			for i := range 60 {
				things.Put(o, key(i), &pb.Holding{Available: 1})
			}
			s.Finalize(o, 1)
			if err := s.Commit(nil); err != nil {
				t.Fatal(err)
			}
		} else {
			for _, i := range []int{57, 58, 99} {
				if s.InMemory(things.Ref(key(i))) {
					t.Fatalf("row %d is in memory from the start", i)
				}
			}
			s.Ahead(3, func(i int, row func(state.Ref)) { row(things.Ref(key([]int{57, 58, 99}[i]))) })
			for _, i := range []int{57, 58, 99} {
				if !s.InMemory(things.Ref(key(i))) {
					t.Errorf("row %d is not in memory", i)
				}
			}
			if h, ok := things.Get(s.Begin(), key(58)); !ok || h.Available != 1 {
				t.Errorf("row 58 is %v", h)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

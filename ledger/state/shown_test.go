package state_test

import (
	"fmt"
	"maps"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/state"
)

// TestShown: who asks to be shown a table's rows as they are read when the store is
// opened is shown each once, and none of a table that he didn't ask for.
func TestShown(t *testing.T) {
	fs := vfs.NewMem()
	s, err := state.OpenOn(fs)
	if err != nil {
		t.Fatal(err)
	}
	o, want := s.Begin(), map[string]string{}
	for i := range 3000 { // more than are handed on at once
		k := fmt.Sprintf("%04d", i)
		h := &pb.Holding{Available: int64(i + 1)}
		things.Put(o, state.Key(k), h)
		want[k] = string(state.Encode(h))
	}
	s.Finalize(o, 1)
	if err := s.Commit(nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, asked := range []bool{true, false} {
		got, tables := map[string]string{}, map[string]int{}
		s, err := state.OpenShown(fs, func(table string) func(key, value []byte) {
			if tables[table]++; table != things.Name() || !asked {
				return nil
			}
			return func(key, value []byte) {
				if _, twice := got[string(key)]; twice {
					t.Errorf("%s is shown twice", key)
				}
				got[string(key)] = string(value)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if asked && !maps.Equal(got, want) || !asked && len(got) > 0 {
			t.Errorf("asked %t: %d of %d rows are shown", asked, len(got), len(want))
		}
		for table, n := range tables {
			if n != 1 {
				t.Errorf("asked %d times about %s", n, table)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

package node

import (
	"bytes"
	"testing"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// Rows beside the state come in the order of the store, also where they begin alike
// or are short.
func TestAppendSorted(t *testing.T) {
	var list []state.Local
	for _, k := range []string{"hbbbbbbbbbb", "hbbbbbbbb", "h", "ha", "hbbbbbbbba", "hbbbbbbbc", "ha\x00", "hbbbbbbbbb\xff"} {
		list = append(list, state.Local{Key: []byte(k), Value: []byte(k)})
	}
	out := appendSorted([]state.Local{{Key: []byte("z")}}, list)
	if len(out) != len(list)+1 || string(out[0].Key) != "z" {
		t.Fatalf("%d rows", len(out))
	}
	for i, l := range out[1:] {
		if i > 0 && bytes.Compare(out[i].Key, l.Key) >= 0 {
			t.Errorf("%q after %q", l.Key, out[i].Key)
		}
		if !bytes.Equal(l.Key, l.Value) {
			t.Errorf("%q has the value of %q", l.Key, l.Value)
		}
	}
}

// A transaction that touches many objects is in the history of each, once.
func TestHistoryOfMany(t *testing.T) {
	const people = 40
	w := newWorld(t, people)
	w.mint(1000)
	var ops []op.Message
	for range 2 {
		for _, p := range w.people[1:] {
			if len(ops) < op.OpsMax {
				ops = append(ops, &pb.TransferRequest{To: p.id, Amount: eur(1)})
			}
		}
	}
	r := w.must(w.people[0].tx(t, ops...))
	v := w.View()
	defer v.Release()
	for i, p := range w.people {
		found := 0
		v.ScanLocal(historyPrefix(nil, p.id), nil, func(key, _ []byte) bool {
			if height, index := historyPlace(key); height == r.Height && index == r.Index+1 {
				found++
			}
			return true
		})
		if found != 1 {
			t.Errorf("person %d has it %d times", i, found)
		}
	}
}

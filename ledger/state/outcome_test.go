package state_test

import (
	"testing"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/state"
)

// TestOutcome: an outcome is had again as long as each record that it came from
// stands there, the missing ones too, and else nothing happens.
func TestOutcome(t *testing.T) {
	s := open(t, "")
	o := s.Begin()
	things.Put(o, "a", &pb.Holding{Party: "1"})
	s.Finalize(o, 1)
	if err := s.Commit(nil); err != nil {
		t.Fatal(err)
	}

	o = s.Begin()
	mark := o.Mark()
	o.Watch()
	a, _ := things.Get(o, "a")
	missing := things.Has(o, "b")
	a.Party = "2"
	things.Put(o, "a", a)
	found, ok := o.Watched(mark)
	if !ok || missing {
		t.Fatalf("%v, %v", ok, missing)
	}
	if o.Redo(found) {
		t.Fatal("the first change is made, and yet it can be made again")
	}
	redo := func(name string, want bool, before func()) {
		t.Helper()
		if !o.Rewind() {
			t.Fatal("no rewind")
		}
		before()
		was, n := peek(o, "a"), o.Mark()
		if got := o.Redo(found); got != want {
			t.Fatalf("%s: %v", name, got)
		}
		if !want && (peek(o, "a") != was || o.Mark() != n) {
			t.Fatalf("%s: something changed", name)
		}
		if want && (peek(o, "a") != "2" || len(o.Since(n)) != 1) {
			t.Fatalf("%s: nothing changed", name)
		}
		if o.Undo(n); peek(o, "a") != was {
			t.Fatalf("%s: not undone", name)
		}
	}
	redo("as it was", true, func() {})
	redo("another row is new", true, func() { things.Put(o, "c", &pb.Holding{Party: "3"}) })
	redo("the row changed", false, func() { things.Put(o, "a", &pb.Holding{Party: "1"}) })
	redo("the row is gone", false, func() { things.Delete(o, "a") })
	redo("the missing row came", false, func() { things.Put(o, "b", &pb.Holding{Party: "3"}) })
	redo("changed and taken back", true, func() {
		m := o.Mark()
		things.Put(o, "a", &pb.Holding{Party: "5"})
		o.Undo(m)
	})

	o.Watch()
	for range byTag.Keys(o, "", "") {
		break
	}
	if _, ok := o.Watched(o.Mark()); ok {
		t.Fatal("what an index said is not noted, and yet known")
	}
}

func peek(r state.Reader, k state.Key) string {
	h, _ := things.Peek(r, k)
	return h.GetParty()
}

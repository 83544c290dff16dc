package state_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	ics23 "github.com/cosmos/ics23/go"
	"pgregory.net/rapid"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/state"
)

// The tables of these tests have numbers that the ledger doesn't use; in this
// test's binary its own tables aren't there anyway.
var (
	things = state.NewTable[pb.Holding](120, "things", nil)
	byTag  = state.NewIndex(things, 120, "things_by_tag", func(_ state.Key, h *pb.Holding) []string {
		return tags(h)
	})
	byUnits = state.NewIndex(things, 117, "things_by_units", func(_ state.Key, h *pb.Holding) []string {
		return []string{fmt.Sprint(h.Available)}
	})
)

// tags are a record's places: none, one, or several with a repetition.
func tags(h *pb.Holding) []string {
	if h.Asset == "" {
		return nil
	}
	return strings.Split(h.Asset, ",")
}

// naive is the model: a map, copied for every mark.
type naive struct {
	rows map[state.Key]*pb.Holding
}

func (n *naive) clone() *naive { return &naive{maps.Clone(n.rows)} }

// scan is what Keys should yield.
func (n *naive) scan(prefix, from string) []string {
	var out []string
	for k, h := range n.rows {
		seen := map[string]bool{}
		for _, tag := range tags(h) {
			place := tag + "\x00" + string(k) + string([]byte{byte(len(k) >> 8), byte(len(k))})
			if !seen[place] && strings.HasPrefix(place, prefix) && place >= from {
				out = append(out, place)
			}
			seen[place] = true
		}
	}
	slices.Sort(out)
	return out
}

func scan(r state.Reader, prefix, from string) []string {
	var out []string
	for place := range byTag.Keys(r, prefix, from) {
		out = append(out, place)
	}
	return out
}

func open(t interface{ Fatal(...any) }, dir string) *state.Store {
	s, err := state.Open(dir, state.Options{InMemory: dir == "", CacheBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var (
	someKey  = rapid.SampledFrom([]state.Key{"a", "b", "c", "aa", "ab", "b\x00x", "zz", ""})
	someTags = rapid.SampledFrom([]string{"", "x", "y", "x,y", "x,x", "xx", "x\x00y", "y,xx"})
	somePart = rapid.SampledFrom([]string{"", "x", "xx", "y", "x\x00", "z"})
)

// run does random things to store and model alike, block by block.
func run(t *rapid.T, s *state.Store, n *naive, blocks int, check func(o *state.Overlay)) {
	w := &writer{s: s}
	defer w.close()
	w.run(t, n, blocks, check)
	w.settle(t)
}

// run is run, of which the last block may be unwritten yet.
func (w *writer) run(t *rapid.T, n *naive, blocks int, check func(o *state.Overlay)) {
	s := w.s
	height := s.Height()
	for range blocks {
		ahead(t, s)
		o := s.Begin()
		type mark struct {
			m state.Mark
			n *naive
		}
		var marks []mark
		was := n.clone()
		for range rapid.IntRange(0, 12).Draw(t, "steps") {
			k := someKey.Draw(t, "key")
			w.reads(k)
			switch rapid.IntRange(0, 7).Draw(t, "act") {
			case 0, 1, 2:
				h := &pb.Holding{Asset: someTags.Draw(t, "tags"), Available: rapid.Int64Range(1, 5).Draw(t, "units")}
				things.Put(o, k, h)
				n.rows[k] = h
			case 3:
				things.Delete(o, k)
				delete(n.rows, k)
			case 4:
				marks = append(marks, mark{o.Mark(), n.clone()})
			case 5:
				if len(marks) > 0 {
					last := marks[len(marks)-1]
					marks = marks[:len(marks)-1]
					o.Undo(last.m)
					*n = *last.n
				}
			case 6:
				if !o.Rewind() {
					t.Fatal("no way back to where the block began")
				}
				marks, *n = nil, *was.clone()
			case 7: // a look at what was committed, which may push out what this one read
				ahead(t, s)
				compare(t, w, s.Begin(), was)
			}
			compare(t, w, o, n)
		}
		if check != nil {
			check(o)
		}
		w.reaches(executed)
		height++
		root := s.Finalize(o, height)
		w.settle(t)
		w.commit(t, n.clone(), root)
		if o.Rewind() {
			t.Fatal("back to before a block that was advanced to")
		}
	}
}

// ahead reads some rows before they are needed, most of which are there.
func ahead(t *rapid.T, s *state.Store) {
	keys := rapid.SliceOfN(someKey, 0, 40).Draw(t, "ahead")
	s.Ahead(len(keys), func(i int, row func(state.Ref)) {
		row(things.Ref(keys[i]))
		row(things.Ref(keys[len(keys)-1-i]))
	})
}

// compare compares what a reader sees with the model. w writes what is being written.
func compare(t *rapid.T, w *writer, r state.Reader, n *naive) {
	for _, k := range []state.Key{"a", "b", "c", "aa", "ab", "b\x00x", "zz", ""} {
		w.reads(k)
		got, ok := things.Get(r, k)
		if want := n.rows[k]; ok != (want != nil) || ok && !bytes.Equal(state.Encode(got), state.Encode(want)) {
			t.Fatalf("%T: %q is %v, want %v", r, k, got, want)
		}
	}
	// An overlay keeps only what somebody asked an index.
	if rapid.Bool().Draw(t, "units") {
		var got, want []state.Key
		for _, k := range byUnits.Keys(r, "3", "") {
			got = append(got, k)
		}
		for k, h := range n.rows {
			if h.Available == 3 {
				want = append(want, k)
			}
		}
		slices.Sort(got)
		if slices.Sort(want); !slices.Equal(got, want) {
			t.Fatalf("%T: of 3 units are %q, want %q", r, got, want)
		}
	}
	if rapid.Bool().Draw(t, "no tags") {
		return
	}
	prefix, from := somePart.Draw(t, "prefix"), somePart.Draw(t, "from")
	if got, want := scan(r, prefix, from), n.scan(prefix, from); !slices.Equal(got, want) {
		t.Fatalf("%T: scan of %q from %q: %q, want %q", r, prefix, from, got, want)
	}
}

// Overlay, View and the store against maps.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := open(t, "")
		defer s.Close()
		run(t, s, &naive{map[state.Key]*pb.Holding{}}, 4, nil)
	})
}

// The same where next to no row stays in memory, so that what a block left is
// forgotten while it is being written.
func TestModelSmall(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, err := state.OpenSmall(rapid.IntRange(1, 4).Draw(t, "rows"), rapid.SampledFrom([]int64{0, 1 << 20}).Draw(t, "packed"))
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		run(t, s, &naive{map[state.Key]*pb.Holding{}}, 4, nil)
	})
}

// The same over restarts, where some rows, all, or none are in memory from the
// start.
func TestModelReopened(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fs := vfs.NewMem()
		n := &naive{map[state.Key]*pb.Holding{}}
		for range 3 {
			s, err := state.OpenRows(fs, rapid.SampledFrom([]int{1, 2, 6, 12, 100}).Draw(t, "rows"), rapid.SampledFrom([]int64{0, 1 << 20}).Draw(t, "packed"))
			if err != nil {
				t.Fatal(err)
			}
			if rapid.Bool().Draw(t, "narrow") {
				s.Narrow()
			}
			run(t, s, n, 2, nil)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// What is written while a scan goes on is seen by it, if it lies ahead. The block before
// may be unwritten, or be written anywhere in the course of it.
func TestScanWhileWriting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := open(t, "")
		defer s.Close()
		n := &naive{map[state.Key]*pb.Holding{}}
		w := &writer{s: s}
		defer w.close()
		w.run(t, n, 2, nil)
		o := s.Begin()
		end := func() {
			if w.written != nil && rapid.IntRange(0, 19).Draw(t, "end") == 0 {
				w.settle(t)
			}
		}
		o.Between(end)
		was := n.clone()
		for range 5 {
			*n = *was.clone()
			last := ""
			for place := range byTag.Keys(o, "", "") {
				if left := n.scan("", last); len(left) == 0 || left[0] != place {
					t.Fatalf("after %q came %q, want the first of %q", last, place, left)
				}
				last = place + "\x00"
				end()
				k := someKey.Draw(t, "key")
				if rapid.Bool().Draw(t, "delete") {
					things.Delete(o, k)
					delete(n.rows, k)
					continue
				}
				h := &pb.Holding{Asset: someTags.Draw(t, "tags"), Available: 1}
				if strings.Contains(h.Asset, "y") && rapid.Bool().Draw(t, "less") {
					h.Asset = "x"
				}
				things.Put(o, k, h)
				n.rows[k] = h
			}
			if left := n.scan("", last); len(left) > 0 {
				t.Fatalf("the scan ended before %q", left)
			}
			if !o.Rewind() {
				t.Fatal("no way back to where the block began")
			}
		}
		w.settle(t)
	})
}

// Proofs of a height from its view, after rows were changed, removed and made
// by the block that followed.
func TestProofsAfterChanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := open(t, "")
		defer s.Close()
		n := &naive{map[state.Key]*pb.Holding{}}
		run(t, s, n, 2, nil)
		for range 3 {
			was, root, height := n.clone(), s.Root(), s.Height()
			v := s.View()
			run(t, s, n, 1, nil)
			for _, k := range []state.Key{"a", "b", "c", "aa", "ab", "b\x00x", "zz", "", "never"} {
				if root == [32]byte{} {
					continue // ICS-23 has no proof under an empty tree's root
				}
				p, err := things.Prove(v, k)
				if err != nil {
					t.Fatal(err)
				}
				if p.Height != height || p.Root != root {
					t.Fatalf("proof of height %d, root %x; want %d, %x", p.Height, p.Root, height, root)
				}
				verify(t, p, k, was.rows[k])
			}
			v.Release()
		}
	})
}

func verify(t *rapid.T, p *state.Proof, k state.Key, want *pb.Holding) {
	ok := false
	switch {
	case want != nil && bytes.Equal(p.Value, state.Encode(want)):
		ok = ics23.VerifyMembership(ics23.SmtSpec, p.Root[:], p.Proof, p.Key, p.Value)
	case want == nil && p.Value == nil:
		ok = ics23.VerifyNonMembership(ics23.SmtSpec, p.Root[:], p.Proof, p.Key)
	}
	if !ok {
		t.Fatalf("%q: the proof doesn't verify: value %x, want %v", k, p.Value, want)
	}
}

// What a journal undone says is as if nothing had been.
func TestUndoLeavesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := open(t, "")
		defer s.Close()
		n := &naive{map[state.Key]*pb.Holding{}}
		run(t, s, n, 2, nil)
		root := s.Root()
		was := n.clone()
		run(t, s, n, 1, func(o *state.Overlay) {
			o.Undo(0)
			*n = *was
			if len(o.Since(0)) != 0 {
				t.Fatal("the journal isn't empty")
			}
			compare(t, &writer{s: s}, o, n) // of a block that is not held back
		})
		if s.Root() != root {
			t.Fatal("the root changed")
		}
	})
}

func ExampleKey_String() {
	fmt.Println(state.Join("p_a", "EUR@bank"))
	// Output: p_a/EUR@bank
}

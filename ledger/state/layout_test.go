package state_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/cockroachdb/pebble/v2"

	"github.com/troth-ledger/troth/ledger/state"
)

var headKey = []byte("\x00h")

// tamper opens a store in dir, changes what it is kept in, and closes it.
func tamper(t *testing.T, dir string, fn func(db *pebble.DB, head []byte) error) {
	t.Helper()
	s := open(t, dir)
	b, closer, err := s.Raw().Get(headKey)
	if err != nil {
		t.Fatal(err)
	}
	head := append([]byte(nil), b...)
	if err := errors.Join(closer.Close(), fn(s.Raw(), head), s.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestReindex: a store of a program with other indexes, or one that was stopped while it
// made them anew, gets this program's when it is opened, and is what it was.
func TestReindex(t *testing.T) {
	for name, layout := range map[string]byte{"another program's": 7, "stopped half way": 0} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir)
			fill(t, s, 3, 2000)
			root := s.Root()
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			tamper(t, dir, func(db *pebble.DB, head []byte) error {
				for i := 40; i < len(head); i++ {
					head[i] = layout
				}
				return errors.Join(db.Set(headKey, head, nil), db.Set([]byte("\x02\x77gone"), nil, nil),
					db.DeleteRange([]byte("\x02x"), []byte("\x02y"), nil), db.Set([]byte("\x02xq\x00none\x00\x04"), nil, nil))
			})
			if _, err := state.Open(dir, state.Options{ReadOnly: true}); !errors.Is(err, state.ErrLayout) {
				t.Fatalf("opened to be read: %v", err)
			}
			for again := range 2 { // the second time there is nothing to do
				var told []int
				s, err := state.Open(dir, state.Options{Reindexing: func(rows, of int) { told = append(told, rows, of) }})
				if err != nil {
					t.Fatal(err)
				}
				if last := len(told) - 2; (last < 0) != (again == 1) || last >= 0 && (told[last] != 6000 || told[last+1] != 6000) {
					t.Errorf("opened with %v of the rows told", told)
				}
				v := s.View()
				if faults := v.Check(func(int) {}); len(faults) > 0 {
					t.Fatal(faults)
				}
				n := 0
				for range byTag.Keys(v, "x", "") {
					n++
				}
				if n != 6000 || s.Root() != root || s.Height() != 3 {
					t.Fatalf("height %d, %d entries, root %x; was 3, 6000, %x", s.Height(), n, s.Root(), root)
				}
				v.Release()
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
			}
			s, err := state.Open(dir, state.Options{ReadOnly: true})
			if err != nil {
				t.Fatal(err)
			}
			_ = s.Close()
		})
	}
}

// TestOldLayout: a store from before layouts were recorded is refused, and left as it is.
func TestOldLayout(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	fill(t, s, 1, 1)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	var was []byte
	tamper(t, dir, func(db *pebble.DB, head []byte) error {
		was = head
		return db.Set(headKey, head[:40], nil)
	})
	for range 2 {
		if _, err := state.Open(dir, state.Options{}); !errors.Is(err, state.ErrLayout) {
			t.Fatalf("it is opened: %v", err)
		}
	}
	db, err := pebble.Open(dir, &pebble.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Set(headKey, was, pebble.Sync), db.Close()); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir)
	defer s.Close()
	v := s.View()
	defer v.Release()
	if faults := v.Check(func(int) {}); len(faults) > 0 {
		t.Error(faults)
	}
}

// TestRestoreOfAnotherLayout: what another program began to restore is begun again, for
// its chunks were put into other indexes.
func TestRestoreOfAnotherLayout(t *testing.T) {
	s := open(t, "")
	defer s.Close()
	fill(t, s, 3, 400)
	f, chunks := frozen(t, s, 2000)
	defer f.Release()
	dir := t.TempDir()
	r := restore(t, dir, f.Snapshot)
	if err := r.Apply(0, chunks[0]); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if r = restore(t, dir, f.Snapshot); r.Held() != 1 {
		t.Fatalf("%d chunks are held after a pause, not 1", r.Held())
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := pebble.Open(dir, &pebble.Options{})
	if err != nil {
		t.Fatal(err)
	}
	key := []byte("\x00s")
	b, closer, err := db.Get(key)
	if err != nil {
		t.Fatal(err)
	}
	other := bytes.Clone(b)
	other[45]++
	if err := errors.Join(closer.Close(), db.Set(key, other, pebble.Sync), db.Close()); err != nil {
		t.Fatal(err)
	}
	r = restore(t, dir, f.Snapshot)
	if r.Held() != 0 {
		t.Errorf("%d chunks of another program are held", r.Held())
	}
	for i, c := range chunks {
		if err := r.Apply(i, c); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Finish(nil); err != nil {
		t.Fatal(err)
	}
	again := open(t, dir)
	defer again.Close()
	if contents(again) != contents(s) {
		t.Error("it was restored otherwise")
	}
}

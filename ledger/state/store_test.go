package state_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/state"
)

// fill commits blocks of so many rows each.
func fill(t testing.TB, s *state.Store, blocks, rows int) {
	t.Helper()
	for range blocks {
		o := s.Begin()
		h := s.Height() + 1
		for i := range rows {
			things.Put(o, state.Key(fmt.Sprintf("row %d of %d", i, h)), &pb.Holding{Asset: "x", Available: h})
		}
		s.Finalize(o, h)
		if err := s.Commit([]state.Local{{Key: fmt.Appendf(nil, "local %d", h), Value: []byte("v")}}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReopen(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	fill(t, s, 3, 10)
	root, n := s.Root(), s.Len()
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	s = open(t, dir)
	if s.Root() != root || s.Height() != 3 || s.Len() != n {
		t.Fatalf("height %d, %d rows, root %x; was 3, %d, %x", s.Height(), s.Len(), s.Root(), n, root)
	}
	v := s.View()
	if b, ok := v.Local([]byte("local 2")); !ok || string(b) != "v" {
		t.Error("a local row is gone")
	}
	if p, err := things.Prove(v, "row 0 of 3"); err != nil || p.Root != root || p.Height != 3 || p.Value == nil {
		t.Errorf("proof %v, %v", p, err)
	}
	v.Release()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// A view stays as it was while blocks go by, and Close waits for it.
func TestViewStays(t *testing.T) {
	s := open(t, "")
	fill(t, s, 2, 10)
	v := s.View()
	root := v.Root()
	fill(t, s, 20, 10)
	if _, ok := things.Peek(v, "row 0 of 3"); ok || v.Root() != root || v.Height() != 2 {
		t.Fatal("the view moved")
	}
	if p, err := things.Prove(v, "row 0 of 1"); err != nil || p.Height != 2 || p.Root != root || p.Value == nil {
		t.Fatalf("%v, %v", p, err)
	}
	var wg sync.WaitGroup
	start := time.Now()
	wg.Go(func() {
		time.Sleep(50 * time.Millisecond)
		v.Release()
	})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if time.Since(start) < 50*time.Millisecond {
		t.Error("Close didn't wait")
	}
	wg.Wait()
}

// Readers and a writer at the same time, for the race detector.
func TestReadersBesideWriter(t *testing.T) {
	s := open(t, "")
	fill(t, s, 2, 50)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				v := s.View()
				key := state.Key(fmt.Sprintf("row 7 of %d", v.Height()))
				if h, ok := things.Get(v, key); !ok || h.Available != v.Height() {
					t.Errorf("%s is %v", key, h)
				}
				n := 0
				for range byTag.Keys(v, "x", "") {
					n++
				}
				if n != int(v.Height())*50 {
					t.Errorf("%d entries at height %d", n, v.Height())
				}
				if p, err := things.Prove(v, key); err != nil || p.Value == nil {
					t.Errorf("%v, %v", p, err)
				}
				_, _, _ = s.Len(), s.Root(), s.Height()
				v.Release()
			}
		})
	}
	fill(t, s, 30, 50)
	close(stop)
	wg.Wait()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// One bit changed anywhere in what the tree vouches for is found when the store
// is opened.
func TestDamaged(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	fill(t, s, 20, 100)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*.sst"))
	if len(files) == 0 {
		t.Fatal("no table on disk")
	}
	found, asked := 0, 0
	for _, file := range files {
		good, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for at := len(good) / 256; at < len(good); at += len(good)/128 + 1 {
			bad := bytes.Clone(good)
			bad[at] ^= 1
			if err := os.WriteFile(file, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := state.Open(dir, state.Options{CacheBytes: 1 << 20})
			if err == nil { // where opening doesn't read: what is asked for is there, or found damaged
				asked++
				err = errors.Join(ask(s), s.Close())
			} else if found++; !errors.Is(err, state.ErrDamaged) || !strings.Contains(err.Error(), dir) && !strings.Contains(err.Error(), "table things") && !strings.Contains(err.Error(), "head") {
				t.Errorf("bit at %d of %d: %v", at, len(good), err)
			} else {
				err = nil
			}
			if err != nil {
				t.Errorf("bit at %d of %d: %v", at, len(good), err)
			}
		}
		if err := os.WriteFile(file, good, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if found == 0 || asked == 0 {
		t.Errorf("%d damages were found at the start, %d were not", found, asked)
	}
	if err := open(t, dir).Close(); err != nil {
		t.Fatal(err)
	}
}

// ask reads every row, each by its key, and an index.
func ask(s *state.Store) (err error) {
	v := s.View()
	defer v.Release()
	defer func() {
		if r := recover(); r != nil {
			if bad, ok := r.(error); !ok || !errors.Is(bad, state.ErrDamaged) {
				err = fmt.Errorf("reading panics with %v", r)
			}
		}
	}()
	for range byTag.Keys(v, "", "") {
	}
	for i := range 2000 {
		if k := state.Key(fmt.Sprintf("row %d of %d", i%100, i/100+1)); !things.Has(v, k) {
			return fmt.Errorf("%q is not there", k)
		}
	}
	return nil
}

// A store that can't be opened for another reason is not called damaged.
func TestNotDamaged(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	defer s.Close()
	if _, err := state.Open(dir, state.Options{}); err == nil || errors.Is(err, state.ErrDamaged) {
		t.Errorf("opened twice: %v", err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := state.Open(file, state.Options{}); err == nil || errors.Is(err, state.ErrDamaged) {
		t.Errorf("a file in its place: %v", err)
	}
}

// TestKeyIndex: rows are found by their key's parts, whatever becomes of their
// records.
func TestKeyIndex(t *testing.T) {
	s := open(t, "")
	defer s.Close()
	found := func(r state.Reader) (out []string) {
		for _, k := range byPart.Keys(r, "b\x00", "") {
			out = append(out, k.String())
		}
		return out
	}
	want := func(o *state.Overlay, rows ...string) {
		t.Helper()
		if got := found(o); !slices.Equal(got, rows) {
			t.Fatalf("found %v, want %v", got, rows)
		}
	}
	o := s.Begin()
	for _, k := range []state.Key{state.Join("a", "b"), state.Join("c", "b"), state.Join("b", "a")} {
		plain.Put(o, k, &pb.Quota{Micro: 1})
	}
	want(o, "a/b", "c/b")
	s.Finalize(o, 1)
	if err := s.Commit(nil); err != nil {
		t.Fatal(err)
	}
	o = s.Begin()
	plain.Put(o, state.Join("a", "b"), &pb.Quota{Micro: 2})
	want(o, "a/b", "c/b")
	m := o.Mark()
	plain.Delete(o, state.Join("a", "b"))
	plain.Put(o, state.Join("d", "b"), &pb.Quota{Micro: 3})
	want(o, "c/b", "d/b")
	o.Undo(m)
	want(o, "a/b", "c/b")
	plain.Delete(o, state.Join("c", "b"))
	plain.Put(o, state.Join("e", "b"), &pb.Quota{Micro: 3})
	if !o.Rewind() {
		t.Fatal("no way back")
	}
	want(o, "a/b", "c/b")
	plain.Put(o, state.Join("a", "b"), &pb.Quota{Micro: 4})
	plain.Delete(o, state.Join("c", "b"))
	s.Finalize(o, 2)
	if err := s.Commit(nil); err != nil {
		t.Fatal(err)
	}
	v := s.View()
	defer v.Release()
	if got := found(v); !slices.Equal(got, []string{"a/b"}) {
		t.Fatalf("found %v", got)
	}
}

// plain has no index but one by its keys.
var (
	plain  = state.NewTable[pb.Quota](122, "plain", nil)
	byPart = state.NewKeyIndex(plain, 122, "plain_by_part", func(k state.Key) []string { return strings.Split(string(k), "\x00")[1:] })
)

// TestGuessBatch: a block of few rows and much beside them must not make the next one
// take all memory.
func TestGuessBatch(t *testing.T) {
	for _, row := range []struct{ bytes, before, rows, least, most int }{
		{0, 0, 0, 1 << 10, 1 << 13},
		{0, 0, 10_000, 5_120_000, 5_130_000},
		{10_000 * 800, 10_000, 10_000, 9_000_000, 9_010_000},
		{20 << 20, 64, 10_000, 20_480_000, 20_490_000},
		{20 << 20, 64, 1_000_000, 64 << 20, 64 << 20},
		{20 << 20, 63, 1000, 500 << 10, 600 << 10}, // too few to go by
	} {
		if got := state.GuessBatch(row.bytes, row.before, row.rows); got < row.least || got > row.most {
			t.Errorf("%+v: %d", row, got)
		}
	}
}

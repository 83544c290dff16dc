package state_test

import (
	"crypto/sha256"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"

	"github.com/troth-ledger/troth/ledger/state"
)

// TestCheck breaks each thing that is kept twice.
func TestCheck(t *testing.T) {
	const key = "row 0 of 1"
	set := func(k, v string) func(*pebble.DB) error {
		return func(db *pebble.DB) error { return db.Set([]byte(k), []byte(v), nil) }
	}
	drop := func(k string) func(*pebble.DB) error {
		return func(db *pebble.DB) error { return db.Delete([]byte(k), nil) }
	}
	hash := sha256.Sum256([]byte("x" + key))
	place := "\x02xx\x00" + key + "\x00\x0a"
	for name, c := range map[string]struct {
		do   func(*pebble.DB) error
		want string
	}{
		"nothing":             {func(*pebble.DB) error { return nil }, ""},
		"no index entry":      {drop(place), `the index things_by_tag of things lacks "row 0 of 1"`},
		"an entry too many":   {set("\x02xq\x00"+key+"\x00\x0a", ""), "at a place where it doesn't belong"},
		"an entry of no row":  {set("\x02xx\x00none\x00\x04", ""), `names things "none", which is not there`},
		"an entry of nothing": {set("\x02xx", ""), "that names no row"},
		"no hash":             {drop("\x04" + string(hash[:16])), "isn't found by its hash"},
		"a hash too many":     {set("\x04"+strings.Repeat("q", 16), "xnone"), "that is not there"},
		"a row of no table":   {set("\x01\x77key", "value"), "of table 119, which no table is"},
		"an unknown index":    {set("\x02\x77key", ""), "keeps nothing"},
		"an unknown space":    {set("\x41key", ""), "keeps nothing"},
		"no record":           {set("\x01x"+key, "\xff"), "is no record"},
		"encoded otherwise":   {set("\x01x"+key, "\x18\x01\x12\x01x"), "is not encoded as the program would"},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, "")
			defer s.Close()
			fill(t, s, 2, 3)
			if err := c.do(s.Raw()); err != nil {
				t.Fatal(err)
			}
			fill(t, s, 1, 1) // for a view after it
			v := s.View()
			defer v.Release()
			var all []string
			for _, err := range v.Check(func(int) {}) {
				all = append(all, err.Error())
			}
			if got := strings.Join(all, "\n"); c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("found %q, want %q", got, c.want)
			}
		})
	}
}

// TestLoad moves a state to another store, row by row.
func TestLoad(t *testing.T) {
	s := open(t, "")
	defer s.Close()
	for h := range int64(30) {
		if err := apply(s, 7, h+1); err != nil {
			t.Fatal(err)
		}
	}
	v := s.View()
	defer v.Release()
	dir := filepath.Join(t.TempDir(), "copy")
	load := func(dir string) *state.Loader {
		l, err := state.NewLoader(dir)
		if err != nil {
			t.Fatal(err)
		}
		for r, err := range v.Rows() {
			if err != nil {
				t.Fatal(err)
			}
			if err := l.Add(r); err != nil {
				t.Fatal(err)
			}
		}
		for u, err := range v.UsedRows() {
			if err != nil {
				t.Fatal(err)
			}
			if err := l.AddUsed(u); err != nil {
				t.Fatal(err)
			}
		}
		return l
	}
	l := load(dir)
	if err := l.Add(state.Row{Table: 120, Key: "a"}); err == nil {
		t.Error("a row out of order is taken")
	}
	if err := l.Add(state.Row{Table: 121, Key: "a"}); err == nil {
		t.Error("a row of no table is taken")
	}
	if err := l.Finish(v.Height(), v.Root()); err != nil {
		t.Fatal(err)
	}
	c, err := state.Open(dir, state.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	w := c.View()
	if w.Root() != v.Root() || w.Height() != v.Height() || c.Len() != s.Len() {
		t.Errorf("height %d with %d rows, root %x", w.Height(), c.Len(), w.Root())
	}
	if faults := w.Check(func(int) {}); len(faults) > 0 {
		t.Error(faults)
	}
	if h, ok := things.Get(w, "row 1"); ok && h.Available == 0 {
		t.Errorf("row 1 is %v", h)
	}
	w.Release()
	if err := c.Close(); err != nil {
		t.Error(err)
	}

	dir += "2"
	if err := load(dir).Finish(v.Height(), [32]byte{1}); err != nil {
		t.Fatal(err)
	}
	if _, err := state.Open(dir, state.Options{}); err == nil {
		t.Error("a root that the rows don't hash to is taken")
	}
	if _, err := state.NewLoader(dir); err == nil {
		t.Error("a store is loaded over another")
	}
}

package state

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble/v2"
)

// faultsMax is how many faults a check tells before it gives up.
const faultsMax = 100

// Check compares everything that is kept twice, as of the view: each row with
// its record's encoding, with every index, and with what finds it by its hash;
// and all of those with the rows. That the rows are those that the root commits
// to, Open has checked. It returns what is wrong, at most 100 faults; seen is
// told from time to time how many rows it has come through.
func (v *View) Check(seen func(rows int)) []error {
	c := &checker{view: v}
	rows := 0
	for r, err := range v.Rows() {
		if err != nil {
			c.fault("%w", err)
			break
		}
		if rows++; rows%1024 == 0 {
			seen(rows)
		}
		if c.row(r); len(c.faults) >= faultsMax {
			return c.faults
		}
	}
	seen(rows)
	for _, ix := range registry.indexes {
		if ix != nil {
			c.index(ix)
		}
	}
	c.preimages(rows)
	c.spaces()
	return c.faults
}

type checker struct {
	view    *View
	entries [128]int // by index: how many there should be
	faults  []error
}

func (c *checker) fault(format string, args ...any) {
	if len(c.faults) < faultsMax {
		c.faults = append(c.faults, fmt.Errorf(format, args...))
	}
}

// look reads a value and says whether there is one.
func (c *checker) look(key []byte) (value []byte, ok bool) {
	b, closer, err := c.view.snap.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, false
	}
	if err != nil {
		c.fault("%w: %w", ErrDamaged, err)
		return nil, false
	}
	defer closer.Close()
	return bytes.Clone(b), true
}

func (c *checker) there(key []byte) bool {
	_, ok := c.look(key)
	return ok
}

func (c *checker) row(r Row) {
	if int(r.Table) >= len(registry.tables) || registry.tables[r.Table] == nil {
		c.fault("there is a row %q of table %d, which no table is", r.Key, r.Table)
		return
	}
	t := registry.tables[r.Table]
	rec := t.fresh()
	if err := rec.UnmarshalVT(r.Value); err != nil {
		c.fault("%s %q is no record: %w", t.name, r.Key, err)
		return
	}
	if !bytes.Equal(encode(rec), r.Value) {
		c.fault("%s %q is not encoded as the program would", t.name, r.Key)
	}
	key := rowKey(t, r.Key)
	if at, _ := c.look(preimageKey(sum(key))); !bytes.Equal(at, key) {
		c.fault("%s %q isn't found by its hash: a proof that its neighbour is absent would fail", t.name, r.Key)
	}
	for _, ix := range t.indexes {
		for _, place := range unique(ix.entries(r.Key, rec)) {
			c.entries[ix.id]++
			if !c.there(dbIndex(nil, ix, entry(place, r.Key))) {
				c.fault("the index %s of %s lacks %q", ix.name, t.name, r.Key)
			}
		}
	}
}

func unique(list []string) []string { return slices.Compact(slices.Sorted(slices.Values(list))) }

// index looks the other way: from each entry to its row.
func (c *checker) index(ix *index) {
	n := 0
	low := []byte{spaceIndex, ix.id}
	c.view.walk(low, after(low), func(key, _ []byte) bool {
		n++
		return true
	}, func(err error) { c.fault("index %s: %w", ix.name, err) })
	if n == c.entries[ix.id] {
		return // all that should be there are, and no other
	}
	c.fault("the index %s of %s has %d entries, not %d", ix.name, ix.table.name, n, c.entries[ix.id])
	c.view.walk(low, after(low), func(key, _ []byte) bool {
		c.entry(ix, string(key[2:]))
		return len(c.faults) < faultsMax
	}, func(error) {})
}

// entry says where an entry leads nowhere.
func (c *checker) entry(ix *index, e string) {
	if n := len(e); n < 3 || int(e[n-2])<<8|int(e[n-1]) > n-3 {
		c.fault("the index %s has an entry %q that names no row", ix.name, e)
		return
	}
	k := splitEntry(e)
	b, ok := c.look(dbRow(nil, ix.table, k))
	rec := ix.table.fresh()
	if !ok || rec.UnmarshalVT(b) != nil {
		c.fault("the index %s names %s %q, which is not there", ix.name, ix.table.name, k)
		return
	}
	if !slices.ContainsFunc(ix.entries(k, rec), func(place string) bool { return entry(place, k) == e }) {
		c.fault("the index %s has %s %q at a place where it doesn't belong", ix.name, ix.table.name, k)
	}
}

// preimages: every row has one, so a row too many among them shows in their
// number.
func (c *checker) preimages(rows int) {
	n := 0
	c.view.walk([]byte{spacePreimage}, []byte{spacePreimage + 1}, func(key, value []byte) bool {
		n++
		if !c.there(append([]byte{spaceRow}, value...)) {
			c.fault("the hash %x leads to a row %q that is not there", key[1:], value)
		}
		return len(c.faults) < faultsMax
	}, func(err error) { c.fault("hashes: %w", err) })
	if n != rows {
		c.fault("%d rows can be found by their hash; there are %d", n, rows)
	}
}

// spaces: there is nothing where nothing should be, and no index that no table
// has.
func (c *checker) spaces() {
	for id, ix := range registry.indexes {
		if low := []byte{spaceIndex, byte(id)}; ix == nil {
			c.none(low, after(low))
		}
	}
	c.none([]byte{spaceIndex, byte(len(registry.indexes))}, []byte{spaceIndex + 1})
	c.none([]byte{spaceUsed + 1}, nil)
}

func (c *checker) none(low, high []byte) {
	c.view.walk(low, high, func(key, _ []byte) bool {
		c.fault("there is something at %x, where this program keeps nothing", key)
		return false
	}, func(err error) { c.fault("%w", err) })
}

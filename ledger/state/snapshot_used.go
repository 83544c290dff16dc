package state

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble/v2"
)

// A chunk of used keys has rows of them, the latest first. A minute's digest
// covers its rows from the first on, so what is sent first is what the tree
// commits to: a chunk that ends within a minute says what the digest was before
// its last row, and the next chunk must lead there. Taken in order, each proves
// itself, as far as it goes: how many rows it has is in the snapshot's
// description, or a chunk cut off between two minutes would pass, and the next
// one, an honest one perhaps, seem wrong. It is that digest (or nothing) and then
// rows to the end: minute, keys; numbers and lengths as in a chunk of rows. The
// heights of rows are not sent: nothing commits to them, and their order is enough.

// usedPart is where a chunk of used keys is: rows from the first to the last, by
// their keys in the store, descending.
type usedPart struct {
	first, last []byte
	before      []byte
	rows        uint32
}

// usedEntry is a row of used keys.
type usedEntry struct {
	minute uint32
	keys   []byte
}

// cutUsed cuts the used keys into chunks.
func (f *Frozen) cutUsed(seals Seals, want int) (out []usedPart, err error) {
	var minutes []uint32
	digests := make(map[uint32][]byte)
	for m, d := range seals.Minutes(f.view) {
		minutes, digests[m] = append(minutes, m), d
	}
	full := 0
	for _, m := range slices.Backward(minutes) {
		type cut struct {
			at     []byte
			size   int
			before []byte
		}
		var rows []cut
		var digest []byte
		err := f.view.usedIn(usedRow(m, 0), usedRow(m+1, 0), func(it *pebble.Iterator) bool {
			rows = append(rows, cut{slices.Clone(it.Key()), len(it.Value()) + 24, digest})
			digest = seals.Fold(digest, it.Value())
			return true
		})
		if err != nil {
			return nil, err
		}
		if !bytes.Equal(digest, digests[m]) {
			// The keys of a minute that is over go, and its digest is to follow.
			return nil, fmt.Errorf("state: at height %d not all used keys of minute %d are there", f.Height, m)
		}
		for _, r := range slices.Backward(rows) {
			if len(out) == 0 || full+r.size > want {
				out, full = append(out, usedPart{first: r.at}), 0
			}
			p := &out[len(out)-1]
			p.last, p.before = r.at, r.before
			p.rows++
			full += r.size
		}
	}
	return out, nil
}

// usedIn yields rows of used keys in order.
func (v *View) usedIn(low, high []byte, fn func(*pebble.Iterator) bool) error {
	it, err := v.snap.NewIter(&pebble.IterOptions{LowerBound: low, UpperBound: high})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return each(it, func() bool { return fn(it) })
}

func (f *Frozen) usedChunk(p usedPart) ([]byte, error) {
	var rows [][]byte
	err := f.view.usedIn(p.last, append(slices.Clone(p.first), 0), func(it *pebble.Iterator) bool {
		b := binary.AppendUvarint(nil, uint64(usedMinute(it.Key())))
		rows = append(rows, appendBytes(b, it.Value()))
		return true
	})
	slices.Reverse(rows)
	return append(appendBytes(nil, p.before), bytes.Join(rows, nil)...), err
}

// decodeUsed reads a chunk of used keys.
func decodeUsed(chunk []byte) (before []byte, rows []usedEntry, err error) {
	in := &input{rest: chunk}
	before = in.bytes()
	for len(in.rest) > 0 {
		e := usedEntry{uint32(in.number(1<<32 - 1)), in.bytes()}
		if in.bad == nil && (len(e.keys) == 0 || len(e.keys)%len(UsedKey{}) != 0) {
			in.fail("a row of used keys is empty or of half keys")
		}
		if n := len(rows); in.bad == nil && n > 0 && e.minute > rows[n-1].minute {
			in.fail("rows of used keys are not in order")
		}
		rows = append(rows, e)
	}
	if in.bad == nil && (len(rows) == 0 || len(before) != 0 && len(before) != 32) {
		in.fail("no used keys, or no digest before them")
	}
	return before, rows, in.bad
}

// usedTail is how far the used keys are restored: every minute from minute on,
// or that one but for what leads to the digest rest.
type usedTail struct {
	minute uint32
	rows   int64  // of the minute
	rest   []byte // empty where the minute is whole
	begun  bool
}

func (t usedTail) encode() []byte {
	b := binary.BigEndian.AppendUint32(nil, t.minute)
	return append(binary.BigEndian.AppendUint64(b, uint64(t.rows)), t.rest...)
}

func decodeTail(b []byte) usedTail {
	return usedTail{binary.BigEndian.Uint32(b), int64(binary.BigEndian.Uint64(b[4:])), bytes.Clone(b[12:]), true}
}

// check checks a chunk of used keys behind the tail and returns the next tail.
func (t usedTail) check(digestBefore []byte, rows []usedEntry, seals Seals, state Reader) (usedTail, error) {
	for len(rows) > 0 {
		minute, n := rows[0].minute, 0
		for n < len(rows) && rows[n].minute == minute {
			n++
		}
		want, ok := t.rest, t.minute == minute
		if len(t.rest) == 0 {
			var next uint32
			next, want = t.next(seals, state)
			ok = want != nil && next == minute
		}
		if !ok {
			return t, fmt.Errorf("used keys of minute %d are not the next ones", minute)
		}
		var digest []byte
		if n == len(rows) && len(digestBefore) > 0 {
			// A digest that means nothing would be looked for in the next chunk.
			first := rows[n-1].keys
			if bytes.Equal(seals.Fold(digestBefore, first), seals.Fold(nil, first)) {
				return t, fmt.Errorf("the first used keys of minute %d have %x before them", minute, digestBefore)
			}
			digest = digestBefore
		}
		for _, e := range slices.Backward(rows[:n]) {
			digest = seals.Fold(digest, e.keys)
		}
		if !bytes.Equal(digest, want) {
			return t, fmt.Errorf("the used keys of minute %d are not those that the tree commits to", minute)
		}
		before := int64(0)
		if t.minute == minute && t.begun {
			before = t.rows
		}
		t = usedTail{minute: minute, rows: before + int64(n), begun: true}
		if rows = rows[n:]; len(rows) == 0 {
			t.rest = bytes.Clone(digestBefore)
		}
	}
	return t, nil
}

// next is the latest minute that the tail hasn't, and its digest; nil where
// there is none.
func (t usedTail) next(seals Seals, state Reader) (minute uint32, digest []byte) {
	for m, d := range seals.Minutes(state) {
		if t.begun && m >= t.minute {
			break
		}
		minute, digest = m, d
	}
	return minute, digest
}

package state_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"pgregory.net/rapid"

	"github.com/troth-ledger/troth/ledger/state"
)

func usedKey(n int) (k state.UsedKey) {
	binary.BigEndian.PutUint64(k[:], uint64(n))
	return k
}

// The set of used keys against a map, over blocks, minutes and restarts.
func TestUsedModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir := t.TempDir()
		s := open(rt, dir)
		defer func() { s.Close() }()
		naive := map[state.UsedKey]uint32{}
		folded := map[uint32][]byte{}
		now := uint32(100)
		compare := func(what string, used func(state.UsedKey, uint32) bool) {
			for n := range 12 {
				until, ok := naive[usedKey(n)]
				if got, want := used(usedKey(n), now), ok && until >= now; got != want {
					rt.Fatalf("minute %d, %s: key %d used is %t, until %d", now, what, n, got, until)
				}
			}
		}
		for range rapid.IntRange(1, 8).Draw(rt, "blocks") {
			o := s.Begin()
			for range rapid.IntRange(0, 5).Draw(rt, "uses") {
				k := usedKey(rapid.IntRange(0, 11).Draw(rt, "key"))
				if o.Used(k, now) {
					continue
				}
				until := now + uint32(rapid.IntRange(0, 3).Draw(rt, "life"))
				mark := o.Mark()
				o.Use(k, until)
				o.Undo(mark) // makes no difference: what is used stays used
				naive[k] = until
				folded[until] = append(folded[until], k[:]...)
			}
			compare("in the block", o.Used)
			o.FreeUsed(now)
			s.Finalize(o, s.Height()+1)
			if err := s.Commit(nil); err != nil {
				rt.Fatal(err)
			}
			compare("committed", s.Used)
			if rapid.IntRange(0, 4).Draw(rt, "restart") == 0 {
				if err := s.Close(); err != nil {
					rt.Fatal(err)
				}
				s = open(rt, dir)
				compare("started again", s.Used)
			}
			rows := map[uint32][]byte{}
			for minute, keys := range s.UsedRows(now) {
				rows[minute] = append(rows[minute], keys...)
			}
			for minute, want := range folded {
				if minute >= now && !bytes.Equal(rows[minute], want) {
					rt.Fatalf("minute %d has %x on disk, want %x", minute, rows[minute], want)
				}
			}
			now += uint32(rapid.IntRange(0, 2).Draw(rt, "minutes"))
		}
	})
}

// Keys that are free again leave memory and disk, a part with each block.
func TestUsedIsForgotten(t *testing.T) {
	s := open(t, t.TempDir())
	defer s.Close()
	n := 0
	block := func(now uint32, uses int) {
		o := s.Begin()
		for range uses {
			o.Use(usedKey(n), now)
			n++
		}
		o.FreeUsed(now)
		s.Finalize(o, s.Height()+1)
		if err := s.Commit(nil); err != nil {
			t.Fatal(err)
		}
	}
	left := func() (on int) {
		for _, keys := range s.UsedRows(0) {
			on += len(keys) / 16
		}
		return on
	}
	for range 10 {
		block(7, 1000)
	}
	if left() != 10_000 {
		t.Fatalf("%d keys on disk before their minute is over", left())
	}
	block(8, 0)
	first := left()
	for range 5 {
		block(9, 1)
	}
	if first == 0 || first == 10_000 || left() != 5 {
		t.Fatalf("%d left after one block, %d after five more, of 10,000", first, left())
	}
}

// BenchmarkUsed is the question that every transaction asks twice, among a
// million keys.
func BenchmarkUsed(b *testing.B) {
	s := open(b, b.TempDir())
	defer s.Close()
	o := s.Begin()
	for i := range 1_000_000 {
		o.Use(usedKey(i), 5)
	}
	s.Finalize(o, 1)
	if err := s.Commit(nil); err != nil {
		b.Fatal(err)
	}
	i := 0
	for b.Loop() {
		if s.Used(usedKey(i), 5) != (i < 1_000_000) {
			b.Fatal(i)
		}
		i++
	}
}

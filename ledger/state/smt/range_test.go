package smt

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// A range and what is beside it make the root; the same with a leaf changed,
// left out or added makes no root or another.
func TestRange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Few key bits make neighbours that share long prefixes.
		mask := rapid.SampledFrom([]byte{0x01, 0x07, 0xff}).Draw(t, "mask")
		keys := rapid.SliceOfN(rapid.Uint16(), 0, 60).Draw(t, "keys")
		have := map[Hash]Hash{}
		for _, k := range keys {
			h := Hash{byte(k) & mask, byte(k >> 8)}
			have[h] = sha256.Sum256([]byte{byte(k), byte(k >> 8)})
		}
		tree := Build(func(yield func(Hash, Hash) bool) {
			for k, v := range have {
				if !yield(k, v) {
					return
				}
			}
		})
		s := tree.Snapshot()
		defer s.Release()
		bound := func(name string) Hash {
			return Hash{rapid.Byte().Draw(t, name) & mask, rapid.Byte().Draw(t, name+" low")}
		}
		from, to := bound("from"), bound("to")
		if to != (Hash{}) && bytes.Compare(from[:], to[:]) > 0 {
			from, to = to, from
		}
		var leaves []Leaf
		for k, v := range have {
			if within(&k, &from, &to) {
				leaves = append(leaves, Leaf{k, v})
			}
		}
		slices.SortFunc(leaves, func(a, b Leaf) int { return bytes.Compare(a.Key[:], b.Key[:]) })
		beside := s.Around(from, to)
		if got, err := RangeRoot(from, to, leaves, beside); err != nil || got != tree.Root() {
			t.Fatalf("root %x, %v, want %x: %d leaves, %v beside", got, err, tree.Root(), len(leaves), beside)
		}
		wrong := func(what string, leaves []Leaf, beside []Beside) {
			if got, err := RangeRoot(from, to, leaves, beside); err == nil && got == tree.Root() {
				t.Fatalf("%s: still the root", what)
			}
		}
		if len(leaves) > 0 {
			i := rapid.IntRange(0, len(leaves)-1).Draw(t, "leaf")
			wrong("a leaf left out", slices.Delete(slices.Clone(leaves), i, i+1), beside)
			wrong("a leaf passed off as beside", slices.Delete(slices.Clone(leaves), i, i+1),
				append(slices.Clone(beside), Beside{Key: leaves[i].Key, Hash: leaves[i].Value}))
			wrong("a leaf twice", slices.Insert(slices.Clone(leaves), i, leaves[i]), beside)
			other := slices.Clone(leaves)
			other[i].Value[0] ^= 1
			wrong("a leaf changed", other, beside)
		}
		if len(beside) > 0 {
			i := rapid.IntRange(0, len(beside)-1).Draw(t, "beside")
			wrong("a side left out", leaves, slices.Delete(slices.Clone(beside), i, i+1))
			other := slices.Clone(beside)
			other[i].Hash[0] ^= 1
			wrong("a side changed", leaves, other)
		}
	})
}

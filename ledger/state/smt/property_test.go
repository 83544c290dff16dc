package smt

import (
	"fmt"
	"maps"
	"testing"

	"pgregory.net/rapid"
)

// pinned is a snapshot and what it has to show.
type pinned struct {
	snapshot *Snapshot
	want     model
}

// drawKey draws one of few keys, many of which share long prefixes, so that
// branches without a sibling, collapses and collisions are common.
func drawKey(t *rapid.T) (h Hash) {
	for _, i := range []int{0, 7, 8, 31} {
		h[i] = rapid.SampledFrom([]byte{0, 1, 0x80, 0xff}).Draw(t, "byte")
	}
	return h
}

func drawBatch(t *rapid.T) []Change {
	size := rapid.SampledFrom([]int{1, 2, 5, 20, 100, 600}).Draw(t, "size")
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Change {
		return Change{
			Key:    drawKey(t),
			Value:  Hash{0: rapid.Byte().Draw(t, "value")},
			Delete: rapid.Bool().Draw(t, "delete"),
		}
	}), 0, size).Draw(t, "batch")
}

// checkModel compares a snapshot with the naive tree and looks up what the
// model has and lacks.
func checkModel(t *rapid.T, s *Snapshot, want model) {
	if got, root := s.Root(), naiveRoot(want); got != root {
		t.Fatalf("root %x; the naive tree has %x", got, root)
	}
	if s.Len() != len(want) {
		t.Fatalf("Len %d; want %d", s.Len(), len(want))
	}
	for k, v := range want {
		if got, ok := s.Get(k); !ok || got != v {
			t.Fatalf("Get(%x) = %x, %v; want %x", k, got, ok, v)
		}
	}
	k := drawKey(t)
	if got, ok := s.Get(k); ok != hasKey(want, k) || got != want[k] {
		t.Fatalf("Get(%x) = %x, %v; want %x", k, got, ok, want[k])
	}
}

func hasKey(m model, k Hash) bool {
	_, ok := m[k]
	return ok
}

// Random batches, snapshots and releases, against the naive tree: every live
// snapshot must go on showing its version, and every node that none shows must
// be free again.
func TestTreeAgainstNaive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tree, now := New(), model{}
		renumbers := rapid.Bool().Draw(t, "about to renumber")
		if renumbers {
			tree.now.number = lastVersion - 2
		}
		var pins []pinned
		t.Repeat(map[string]func(*rapid.T){
			"update": func(t *rapid.T) {
				batch := drawBatch(t)
				now.apply(batch)
				root := tree.Update(batch)
				if root != tree.Root() {
					t.Fatalf("Update returns %x, Root %x", root, tree.Root())
				}
				if !renumbers { // renumbering keeps nodes longer than needed
					checkStored(t, tree)
				}
			},
			"snapshot": func(t *rapid.T) {
				pins = append(pins, pinned{tree.Snapshot(), maps.Clone(now)})
			},
			"release": func(t *rapid.T) {
				if len(pins) == 0 {
					t.Skip("nothing to release")
				}
				i := rapid.IntRange(0, len(pins)-1).Draw(t, "which")
				pins[i].snapshot.Release()
				pins = append(pins[:i], pins[i+1:]...)
			},
			"": func(t *rapid.T) {
				s := tree.Snapshot()
				defer s.Release()
				checkModel(t, s, now)
				for _, p := range pins {
					checkModel(t, p.snapshot, p.want)
				}
			},
		})
		for _, p := range pins {
			p.snapshot.Release()
		}
		tree.Update(nil)
		checkStored(t, tree)
	})
}

// However a set of leaves came about, its root is the same.
func TestRootForgetsHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tree, m := New(), model{}
		for range rapid.IntRange(1, 8).Draw(t, "batches") {
			batch := drawBatch(t)
			tree.Update(batch)
			m.apply(batch)
		}
		if built := Build(maps.All(m)).Root(); built != tree.Root() {
			t.Fatalf("built at once %x, in steps %x", built, tree.Root())
		}
	})
}

// Whatever is in the tree can be proven, whatever isn't can be proven absent.
func TestProofsOfRandomTrees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tree, s := New(), store{}
		for range rapid.IntRange(1, 4).Draw(t, "batches") {
			var batch []Change
			for range rapid.IntRange(1, 40).Draw(t, "size") {
				k := fmt.Sprint("key", rapid.IntRange(0, 60).Draw(t, "key"))
				if rapid.IntRange(0, 2).Draw(t, "delete") == 0 {
					batch = append(batch, del(k))
					delete(s, k)
				} else {
					v := fmt.Sprint("value", rapid.IntRange(0, 3).Draw(t, "value"))
					batch = append(batch, put(k, v))
					s[k] = v
				}
			}
			tree.Update(batch)
		}
		snap := tree.Snapshot()
		defer snap.Release()
		for i := range 61 {
			checkProof(t, snap, s, fmt.Sprint("key", i))
		}
	})
}

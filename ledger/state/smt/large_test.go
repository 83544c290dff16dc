package smt

import (
	"encoding/binary"
	"maps"
	"math/rand/v2"
	"runtime"
	"testing"
)

// TestLarge: a tree whose nodes don't all lie on the heap is the same tree, in all
// versions, also after many were dropped.
func TestLarge(t *testing.T) {
	const n = heapChunks*chunkLen + heapChunks*chunkLen/4
	draw := rand.New(rand.NewPCG(1, 2))
	hash := func(x uint64) (h Hash) {
		for i := range 4 {
			binary.BigEndian.PutUint64(h[8*i:], (x+uint64(i)+1)*0x9e3779b97f4a7c15)
		}
		return h
	}
	want := model{}
	for x := range uint64(n) {
		want[hash(x)] = hash(draw.Uint64())
	}
	tree := Build(maps.All(want))
	if len(tree.nodes.leaf.slabs) == 0 || len(tree.nodes.inner.slabs) == 0 {
		if runtime.GOOS == "linux" {
			t.Fatal("all is on the heap")
		}
		t.Log("this system has no memory beside the heap; the tree is on it")
	}
	old, was := tree.Snapshot(), maps.Clone(want)
	for range 3 {
		var changes []Change
		for range 5000 {
			c := Change{Key: hash(draw.Uint64N(n * 5 / 4)), Value: hash(draw.Uint64()), Delete: draw.IntN(2) == 0}
			if changes = append(changes, c); c.Delete {
				delete(want, c.Key)
			} else {
				want[c.Key] = c.Value
			}
		}
		tree.Update(changes)
		runtime.GC()
	}
	now := tree.Snapshot()
	tree = nil
	runtime.GC()
	for _, v := range []struct {
		s    *Snapshot
		want model
	}{{now, want}, {old, was}} {
		if got, root := v.s.Root(), naiveRoot(v.want); got != root || v.s.Len() != len(v.want) {
			t.Fatalf("%d leaves with root %x; the naive tree has %d and %x", v.s.Len(), got, len(v.want), root)
		}
		for k, value := range v.want {
			if got, ok := v.s.Get(k); !ok || got != value {
				t.Fatalf("Get(%x) = %x, %v; want %x", k, got, ok, value)
			}
		}
		v.s.Release()
	}
}

package smt

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"unsafe"
)

func TestEmptyTree(t *testing.T) {
	tree := New()
	if tree.Root() != (Hash{}) || tree.Len() != 0 {
		t.Fatalf("new tree has root %x and %d leaves; want zeros and none", tree.Root(), tree.Len())
	}
	if got := tree.Update(nil); got != (Hash{}) {
		t.Fatalf("root after an empty batch is %x; want zeros", got)
	}
	if got := tree.Update([]Change{del("a")}); got != (Hash{}) {
		t.Fatalf("root after deleting from nothing is %x; want zeros", got)
	}
	tree.Update([]Change{put("a", "1"), put("b", "2")})
	if got := tree.Update([]Change{del("b"), del("a")}); got != (Hash{}) {
		t.Fatalf("root after deleting everything is %x; want zeros", got)
	}
}

// The root of one leaf is written out, so that a mistake shared by the tree and
// the naive tree shows.
func TestOneLeafIsTheRoot(t *testing.T) {
	k, v := sha256.Sum256([]byte("key")), sha256.Sum256([]byte("value"))
	want := sha256.Sum256(slices.Concat([]byte{0}, k[:], v[:]))
	tree := New()
	if got := tree.Update([]Change{put("key", "value")}); got != want {
		t.Fatalf("root %x; want the leaf hash %x", got, want)
	}
	s := tree.Snapshot()
	defer s.Release()
	if got, ok := s.Get(k); !ok || got != v {
		t.Fatalf("Get = %x, %v; want %x", got, ok, v)
	}
	if _, ok := s.Get(v); ok {
		t.Fatal("Get finds a key that was never put")
	}
}

func TestLastChangeOfAKeyWins(t *testing.T) {
	for _, tt := range []struct {
		name string
		last Change
		want store
	}{
		{"put, delete, put", put("a", "3"), store{"a": "3", "b": "1"}},
		{"put, delete, delete", del("a"), store{"b": "1"}},
	} {
		batch := []Change{put("a", "1"), put("b", "1"), del("a"), tt.last}
		before := slices.Clone(batch)
		tree := New()
		if got, want := tree.Update(batch), naiveRoot(tt.want.hashes()); got != want {
			t.Errorf("%s: root %x; want %x", tt.name, got, want)
		}
		if tree.Len() != len(tt.want) {
			t.Errorf("%s: %d leaves; want %d", tt.name, tree.Len(), len(tt.want))
		}
		if !slices.Equal(batch, before) {
			t.Errorf("%s: Update modified its argument", tt.name)
		}
	}
}

// Keys that differ in the last bit only make the longest path there can be.
func TestDeepestPath(t *testing.T) {
	a, b := Hash{31: 0xfe}, Hash{31: 0xff}
	m := model{a: {1}, b: {2}, {0: 0x80}: {3}}
	tree := Build(maps.All(m))
	if got, want := tree.Root(), naiveRoot(m); got != want {
		t.Fatalf("root %x; want %x", got, want)
	}
	delete(m, b)
	if got, want := tree.Update([]Change{{Key: b, Delete: true}}), naiveRoot(m); got != want {
		t.Fatalf("root after the delete %x; want %x: the chain must collapse", got, want)
	}
	if s := tree.Stats(); s.Inner != 1 || s.Leaves != 2 {
		t.Fatalf("%d inner nodes and %d leaves in use; want 1 and 2", s.Inner, s.Leaves)
	}
}

// A large batch is split among goroutines; a root must not tell.
func TestLargeBatchesOnAnyNumberOfCores(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, cores := range []int{1, 2, 7} {
		runtime.GOMAXPROCS(cores)
		rng := rand.New(rand.NewPCG(1, 2))
		m := model{}
		tree := New()
		for round := range 6 {
			batch := randomBatch(rng, 3000, 5000)
			m.apply(batch)
			if got, want := tree.Update(batch), naiveRoot(m); got != want {
				t.Fatalf("%d cores, round %d: root %x; want %x", cores, round, got, want)
			}
			if tree.Len() != len(m) {
				t.Fatalf("%d cores, round %d: Len %d; want %d", cores, round, tree.Len(), len(m))
			}
		}
		if got := Build(maps.All(m)).Root(); got != tree.Root() {
			t.Fatalf("%d cores: Build gives %x, updates gave %x", cores, got, tree.Root())
		}
	}
}

func TestBuildKeepsTheLastValueOfAKey(t *testing.T) {
	tree := Build(func(yield func(Hash, Hash) bool) {
		_ = yield(Hash{1}, Hash{1}) && yield(Hash{2}, Hash{2}) && yield(Hash{1}, Hash{3})
	})
	if got, want := tree.Root(), naiveRoot(model{{1}: {3}, {2}: {2}}); got != want {
		t.Fatalf("root %x; want %x", got, want)
	}
}

// The root of a fixed set is frozen: a change to it would fork the ledger.
// It was computed by a separate program in Python.
func TestFrozenRoot(t *testing.T) {
	tree := New()
	for i := range 1000 {
		tree.Update([]Change{put(fmt.Sprintf("key %d", i), fmt.Sprintf("value %d", i))})
	}
	root := tree.Root()
	const want = "94e14a12fb00fff7ad653aa82359e0cffb2664d906947ecfe5d1dabb7f1e5255"
	if got := hex.EncodeToString(root[:]); got != want {
		t.Fatalf("root %s; want %s", got, want)
	}
}

func TestNodeSizes(t *testing.T) {
	if got := unsafe.Sizeof(chunk[inner]{}) / chunkLen; got != innerBytes {
		t.Errorf("an inner node takes %d bytes, innerBytes says %d", got, innerBytes)
	}
	if got := unsafe.Sizeof(chunk[leaf]{}) / chunkLen; got != leafBytes {
		t.Errorf("a leaf takes %d bytes, leafBytes says %d", got, leafBytes)
	}
}

// randomBatch returns size changes to keys among so many; a third are deletes.
func randomBatch(rng *rand.Rand, size, keys int) []Change {
	batch := make([]Change, size)
	for i := range batch {
		key := fmt.Sprint(rng.IntN(keys))
		batch[i] = put(key, fmt.Sprint(rng.IntN(4)))
		batch[i].Delete = rng.IntN(3) == 0
	}
	return batch
}

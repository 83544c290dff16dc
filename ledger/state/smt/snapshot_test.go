package smt

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"sync"
	"testing"

	ics23 "github.com/cosmos/ics23/go"
)

// reachable counts the nodes that the given roots lead to, once each.
func reachable(n *nodes, roots []ref) (leaves, inners int) {
	seen := map[ref]bool{}
	var visit func(r ref)
	visit = func(r ref) {
		if r == empty || seen[r] {
			return
		}
		seen[r] = true
		if r.isLeaf() {
			leaves++
			return
		}
		inners++
		for _, c := range n.inner.at(r.index()).child {
			visit(c)
		}
	}
	for _, r := range roots {
		visit(r)
	}
	return leaves, inners
}

// checkStored fails unless what the tree stores is exactly what the newest
// version and the pinned ones can see. It holds right after an update.
func checkStored(t interface{ Fatalf(string, ...any) }, tree *Tree) {
	roots := []ref{tree.now.root}
	for _, v := range tree.held {
		roots = append(roots, v.root)
	}
	leaves, inners := reachable(&tree.nodes, roots)
	if s := tree.Stats(); s.Leaves != leaves || s.Inner != inners {
		t.Fatalf("%d leaves and %d inner nodes in use with %d versions pinned; %d and %d can be seen",
			s.Leaves, s.Inner, s.Snapshots, leaves, inners)
	}
}

// A tree that changes and doesn't grow takes no more memory. On one core that
// holds to the byte. On several each goroutine keeps a span of free nodes to
// itself while it works, so it depends on who runs beside whom how many are
// lacking: a span for each at most.
func TestChurnReusesNodes(t *testing.T) {
	for _, cores := range []int{1, 2, 8} {
		t.Run(strconv.Itoa(cores), func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
			rng := rand.New(rand.NewPCG(3, 4))
			tree := New()
			tree.Update(randomBatch(rng, 60_000, 20_000))
			spans := (1<<forkDepth() - 1) * spanLen
			limit := (spans + chunkLen - 1) / chunkLen * chunkLen * innerBytes
			for round := range 300 {
				tree.Update(randomBatch(rng, 1000, 20_000))
				switch size := tree.Stats().Bytes; {
				case round == 50:
					limit += size
				case round > 50 && size > limit:
					t.Fatalf("round %d: %d bytes of nodes; %d are enough from round 50 on", round, size, limit)
				}
			}
			checkStored(t, tree)
		})
	}
}

// A snapshot held while everything changes, many times over, may cost a second
// copy of the tree, never a copy for each update.
func TestLongSnapshotHoldsBackOnlyWhatItShows(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	tree := New()
	tree.Update(randomBatch(rng, 60_000, 20_000))
	s := tree.Snapshot()
	root, first := s.Root(), tree.Stats()
	for range 100 {
		passing := tree.Snapshot()
		tree.Update(randomBatch(rng, 2000, 20_000))
		passing.Release()
	}
	if got, limit := tree.Stats().Inner, 5*first.Inner/2; got > limit {
		t.Fatalf("%d inner nodes in use; %d are too many", got, limit)
	}
	checkStored(t, tree)
	var stored Hash
	if tree.nodes.hash(s.version.root, &stored); s.Root() != root || stored != root {
		t.Fatal("the snapshot's root changed")
	}
	s.Release()
	tree.Update(nil)
	if got := tree.Stats(); got.Snapshots != 0 || got.Leaves != tree.Len() {
		t.Fatalf("after the release: %+v with %d leaves; want no others", got, tree.Len())
	}
	checkStored(t, tree)
}

func TestReleaseTwiceIsOnce(t *testing.T) {
	tree := New()
	tree.Update([]Change{put("a", "1")})
	s, other := tree.Snapshot(), tree.Snapshot()
	s.Release()
	s.Release()
	tree.Update([]Change{put("a", "2")})
	tree.Update([]Change{put("a", "3")})
	if v, ok := other.Get(sha256.Sum256([]byte("a"))); !ok || v != sha256.Sum256([]byte("1")) {
		t.Fatal("releasing one handle twice released the other")
	}
	other.Release()
	defer func() {
		if recover() == nil {
			t.Fatal("a released snapshot answers; want a panic")
		}
	}()
	other.Root()
}

// Old versions prove their own values while updates run. Run with -race.
func TestReadersDuringUpdates(t *testing.T) {
	const keys, rounds, readers = 500, 120, 4
	tree := New()
	// In version r every key has a value of at most r, and key "round" has r.
	write := func(r int) {
		batch := []Change{put("round", strconv.Itoa(r))}
		for i := range keys {
			if r == 0 || i%7 == r%7 {
				batch = append(batch, put(fmt.Sprint("key", i), strconv.Itoa(r)))
			}
		}
		tree.Update(batch)
	}
	value := func(i, r int) string {
		for ; r > 0; r-- {
			if i%7 == r%7 {
				break
			}
		}
		return strconv.Itoa(r)
	}
	write(0)
	done := make(chan struct{})
	var wg sync.WaitGroup
	for id := range readers {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(id), 7))
			for running := true; running; {
				select {
				case <-done:
					running = false
				default:
				}
				if err := readOnce(tree, rng, keys, rounds, value); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for r := range rounds {
		write(r + 1)
	}
	close(done)
	wg.Wait()
	tree.Update(nil)
	checkStored(t, tree)
}

// readOnce finds out which round a snapshot is of, then proves some keys of it.
func readOnce(tree *Tree, rng *rand.Rand, keys, rounds int, value func(i, r int) string) error {
	s := tree.Snapshot()
	defer s.Release()
	got, ok := s.Get(sha256.Sum256([]byte("round")))
	round := -1
	for r := range rounds + 1 {
		if ok && got == sha256.Sum256([]byte(strconv.Itoa(r))) {
			round = r
		}
	}
	if round < 0 {
		return fmt.Errorf("snapshot is of no round: %x, %v", got, ok)
	}
	root := s.Root()
	for range 5 {
		i := rng.IntN(keys)
		key, val := fmt.Append(nil, "key", i), []byte(value(i, round))
		proof, err := s.ProveMembership(key, val)
		if err != nil {
			return fmt.Errorf("key %d in round %d: %w", i, round, err)
		}
		if !ics23.VerifyMembership(ics23.SmtSpec, root[:], proof, key, val) {
			return fmt.Errorf("key %d in round %d: the proof does not verify", i, round)
		}
		if ics23.VerifyMembership(ics23.SmtSpec, root[:], proof, key, bytes.Repeat(val, 2)) {
			return fmt.Errorf("key %d in round %d: the proof proves another value", i, round)
		}
	}
	return nil
}

package smt

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"iter"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"
)

// The benchmarks behind the figures in the documents:
//
//	go test -run '^$' -bench . ./ledger/state/smt/

const million = 1_000_000

// numbered returns n leaves; the key of the i-th is the 8 bytes of i.
func numbered(n int) iter.Seq2[Hash, Hash] {
	return func(yield func(Hash, Hash) bool) {
		for i := range n {
			if !yield(numberedKey(i), Hash{0: 1}) {
				return
			}
		}
	}
}

func numberBytes(i int) []byte { return binary.BigEndian.AppendUint64(nil, uint64(i)) }
func numberedKey(i int) Hash   { return sha256.Sum256(numberBytes(i)) }

func BenchmarkBuild(b *testing.B) {
	for _, n := range []int{million, 10 * million} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			leaves := make([][2]Hash, 0, n) // hashing the keys isn't measured
			for k, v := range numbered(n) {
				leaves = append(leaves, [2]Hash{k, v})
			}
			for b.Loop() {
				tree := Build(func(yield func(Hash, Hash) bool) {
					for i := range leaves {
						if !yield(leaves[i][0], leaves[i][1]) {
							return
						}
					}
				})
				b.ReportMetric(float64(tree.Stats().Bytes)/float64(n), "B/leaf")
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/leaf")
		})
	}
}

func BenchmarkUpdate(b *testing.B) {
	for _, keys := range []int{million, 10 * million} {
		tree := Build(numbered(keys))
		for _, size := range []int{1, 100, 1000, 10_000} {
			b.Run(fmt.Sprintf("keys=%d/batch=%d", keys, size), func(b *testing.B) {
				rng := rand.New(rand.NewPCG(1, 1))
				batches := make([][]Change, 64)
				for i := range batches {
					for range size {
						batches[i] = append(batches[i], Change{Key: numberedKey(rng.IntN(keys))})
					}
				}
				round, best := 0, time.Hour
				for b.Loop() {
					batch := batches[round%len(batches)]
					round++
					for i := range batch {
						binary.BigEndian.PutUint64(batch[i].Value[:], uint64(round))
					}
					start := time.Now()
					tree.Update(batch)
					best = min(best, time.Since(start))
				}
				b.ReportMetric(float64(best.Nanoseconds())/float64(size), "best-ns/update")
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(size), "ns/update")
				b.ReportMetric(float64(tree.Stats().Bytes)/float64(keys), "B/leaf")
			})
		}
	}
}

func BenchmarkProve(b *testing.B) {
	one := []byte("value")
	tree := Build(func(yield func(Hash, Hash) bool) {
		for i := range million {
			if !yield(numberedKey(i), sha256.Sum256(one)) {
				return
			}
		}
	})
	byHash := make(map[Hash]int, million)
	for i := range million {
		byHash[numberedKey(i)] = i
	}
	preimage := func(h Hash) (k, v []byte, ok bool) {
		i, ok := byHash[h]
		return numberBytes(i), one, ok
	}
	s := tree.Snapshot()
	defer s.Release()
	for _, tt := range []struct {
		name string
		from int
	}{{"present", 0}, {"absent", million}} {
		b.Run(tt.name, func(b *testing.B) {
			b.ReportAllocs()
			rng := rand.New(rand.NewPCG(1, 1))
			for b.Loop() {
				if _, err := s.Prove(numberBytes(tt.from+rng.IntN(million)), preimage); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkGet(b *testing.B) {
	s := Build(numbered(million)).Snapshot()
	keys := make([]Hash, 1<<16)
	for i := range keys {
		keys[i] = numberedKey(i * 15)
	}
	i := 0
	for b.Loop() {
		if _, ok := s.Get(keys[i%len(keys)]); !ok {
			b.Fatal("a key is missing")
		}
		i++
	}
}

// The budget of design.md: 150 B an object, as the heap sees it, after enough
// updates for nodes waiting to be reused to count as well.
func TestMemoryPerLeaf(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a tree of a million leaves")
	}
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	tree := Build(numbered(million))
	rng := rand.New(rand.NewPCG(1, 1))
	for round := range 20 {
		batch := make([]Change, 10_000)
		for i := range batch {
			batch[i] = Change{Key: numberedKey(rng.IntN(million)), Value: Hash{byte(round)}}
		}
		tree.Update(batch)
	}
	perLeaf := float64(heap()-before) / float64(tree.Len())
	t.Logf("%.1f B a leaf", perLeaf)
	if perLeaf > 150 {
		t.Errorf("%.1f B a leaf; the budget is 150", perLeaf)
	}
	runtime.KeepAlive(tree)
}

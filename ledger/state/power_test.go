package state_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/state"
)

// apply runs the block of a height, which is a function of the height and the
// seed alone.
func apply(s *state.Store, seed uint64, height int64) error {
	r := rand.New(rand.NewPCG(seed, uint64(height)))
	o := s.Begin()
	for range 1 + r.IntN(40) {
		k := state.Key(fmt.Sprintf("row %d", r.IntN(300)))
		if r.IntN(4) == 0 {
			things.Delete(o, k)
		} else {
			things.Put(o, k, &pb.Holding{Asset: fmt.Sprintf("a%d,b", r.IntN(5)), Party: string(make([]byte, r.IntN(600))), Available: height})
		}
	}
	o.Use(state.UsedKey{byte(height)}, uint32(height/10))
	s.Finalize(o, height)
	return s.Commit([]state.Local{{Key: fmt.Appendf(nil, "local %d", height), Value: []byte{1}}})
}

// crash is what a disk had when the power went.
type crash struct {
	fs     *vfs.MemFS
	height int64 // the last that was begun
	op     string
}

// TestPowerLoss takes the power away between any two operations on the disk,
// with some of what was not synced on it and some not. The store opens at a
// height it had, whole, and the blocks that follow lead to the roots they had.
func TestPowerLoss(t *testing.T) {
	const blocks, perSeed = 150, 8
	behind := int64(0)
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 1))
		mem := vfs.NewCrashableMem()
		var mu sync.Mutex
		var crashes []crash
		height, next := int64(0), 0
		fs := errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
			mu.Lock()
			defer mu.Unlock()
			if op.Kind.ReadOrWrite() != errorfs.OpIsWrite {
				return nil
			}
			if next--; next < 0 && len(crashes) < perSeed {
				next = r.IntN(60)
				clone := mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: []int{0, 30, 100}[r.IntN(3)], RNG: r})
				crashes = append(crashes, crash{clone, height, fmt.Sprint(op.Kind, " ", op.Path)})
			}
			return nil
		}))
		s, err := state.OpenOn(fs)
		if err != nil {
			t.Fatal(err)
		}
		roots := map[int64][32]byte{0: s.Root()}
		for h := int64(1); h <= blocks; h++ {
			mu.Lock()
			height = h
			mu.Unlock()
			if err := apply(s, seed, h); err != nil {
				t.Fatal(err)
			}
			if h%40 == 0 {
				if err := s.Sync(); err != nil {
					t.Fatal(err)
				}
			}
			roots[h] = s.Root()
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		for _, c := range crashes {
			behind = max(behind, comeBack(t, seed, c, roots))
		}
	}
	if behind < 2 {
		t.Errorf("the most that was lost is %d blocks; the power loss loses nothing", behind)
	}
}

// comeBack opens what a crash left and says how many blocks it lost.
func comeBack(t *testing.T, seed uint64, c crash, roots map[int64][32]byte) int64 {
	t.Helper()
	s, err := state.OpenOn(c.fs)
	if err != nil {
		t.Fatalf("seed %d: power lost at %s in height %d: %v", seed, c.op, c.height, err)
	}
	defer s.Close()
	had := s.Height()
	if had > c.height || s.Root() != roots[had] {
		t.Fatalf("seed %d: power lost at %s in height %d: came back at %d with root %x, had %x", seed, c.op, c.height, had, s.Root(), roots[had])
	}
	for h := had + 1; h <= c.height; h++ {
		if err := apply(s, seed, h); err != nil {
			t.Fatal(err)
		}
		if s.Root() != roots[h] {
			t.Fatalf("seed %d: power lost at %s: height %d leads to another root when it is run again", seed, c.op, h)
		}
	}
	v := s.View()
	defer v.Release()
	for _, fault := range v.Check(func(int) {}) {
		t.Errorf("seed %d: power lost at %s: %v", seed, c.op, fault)
	}
	return c.height - had
}

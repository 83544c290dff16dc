//go:build soak

package state_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/troth-ledger/troth/ledger/state"
)

// TestDiskFull lets writes fail at a random one. Nothing goes on over it, and
// what comes back once there is room is whole.
func TestDiskFull(t *testing.T) {
	for seed := range uint64(10) {
		mem := vfs.NewCrashableMem()
		var mu sync.Mutex
		left := 20 + rand.New(rand.NewPCG(seed, 2)).IntN(200)
		fs := errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
			mu.Lock()
			defer mu.Unlock()
			// Where it is the manifest that can't be written, Pebble ends the process
			// from a goroutine of its own; internal/crash has that.
			if op.Kind == errorfs.OpFileWrite && !strings.Contains(op.Path, "MANIFEST") {
				if left--; left < 0 {
					return syscall.ENOSPC
				}
			}
			return nil
		}))
		s, err := state.OpenOn(fs)
		if err != nil {
			t.Fatal(err)
		}
		roots := map[int64][32]byte{0: s.Root()}
		failed := error(nil)
		for h := int64(1); h <= 400 && failed == nil; h++ {
			if failed = commits(s, seed, h); failed == nil {
				roots[h] = s.Root()
			}
		}
		if failed == nil || !strings.Contains(failed.Error(), syscall.ENOSPC.Error()) || !strings.Contains(failed.Error(), "start again") {
			t.Fatalf("seed %d: the full disk is told as %v", seed, failed)
		}
		comeBack(t, seed, crash{mem.CrashClone(vfs.CrashCloneCfg{}), int64(len(roots) - 1), "a full disk"}, roots)
	}
}

// commits is apply where storage panics, as it does where it can't go on.
func commits(s *state.Store, seed uint64, height int64) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	if err := apply(s, seed, height); err != nil {
		return err
	}
	return s.Sync()
}

package state_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/troth-ledger/troth/ledger/state"
)

// fullDisk is a disk that refuses some writes once so many were made.
type fullDisk struct {
	*errorfs.FS
	mem     *vfs.MemFS
	fault   fault
	mu      sync.Mutex
	left    int
	refused int
}

// fault is what a disk refuses, and with which error. A log that is written over
// an older one has no path here.
type fault struct {
	name   string
	err    error
	refuse func(errorfs.Op) bool
}

var faults = []fault{
	{"a full disk", syscall.ENOSPC, func(op errorfs.Op) bool { return op.Kind == errorfs.OpFileWrite }},
	{"a disk where only what is there can be written over", syscall.ENOSPC, func(op errorfs.Op) bool { return op.Kind == errorfs.OpFileWrite && op.Path != "" }},
	{"a disk without room for tables", syscall.ENOSPC, func(op errorfs.Op) bool {
		return op.Kind == errorfs.OpFileWrite && strings.HasSuffix(op.Path, ".sst")
	}},
	{"a disk without room for what the tables are", syscall.ENOSPC, func(op errorfs.Op) bool {
		return op.Kind == errorfs.OpFileWrite && strings.Contains(op.Path, "MANIFEST")
	}},
	{"a disk without room for another file", syscall.ENOSPC, func(op errorfs.Op) bool {
		return op.Kind == errorfs.OpCreate || op.Kind == errorfs.OpReuseForWrite
	}},
	{"a disk that can't sync", syscall.EIO, func(op errorfs.Op) bool {
		return op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData
	}},
}

func newFullDisk(mem *vfs.MemFS, f fault, left int) *fullDisk {
	d := &fullDisk{mem: mem, fault: f, left: left}
	d.FS = errorfs.Wrap(mem, d)
	return d
}

func (d *fullDisk) String() string { return d.fault.name }

// MaybeError counts the writes, and refuses.
func (d *fullDisk) MaybeError(op errorfs.Op) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if op.Kind.ReadOrWrite() != errorfs.OpIsWrite {
		return nil
	}
	if d.left--; d.left >= 0 || !d.fault.refuse(op) {
		return nil
	}
	d.refused++
	return d.fault.err
}

func (d *fullDisk) refusals() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.refused
}

// ReuseForWrite hands out a file with faults too, which errorfs doesn't.
func (d *fullDisk) ReuseForWrite(old, name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := d.FS.ReuseForWrite(old, name, c)
	if err != nil {
		return nil, err
	}
	return errorfs.WrapFile(f, d), nil
}

// told checks what is said of a refused write.
func (d *fullDisk) told(t *testing.T, who string, err error) {
	t.Helper()
	if !errors.Is(err, d.fault.err) || errors.Is(err, state.ErrDamaged) || !strings.Contains(err.Error(), "storage failed: ") || !strings.Contains(err.Error(), "start again") {
		t.Fatalf("%s tells %s as: %v", who, d, err)
	}
}

// within fails the test where fn hangs.
func within(t *testing.T, what string, fn func() error) error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- fn() }()
	select {
	case err := <-done:
		return err
	case <-time.After(time.Minute):
		t.Fatalf("%s hangs", what)
		return nil
	}
}

// TestDiskFull lets writes fail from a random one on. The store says so, and
// nothing goes on over it; it can still be read; and what comes back once there
// is room is whole, with every block that was synced.
func TestDiskFull(t *testing.T) {
	for _, f := range faults {
		for seed := range uint64(4) {
			t.Run(fmt.Sprint(f.name, " ", seed), func(t *testing.T) { runFull(t, f, seed) })
		}
	}
}

func runFull(t *testing.T, f fault, seed uint64) {
	d := newFullDisk(vfs.NewCrashableMem(), f, 40+rand.New(rand.NewPCG(seed, 2)).IntN(300))
	s, err := state.OpenOn(d)
	if err != nil {
		t.Fatal(err)
	}
	roots := map[int64][32]byte{0: s.Root()}
	every := []int64{1, 40}[seed%2] // blocks to a sync, of which a node makes few
	synced, failed := int64(0), error(nil)
	for h := int64(1); h <= 600 && failed == nil; h++ {
		if failed = within(t, "a block", func() error {
			if err := apply(s, seed, h); err != nil || h%every != 0 {
				return err
			}
			return s.Sync()
		}); failed == nil && h%every == 0 {
			synced = h
		}
		roots[s.Height()] = s.Root() // the last one may be on disk, too
	}
	d.told(t, "a block", failed)
	for name, fn := range map[string]func() error{
		"Sync":       s.Sync,
		"Forget":     func() error { return s.Forget(nil, []byte("a"), []byte("b")) },
		"Compact":    func() error { return s.Compact(t.Context(), []byte("a")) },
		"Checkpoint": func() error { return s.Checkpoint("copy") },
		"Metrics": func() error {
			s.Metrics()
			return s.Sync()
		},
		"Commit": func() error { return apply(s, seed, s.Height()+1) },
	} {
		d.told(t, name, within(t, name, fn))
	}
	v := s.View()
	for _, bad := range v.Check(func(int) {}) {
		t.Error(bad)
	}
	v.Release()
	height := s.Height()
	d.told(t, "Close", within(t, "Close", s.Close))
	if d.refusals() == 0 {
		t.Error("nothing was refused")
	}
	left := crash{d.mem.CrashClone(vfs.CrashCloneCfg{}), height, f.name}
	if lost := comeBack(t, seed, left, roots); height-lost < synced {
		t.Errorf("came back at %d; it was synced at %d", height-lost, synced)
	}
}

// TestOpenFullDisk lets writes fail from each one on that it takes to open a
// store. Opening it says so and the store isn't taken for damaged, until there
// is room for all of them. So too where opening it makes the indexes anew.
func TestOpenFullDisk(t *testing.T) {
	t.Run("as it was", func(t *testing.T) { openFull(t, func(*state.Store) error { return nil }) })
	t.Run("another program's", func(t *testing.T) {
		openFull(t, func(s *state.Store) error {
			b, closer, err := s.Raw().Get(headKey)
			if err != nil {
				return err
			}
			head := append(b[:40:40], make([]byte, 32)...)
			return errors.Join(closer.Close(), s.Raw().Set(headKey, head, nil), s.Raw().DeleteRange([]byte("\x02x"), []byte("\x02y"), nil))
		})
	})
}

func openFull(t *testing.T, change func(*state.Store) error) {
	mem := vfs.NewCrashableMem()
	s, err := state.OpenOn(mem)
	if err != nil {
		t.Fatal(err)
	}
	for h := int64(1); h <= 30; h++ {
		if err := apply(s, 1, h); err != nil {
			t.Fatal(err)
		}
	}
	was := contents(s)
	if err := errors.Join(change(s), s.Sync()); err != nil {
		t.Fatal(err)
	}
	root := s.Root()
	for _, f := range faults {
		for left, opened := 0, false; !opened; left++ {
			d := newFullDisk(mem.CrashClone(vfs.CrashCloneCfg{}), f, left)
			s, err := (*state.Store)(nil), error(nil)
			err = within(t, "Open", func() (err error) { s, err = state.OpenOn(d); return err })
			if opened = err == nil; !opened {
				d.told(t, fmt.Sprint("Open, after ", left, " writes,"), err)
				if s, err = state.OpenOn(d.mem.CrashClone(vfs.CrashCloneCfg{})); err != nil {
					t.Fatalf("%s: with room, after %d writes: %v", d, left, err)
				}
			} else if d.refusals() > 0 { // behind it, of tables
				d.told(t, "the store after Open", within(t, "telling", func() (err error) {
					for err == nil {
						err = s.Sync()
					}
					return err
				}))
			}
			if s.Height() != 30 || s.Root() != root {
				t.Errorf("%s: opened at %d after %d writes", d, s.Height(), left)
			}
			if opened {
				break // its disk is full from here on
			}
			if contents(s) != was {
				t.Errorf("%s: opened after %d writes, it has other contents", d, left)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestCheckpointFullDisk: where a copy goes to may be full. The store goes on.
func TestCheckpointFullDisk(t *testing.T) {
	d := newFullDisk(vfs.NewCrashableMem(), fault{"a full disk elsewhere", syscall.ENOSPC, func(op errorfs.Op) bool {
		return op.Kind == errorfs.OpFileWrite && strings.HasPrefix(op.Path, "copy")
	}}, 0)
	s, err := state.OpenOn(d)
	if err != nil {
		t.Fatal(err)
	}
	for h := int64(1); h <= 20; h++ {
		if err := apply(s, 1, h); err != nil {
			t.Fatal(err)
		}
		if err := s.Checkpoint("copy"); !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("a copy that finds no room says: %v", err)
		}
		if err := errors.Join(d.mem.RemoveAll("copy"), s.Sync()); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

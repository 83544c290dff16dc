package state

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// options are how Pebble is opened. The caller lets go of the cache.
func options(opt Options) *pebble.Options {
	o := &pebble.Options{
		Cache: pebble.NewCache(opt.CacheBytes), FormatMajorVersion: pebble.FormatNewest,
		MemTableSize: 32 << 20, MemTableStopWritesThreshold: 4,
		Logger: quiet{}, ReadOnly: opt.ReadOnly,
		// Its own way is to end the process; what is damaged is to be said, and
		// refused, by whoever reads it.
		EventListener: &pebble.EventListener{DataCorruption: func(pebble.DataCorruptionInfo) {}},
	}
	for i := range o.Levels {
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	if opt.InMemory {
		o.FS, o.MemTableSize = vfs.NewMem(), 4<<20
	}
	if opt.fs != nil {
		o.FS, o.MemTableSize = opt.fs, 256<<10
	}
	return o
}

// openPebble opens the database. What Pebble can't read, whether it says so or
// panics, is a damaged store; a full disk, a missing permission or another
// process in the folder is not.
func openPebble(dir string, o *pebble.Options) (db *pebble.DB, err error) {
	defer func() {
		if r := recover(); r != nil {
			db, err = nil, fmt.Errorf("%w: opening %s: %v", ErrDamaged, dir, r)
		}
	}()
	db, err = pebble.Open(dir, o)
	switch {
	case err == nil:
		return db, nil
	case outside(err):
		return nil, fmt.Errorf("state: opening %s: %w", dir, err)
	}
	return nil, fmt.Errorf("%w: opening %s: %w", ErrDamaged, dir, err)
}

// outside says whether an error is the machine's and not the data's.
func outside(err error) bool {
	for _, e := range []error{fs.ErrPermission, syscall.ENOSPC, syscall.EROFS, syscall.EAGAIN, syscall.EMFILE, syscall.ENFILE, syscall.ENOTDIR, syscall.EDQUOT, syscall.ENOMEM} {
		if errors.Is(err, e) {
			return true
		}
	}
	// Pebble has no name for this one.
	return strings.Contains(err.Error(), "lock held by current process")
}

// quiet keeps Pebble's chatter out of the node's log; its errors are returned.
type quiet struct{}

func (quiet) Infof(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}

// Fatalf is called where Pebble can't go on, as when the disk is full. The
// process ends: what it acknowledged is on disk.
func (quiet) Fatalf(f string, a ...any) { panic(StorageFailed(fmt.Sprintf(f, a...))) }

// StorageFailed is what to say where a disk is full or broken.
func StorageFailed(why string) string {
	return "storage failed: " + why + "; nothing that was acknowledged is lost: make room on the disk, or mend it, and start again"
}

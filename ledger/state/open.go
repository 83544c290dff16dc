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

	"github.com/troth-ledger/troth/ledger/state/disk"
)

// How Pebble sorts what a block writes all over its keys. Its own choices suit less
// memory: with them, a good part of the processor time of a promise went into merging
// the same entries level by level. See decision 2.
const (
	// How much is sorted in memory before it goes to a file: a sixth of the block
	// cache, within bounds, of whose memory it is. It is taken up to four times while
	// files are written.
	memTableMin, memTableMax = 64 << 20, 256 << 20
	// levelBase is how many of them a level holds before there is one more.
	levelBase = 4
	// filesFirst is how many generations of files from memory there are before they
	// are merged into a level, and filesMost how many before writing waits for that.
	filesFirst, filesMost = 8, 24
)

// options are how Pebble is opened. The caller lets go of the cache.
func options(opt Options) *pebble.Options {
	memTable := min(max(opt.CacheBytes/6, memTableMin), memTableMax)
	o := &pebble.Options{
		Cache: pebble.NewCache(opt.CacheBytes), FormatMajorVersion: pebble.FormatNewest,
		MemTableSize: uint64(memTable), MemTableStopWritesThreshold: 4,
		LBaseMaxBytes: levelBase * memTable, L0CompactionThreshold: filesFirst, L0StopWritesThreshold: filesMost,
		FS: vfs.Default, ReadOnly: opt.ReadOnly,
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
func openPebble(dir string, o *pebble.Options) (*pebble.DB, *disk.Disk, error) {
	db, d, err := disk.Open(dir, o)
	switch {
	case err == nil:
		return db, d, nil
	case d.Err() != nil || outside(err):
		return nil, d, fmt.Errorf("state: opening %s: %w", dir, err)
	}
	return nil, d, fmt.Errorf("%w: opening %s: %w", ErrDamaged, dir, err)
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

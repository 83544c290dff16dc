package state

import (
	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// OpenOn opens a store on a file system of the test's.
func OpenOn(fs vfs.FS) (*Store, error) { return Open("store", Options{fs: fs, CacheBytes: 1 << 20}) }

// Raw is what the store is kept in, to break it.
func (s *Store) Raw() *pebble.DB { return s.db }

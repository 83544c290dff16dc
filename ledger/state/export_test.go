package state

import (
	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// OpenOn opens a store on a file system of the test's.
func OpenOn(fs vfs.FS) (*Store, error) { return Open("store", Options{fs: fs, CacheBytes: 1 << 20}) }

// OpenSmall opens a store in memory that keeps few decoded rows, and so many bytes of
// others.
func OpenSmall(rows int, packed int64) (*Store, error) {
	return Open("", Options{InMemory: true, Rows: rows, PackedBytes: packed})
}

// OpenRows opens a store on a file system of the test's that keeps so many decoded
// rows, and has so many bytes of room for others as they are on disk.
func OpenRows(fs vfs.FS, rows int, packed int64) (*Store, error) {
	return Open("store", Options{fs: fs, CacheBytes: 1 << 20, Rows: rows, PackedBytes: packed})
}

// OpenShown opens a store on a file system of the test's, and shows its rows.
func OpenShown(fs vfs.FS, shown func(table string) func(key, value []byte)) (*Store, error) {
	return Open("store", Options{fs: fs, CacheBytes: 1 << 20, Shown: shown})
}

// Narrow leaves room for next to no rows that are not kept decoded.
func (s *Store) Narrow() {
	if s.packed != nil {
		s.packed = newPacked(packedMin, false)
		s.packed.ring, s.packed.places = s.packed.ring[:8<<10], s.packed.places[:8*16]
	}
}

// OpenCold opens a store in dir that keeps next to no decoded rows.
func OpenCold(dir string) (*Store, error) { return Open(dir, Options{CacheBytes: 1 << 20, Rows: 2}) }

// Raw is what the store is kept in, to break it.
func (s *Store) Raw() *pebble.DB { return s.db }

// InMemory says whether a row, or that it isn't there, is known without the disk.
func (s *Store) InMemory(r Ref) bool { return s.cache.has(r.table, r.key) }

// Waits says whether to look for a row would wait for the block that is being written:
// nothing in memory knows of the row any more, and what is on disk may be older.
func (s *Store) Waits(r Ref) bool {
	if b := s.writing; b == nil || s.cache.turn-b.turn <= 1 || s.cache.has(r.table, r.key) {
		return false
	}
	_, known := s.packed.get(r.table, r.key)
	return !known
}

// Between has fn called by every search of an index, after it asked what is not written
// yet and before it looks at the disk.
func (o *Overlay) Between(fn func()) { o.between = fn }

// GuessBatch is how large a block's batch is taken to get after one of so many bytes
// and rows.
func GuessBatch(bytes, before, rows int) int {
	var b batchSize
	b.saw(bytes, before)
	return b.guess(rows)
}

// LayoutVersion is the version of the layout.
const LayoutVersion = layoutVersion

// Places calls fn with each index and where it has a record, by a function that makes
// the records of a table: the same for every index of it.
func Places(records func(table string, fresh func() Record) []Record, fn func(index string, at int, entries []string)) {
	for _, ix := range registry.indexes {
		if ix == nil || registry.tables[ix.table.id] != ix.table {
			continue
		}
		for i, rec := range records(ix.table.name, ix.table.fresh) {
			var entries []string
			for _, place := range ix.entries("a\x00b", rec) {
				entries = append(entries, entry(place, "a\x00b"))
			}
			fn(ix.name, i, entries)
		}
	}
}

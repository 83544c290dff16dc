package state

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/troth-ledger/troth/ledger/state/disk"
	"github.com/troth-ledger/troth/ledger/state/smt"
)

// Store is the committed state on disk and the tree over it.
//
// One goroutine begins, finalises and commits blocks; it may leave the writing
// to another. Any number of others read through View.
type Store struct {
	db *pebble.DB
	// disk is what the database is written to; all that may write, or wait for
	// what is written, goes through it.
	disk *disk.Disk
	// readOnly says that nothing can be written.
	readOnly bool
	tree     *smt.Tree
	cache    *cache
	packed   *packed // nil where the cache has every row, or it may not have memory
	pack     int64   // how much it may have
	// reindexing is told how far that is; nil where nobody asks.
	reindexing func(rows, of int)
	// shown is called as the rows are read: see Options.
	shown   func(table string) func(key, value []byte)
	used    used
	memo    map[string]any
	ready   *block                       // finalised and not yet committed
	writing *block                       // advanced to, and perhaps not yet written
	tip     int64                        // see Tip
	last    sizes                        // of the block that was finalised last
	batch   batchSize                    // Write's
	spent   atomic.Pointer[pebble.Batch] // written, and free to be filled again
	rows    [128]int                     // of each table, with the block that was advanced to
	view    atomic.Pointer[View]
	// swap guarantees that a view is pinned while it is the newest, and none
	// once the store is closed: View, Commit and Close exclude each other for a
	// few instructions.
	swap   sync.Mutex
	closed bool
	live   sync.WaitGroup // views that are pinned
}

// ErrDamaged says that what is on disk is not what was written.
var ErrDamaged = errors.New("state: the store is damaged")

// Options are how a store is opened.
type Options struct {
	// InMemory keeps everything in memory: for tests and simulations.
	InMemory bool
	// CacheBytes is the size of Pebble's block cache; 128 MiB where 0.
	CacheBytes int64
	// ReadOnly leaves the store's files as they are: for checking one.
	ReadOnly bool
	// Reindexing, where not nil, is told how far it is where the indexes are made anew
	// of the rows: another version of the program kept others.
	Reindexing func(rows, of int)
	// Shown, where not nil, is asked for each table by its name what is to be called
	// with each of its rows as the open reads it, of which nothing may be kept; nil for
	// nothing. It is for what is only made faster: what is read may still be damaged.
	Shown func(table string) func(key, value []byte)
	// fs is where the files are, for tests; the disk where nil.
	fs vfs.FS
	// Rows is how many decoded rows are kept in memory at least, about 500 bytes
	// each, and at most twice as many; 1 << 18 where 0.
	Rows int
	// PackedBytes is how much memory rows may take that are not kept decoded: none
	// where 0. It is taken where there are such, and by what they need.
	PackedBytes int64
}

// Open opens the store in dir, or makes an empty one. It reads every row once
// to build the tree and compares the root with the one recorded: a store that
// lost or changed a bit is refused with ErrDamaged.
func Open(dir string, opt Options) (*Store, error) {
	if opt.CacheBytes == 0 {
		opt.CacheBytes = 128 << 20
	}
	o := options(opt)
	defer o.Cache.Unref()
	db, d, err := openPebble(dir, o)
	if err != nil {
		return nil, err
	}
	s := &Store{db: db, disk: d, readOnly: opt.ReadOnly, cache: newCache(cmp.Or(opt.Rows, 1<<18)), memo: make(map[string]any), pack: opt.PackedBytes, reindexing: opt.Reindexing, shown: opt.Shown}
	if err := safely(dir, s.load); err != nil {
		return nil, errors.Join(err, d.Do(db.Close))
	}
	return s, nil
}

// safely is read where Pebble may panic over what it reads.
func safely(what string, read func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: reading %s: %v", ErrDamaged, what, r)
		}
	}()
	return read()
}

var metaHead = []byte{spaceMeta, 'h'}

// load builds the tree and the first view.
func (s *Store) load() error {
	h, err := s.head()
	if err != nil {
		return err
	}
	used := make(chan error, 1)
	go func() { used <- safely("the used keys", s.loadUsed) }()
	var bad error
	s.tree = smt.Build(func(yield func(smt.Hash, smt.Hash) bool) {
		bad = s.leaves(yield)
	})
	if bad = cmp.Or(bad, <-used); bad != nil {
		return bad
	}
	if got := s.tree.Root(); got != h.root {
		return fmt.Errorf("%w: at height %d the rows hash to %x, recorded was %x",
			ErrDamaged, h.height, got, h.root)
	}
	if h.layout != layout() {
		if err := s.reindex(h); err != nil {
			return err
		}
	}
	s.tip = h.height
	s.view.Store(newView(s, h.height, s.tree.Snapshot()))
	return nil
}

func (s *Store) head() (head, error) {
	b, closer, err := s.db.Get(metaHead)
	if errors.Is(err, pebble.ErrNotFound) {
		return head{layout: layout()}, nil // nothing was committed yet
	}
	if err != nil {
		return head{}, fmt.Errorf("%w: reading the head: %w", ErrDamaged, err)
	}
	defer closer.Close()
	return decodeHead(b)
}

// each calls fn at each place of an iterator, and closes it.
func each(it *pebble.Iterator, fn func() bool) (err error) {
	defer func() { err = errors.Join(err, it.Close()) }()
	for ok := it.First(); ok && fn(); ok = it.Next() {
	}
	return it.Error()
}

// committed reads and decodes a row as of the last commit. Only the executing
// goroutine calls it.
func (s *Store) committed(t *spec, k Key) *cached {
	if e := s.cache.get(t, k); e != nil {
		return e
	}
	b, known := s.packed.get(t, k)
	if !known {
		if b := s.writing; b != nil && s.cache.turn-b.turn > 1 {
			// Its rows may have left the cache already. Else a row that isn't there is
			// none of them, and is on disk as it was.
			s.written()
		}
		b = s.raw(s.db, t, k)
		s.repack(t, k, b)
	}
	// That a row isn't there is kept too: what isn't there when a transaction is
	// proposed is looked for again when it is executed.
	return s.cache.put(t, k, decode(t, k, b))
}

// repack keeps a row that had to be read from disk.
func (s *Store) repack(t *spec, k Key, value []byte) {
	if s.packed == nil {
		s.packed = newPacked(s.pack, false)
	}
	if value != nil {
		s.packed.put(t, k, value)
	}
}

// decode panics on bytes that are no record: the tree vouched for them.
func decode(t *spec, k Key, b []byte) Record {
	if b == nil {
		return nil
	}
	r := t.fresh()
	if err := r.UnmarshalVT(b); err != nil {
		panic(fmt.Errorf("%w: %s %q holds no record: %w", ErrDamaged, t.name, k, err))
	}
	return r
}

// unread is what reading panics with where it can't: there is no answer then. It is
// ErrDamaged where what is there is not what was written.
func unread(err error, what string, args ...any) error {
	what = fmt.Sprintf(what, args...)
	if pebble.IsCorruptionError(err) {
		return fmt.Errorf("%w: reading %s: %w", ErrDamaged, what, err)
	}
	return fmt.Errorf("state: reading %s: %w", what, err)
}

// raw reads a row's bytes; nil where there is none.
func (s *Store) raw(from pebble.Reader, t *spec, k Key) []byte {
	var buf [96]byte
	b, closer, err := from.Get(dbRow(buf[:0], t, k))
	if errors.Is(err, pebble.ErrNotFound) {
		return nil
	}
	if err != nil {
		panic(unread(err, "%s %q", t.name, k))
	}
	out := bytes.Clone(b)
	if err := closer.Close(); err != nil {
		panic(unread(err, "%s %q", t.name, k))
	}
	return out
}

// Begin starts a block.
func (s *Store) Begin() *Overlay { return newOverlay(s) }

// BeginLike starts a block that may well be as large as the one before.
func (s *Store) BeginLike() *Overlay {
	o := newOverlay(s)
	o.expect(s.last)
	return o
}

// Height is the last committed height.
func (s *Store) Height() int64 { return s.view.Load().height }

// Root is the state's root after the last committed height.
func (s *Store) Root() [32]byte { return s.view.Load().root }

// Metrics says how the store on disk does; all is zero once storage failed. Not
// after Close.
func (s *Store) Metrics() *pebble.Metrics {
	return s.disk.Metrics(s.db)
}

// Len is the number of rows in the tree.
func (s *Store) Len() int { return s.tree.Len() }

// closePatience is how long Close waits for views that are still pinned.
const closePatience = 5 * time.Second

// Close closes the store once every view is released; it gives up waiting after
// a while and says so. A store whose storage failed is left as it is, and its
// files are locked until the process ends. Closing twice is harmless.
func (s *Store) Close() error {
	s.swap.Lock()
	if s.closed {
		s.swap.Unlock()
		return nil
	}
	s.closed = true
	s.swap.Unlock()
	if err := s.disk.Err(); err != nil {
		return err
	}
	s.ready = nil // finalised, and never committed
	s.view.Load().drop()
	released := make(chan struct{})
	go func() { s.live.Wait(); close(released) }()
	select {
	case <-released:
	case <-time.After(closePatience):
		return fmt.Errorf("state: a view is still in use after %s; the store is left open", closePatience)
	}
	return s.disk.Do(func() error {
		if s.readOnly {
			return s.db.Close()
		}
		// What is flushed need not be replayed on the next start.
		return errors.Join(s.db.Flush(), s.db.Close())
	})
}

package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"
	dbm "github.com/cometbft/cometbft-db"
	"github.com/cometbft/cometbft/config"

	"github.com/troth-ledger/troth/ledger/state/disk"
)

// openDB opens one of CometBFT's databases (blocks, consensus state, evidence)
// as a Pebble store: the same engine that keeps the ledger, so there is one to
// trust, and its writes are atomic across a crash.
func openDB(c *config.DBContext) (*database, error) { return openDatabase(c, false) }

func openDatabase(c *config.DBContext, readOnly bool) (*database, error) {
	dir := filepath.Join(c.Config.DBDir(), c.ID)
	p, d, err := disk.Open(dir, &pebble.Options{
		FormatMajorVersion: pebble.FormatNewest,
		MemTableSize:       16 << 20,
		ReadOnly:           readOnly,
		// Its own way is to end the process; an error goes to whoever reads.
		EventListener: &pebble.EventListener{DataCorruption: func(pebble.DataCorruptionInfo) {}},
	})
	switch {
	case err == nil:
		return &database{db: p, disk: d, name: c.ID}, nil
	case d.Err() != nil:
		return nil, fmt.Errorf("opening %s: %w", dir, err)
	}
	return nil, fmt.Errorf("opening %s: %w; if it is damaged, restore %s from a backup, or make the node anew and let it join", dir, err, c.Config.RootDir)
}

// database adapts Pebble to the interface CometBFT stores through.
type database struct {
	db   *pebble.DB
	disk *disk.Disk
	name string
	// mu guards what follows: CometBFT closes its databases while goroutines that
	// gossip to peers may still be at work.
	mu     sync.Mutex
	uses   int // under way
	closed bool
	idle   chan struct{} // closed with the last use after the database is
}

// closePatience is how long Close waits for what is under way.
const closePatience = 2 * time.Second

// enter begins a use of the database; the returned function ends it. Once the
// database is closed the goroutine that asks ends instead: an error would make
// CometBFT panic, and with it a node that was stopping cleanly.
func (d *database) enter() (leave func()) {
	leave, ok := d.enterOpen()
	if !ok {
		runtime.Goexit()
	}
	return leave
}

func (d *database) leave() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.uses--; d.closed && d.uses == 0 {
		close(d.idle)
	}
}

// enterOpen begins a use of the database unless it is closed, for those who can
// do without.
func (d *database) enterOpen() (leave func(), ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, false
	}
	d.uses++
	return d.leave, true
}

var (
	errEmptyKey = errors.New("node: a key can't be empty")
	errNilValue = errors.New("node: a value can't be nil")
	errClosed   = errors.New("node: the batch was written or closed")
)

func (d *database) Get(key []byte) ([]byte, error) {
	if len(key) == 0 {
		return nil, errEmptyKey
	}
	defer d.enter()()
	v, closer, err := d.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	// Not nil even when empty: nil means absent here.
	out := append([]byte{}, v...)
	return out, closer.Close()
}

func (d *database) Has(key []byte) (bool, error) {
	v, err := d.Get(key)
	return v != nil, err
}

func (d *database) set(key, value []byte, o *pebble.WriteOptions) error {
	if err := check(key, value); err != nil {
		return err
	}
	defer d.enter()()
	return d.disk.Do(func() error { return d.db.Set(key, value, o) })
}

func check(key, value []byte) error {
	if len(key) == 0 {
		return errEmptyKey
	}
	if value == nil {
		return errNilValue
	}
	return nil
}

func (d *database) Set(key, value []byte) error     { return d.set(key, value, pebble.NoSync) }
func (d *database) SetSync(key, value []byte) error { return d.set(key, value, pebble.Sync) }

func (d *database) remove(key []byte, o *pebble.WriteOptions) error {
	if len(key) == 0 {
		return errEmptyKey
	}
	defer d.enter()()
	return d.disk.Do(func() error { return d.db.Delete(key, o) })
}

func (d *database) Delete(key []byte) error     { return d.remove(key, pebble.NoSync) }
func (d *database) DeleteSync(key []byte) error { return d.remove(key, pebble.Sync) }

func (d *database) Iterator(start, end []byte) (dbm.Iterator, error) {
	return d.iterate(start, end, false)
}

func (d *database) ReverseIterator(start, end []byte) (dbm.Iterator, error) {
	return d.iterate(start, end, true)
}

func (d *database) iterate(start, end []byte, reverse bool) (dbm.Iterator, error) {
	if start != nil && len(start) == 0 || end != nil && len(end) == 0 {
		return nil, errEmptyKey
	}
	leave := d.enter()
	it, err := d.db.NewIter(&pebble.IterOptions{LowerBound: start, UpperBound: end})
	if err != nil {
		leave()
		return nil, err
	}
	if reverse {
		it.Last()
	} else {
		it.First()
	}
	return &iterator{it: it, start: start, end: end, reverse: reverse, leave: leave}, nil
}

func (d *database) NewBatch() dbm.Batch {
	defer d.enter()()
	return &batch{d, d.db.NewBatch()}
}

// Close closes the database. Closing twice is harmless.
func (d *database) Close() error {
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return nil
	}
	d.closed, d.idle = true, make(chan struct{})
	if d.uses == 0 {
		close(d.idle)
	}
	d.mu.Unlock()
	select {
	case <-d.idle:
	case <-time.After(closePatience):
	}
	return d.disk.Do(d.db.Close)
}

func (d *database) Print() error { return nil }

func (d *database) Stats() map[string]string {
	defer d.enter()()
	return map[string]string{"pebble": d.disk.Metrics(d.db).String()}
}

func (d *database) Compact(start, end []byte) error {
	return d.compact(context.Background(), start, end)
}

func (d *database) compact(ctx context.Context, start, end []byte) error {
	defer d.enter()()
	if end == nil {
		it, err := d.db.NewIter(nil)
		if err != nil {
			return err
		}
		if it.Last() {
			end = append(slices.Clone(it.Key()), 0)
		}
		if err := it.Close(); err != nil {
			return err
		}
	}
	if bytes.Compare(start, end) >= 0 {
		return nil
	}
	return d.disk.Do(func() error { return d.db.Compact(ctx, start, end, true) })
}

type batch struct {
	d *database
	b *pebble.Batch
}

func (b *batch) Set(key, value []byte) error {
	if err := check(key, value); err != nil {
		return err
	}
	if b.b == nil {
		return errClosed
	}
	return b.b.Set(key, value, nil)
}

func (b *batch) Delete(key []byte) error {
	if len(key) == 0 {
		return errEmptyKey
	}
	if b.b == nil {
		return errClosed
	}
	return b.b.Delete(key, nil)
}

func (b *batch) write(o *pebble.WriteOptions) error {
	if b.b == nil {
		return errClosed
	}
	defer b.d.enter()()
	old := b.b
	b.b = nil
	err := b.d.disk.Do(func() error { return old.Commit(o) })
	if b.d.disk.Err() != nil {
		return err // and what it was doing is not to be touched
	}
	return errors.Join(err, old.Close())
}

func (b *batch) Write() error     { return b.write(pebble.NoSync) }
func (b *batch) WriteSync() error { return b.write(pebble.Sync) }

func (b *batch) Close() error {
	if b.b == nil {
		return nil
	}
	old := b.b
	b.b = nil
	return old.Close()
}

type iterator struct {
	it         *pebble.Iterator
	start, end []byte
	reverse    bool
	leave      func()
}

func (i *iterator) Domain() (start, end []byte) { return i.start, i.end }
func (i *iterator) Valid() bool                 { return i.it.Valid() }
func (i *iterator) Key() []byte                 { return slices.Clone(i.it.Key()) }
func (i *iterator) Value() []byte               { return append([]byte{}, i.it.Value()...) }
func (i *iterator) Error() error                { return i.it.Error() }

func (i *iterator) Close() error {
	if i.leave == nil {
		return nil
	}
	defer i.leave()
	i.leave = nil
	return i.it.Close()
}

func (i *iterator) Next() {
	if !i.it.Valid() {
		panic("node: Next on an iterator that has ended")
	}
	if i.reverse {
		i.it.Prev()
	} else {
		i.it.Next()
	}
}

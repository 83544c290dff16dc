package state

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/troth-ledger/troth/ledger/state/disk"
)

// loadBatch is how many bytes a Loader writes at once.
const loadBatch = 4 << 20

// Loader makes a store of rows that came from another: from an export, or a
// snapshot. It takes no more memory than a batch, and makes the indexes itself.
// Whoever opens the store afterwards learns whether the rows hash to the root.
type Loader struct {
	db    *pebble.DB
	disk  *disk.Disk
	batch *pebble.Batch
	last  []byte
	rows  int
}

// NewLoader makes an empty store in dir, which may not hold one yet.
func NewLoader(dir string) (*Loader, error) {
	o := options(Options{CacheBytes: 8 << 20})
	defer o.Cache.Unref()
	o.ErrorIfExists = true
	db, d, err := openPebble(dir, o)
	if err != nil {
		return nil, err
	}
	return &Loader{db: db, disk: d, batch: db.NewBatch()}, nil
}

// Add takes a row. Rows come in the order of View.Rows. A row of no table, or
// that is no record of its table, is an error.
func (l *Loader) Add(r Row) error {
	key := append([]byte{r.Table}, r.Key...)
	if l.last != nil && bytes.Compare(key, l.last) <= 0 {
		return fmt.Errorf("state: loading: a row of table %d, %q, is out of order", r.Table, r.Key)
	}
	if err := fillRow(l.batch, key, r.Value); err != nil {
		return fmt.Errorf("state: loading: %w", err)
	}
	l.last = key
	l.rows++
	return l.flush(loadBatch)
}

// fillRow writes a row that came from another store, with its index entries and
// what finds it by its hash. key is the row's in the tree.
func fillRow(b *pebble.Batch, key, value []byte) error {
	if len(key) == 0 || int(key[0]) >= len(registry.tables) || registry.tables[key[0]] == nil {
		return fmt.Errorf("a row of no table of this program, %x; a newer version may have it", key)
	}
	t, k, rec := registry.tables[key[0]], Key(key[1:]), registry.tables[key[0]].fresh()
	if err := rec.UnmarshalVT(value); err != nil || len(value) == 0 {
		return fmt.Errorf("%s %q is no record: %w", t.name, k, err)
	}
	must(b.Set(dbRow(nil, t, k), value, nil))
	must(b.Set(preimageKey(sum(key)), key, nil))
	fillIndexes(b, t, k, rec)
	return nil
}

// Rows is how many rows it took.
func (l *Loader) Rows() int { return l.rows }

// AddUsed takes used keys.
func (l *Loader) AddUsed(u UsedRow) error {
	if len(u.Keys)%16 != 0 {
		return fmt.Errorf("state: loading: used keys have %d bytes", len(u.Keys))
	}
	must(l.batch.Set(usedRow(u.Minute, u.Height), u.Keys, nil))
	return l.flush(loadBatch)
}

func (l *Loader) flush(size int) error {
	if l.batch.Len() < size {
		return nil
	}
	if err := l.disk.Do(func() error { return l.batch.Commit(pebble.NoSync) }); err != nil {
		return fmt.Errorf("state: loading: %w", err)
	}
	l.batch = l.db.NewBatch()
	return nil
}

// Finish notes the height and the root that the rows should hash to, and closes
// the store, durable.
func (l *Loader) Finish(height int64, root [32]byte) error {
	must(l.batch.Set(metaHead, headOf(height, root), nil))
	err := l.flush(0)
	if err == nil {
		err = l.settle()
	}
	if closed := l.Close(); err == nil {
		err = closed
	}
	return err
}

// settle waits until everything is in tables.
func (l *Loader) settle() error {
	if err := l.disk.Do(l.db.Flush); err != nil {
		return fmt.Errorf("state: loading: %w", err)
	}
	return nil
}

// Close gives up: what was loaded has no head, and is no store. After Finish it
// does nothing.
func (l *Loader) Close() error {
	if l.db == nil {
		return nil
	}
	db := l.db
	l.db = nil
	return l.disk.Do(func() error { return errors.Join(l.batch.Close(), db.Close()) })
}

package state

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/cockroachdb/pebble/v2"
)

// layoutVersion is raised where an index's entries, or what else is kept beside the
// rows, come to mean something else under the same number and name. TestPlaces fails
// where it should have been.
const layoutVersion = 1

// ErrLayout says that a store was written by a program that keeps other things in it,
// and can't be read as it is.
var ErrLayout = errors.New("state: the store is of another version of the program")

// layout stands for what this program keeps beside the rows: it is another where an
// index is added, removed or renamed. What is recorded with each block, so that an
// index that another program kept, or didn't, is never taken for one of this.
var layout = sync.OnceValue(func() [32]byte {
	h := sha256.New()
	_, _ = fmt.Fprintln(h, layoutVersion)
	for _, ix := range registry.indexes {
		if ix != nil {
			_, _ = fmt.Fprintln(h, ix.id, ix.name, ix.table.id, ix.table.name)
		}
	}
	return [32]byte(h.Sum(nil))
})

// head is what a store says of itself: its height, the root its rows hash to, and the
// layout of what is beside them, zero while indexes are made anew.
type head struct {
	height int64
	root   [32]byte
	layout [32]byte
}

func (h head) encode() []byte {
	b := binary.BigEndian.AppendUint64(nil, uint64(h.height))
	return append(append(b, h.root[:]...), h.layout[:]...)
}

// headOf is the head of what this program writes.
func headOf(height int64, root [32]byte) []byte { return head{height, root, layout()}.encode() }

// decodeHead undoes encode. Stores written before there was a layout have a head of 40
// bytes.
func decodeHead(b []byte) (h head, err error) {
	switch len(b) {
	case 8 + 32 + 32:
	case 8 + 32:
		return h, fmt.Errorf("%w: it was written before version 1 of its layout", ErrLayout)
	default:
		return h, fmt.Errorf("%w: the head has %d bytes", ErrDamaged, len(b))
	}
	h.height = int64(binary.BigEndian.Uint64(b))
	copy(h.root[:], b[8:])
	copy(h.layout[:], b[40:])
	return h, nil
}

// reindex makes every index anew of the rows, where they are another program's. Until
// all are there the head has no layout, so that a program that is stopped meanwhile,
// this or another, makes them again.
func (s *Store) reindex(h head) error {
	if s.readOnly {
		return fmt.Errorf("%w: its indexes are not this one's; start the node once, of a backup a restored one, which makes them anew", ErrLayout)
	}
	b := s.db.NewBatch()
	h.layout = [32]byte{}
	must(b.Set(metaHead, h.encode(), nil))
	must(b.DeleteRange([]byte{spaceIndex}, []byte{spaceIndex + 1}, nil))
	commit := func(b *pebble.Batch, how *pebble.WriteOptions) error {
		return s.disk.Do(func() error { return errors.Join(b.Commit(how), b.Close()) })
	}
	if err := commit(b, pebble.Sync); err != nil {
		return fmt.Errorf("state: making indexes anew: %w", err)
	}
	b = s.db.NewBatch()
	done := 0
	tell := func() {
		if s.reindexing != nil {
			s.reindexing(done, s.tree.Len())
		}
	}
	for _, t := range registry.tables {
		if t == nil || len(t.indexes) == 0 {
			if t != nil {
				done += s.rows[t.id]
			}
			continue
		}
		low := []byte{spaceRow, t.id}
		it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: low, UpperBound: after(low)})
		if err != nil {
			return fmt.Errorf("%w: %w", ErrDamaged, err)
		}
		for ok := it.First(); ok && err == nil; ok = it.Next() {
			rec := t.fresh()
			if err = rec.UnmarshalVT(it.Value()); err != nil {
				break
			}
			fillIndexes(b, t, Key(it.Key()[2:]), rec)
			if done++; b.Len() > loadBatch {
				tell()
				err = commit(b, pebble.NoSync)
				b = s.db.NewBatch()
			}
		}
		if bad := it.Error(); bad != nil {
			err = unread(bad, "%s", t.name)
		}
		// To close it can have to wait for the disk.
		if err = errors.Join(err, s.disk.Do(it.Close)); err != nil {
			return fmt.Errorf("state: making the indexes of %s anew: %w", t.name, errors.Join(err, b.Close()))
		}
	}
	must(b.Set(metaHead, headOf(h.height, h.root), nil))
	if err := commit(b, pebble.Sync); err != nil {
		return fmt.Errorf("state: making indexes anew: %w", err)
	}
	tell()
	return nil
}

// fillIndexes writes a row's entries in its table's indexes.
func fillIndexes(b *pebble.Batch, t *spec, k Key, rec Record) {
	for _, ix := range t.indexes {
		for _, place := range ix.entries(k, rec) {
			must(b.Set(dbIndex(nil, ix, entry(place, k)), nil, nil))
		}
	}
}

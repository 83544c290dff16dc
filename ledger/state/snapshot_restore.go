package state

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/troth-ledger/troth/ledger/state/disk"
	"github.com/troth-ledger/troth/ledger/state/smt"
)

// Restore makes a store of a snapshot's chunks in a folder of its own. What it
// took in stays through a crash. One goroutine uses it.
type Restore struct {
	Snapshot
	dir   string
	db    *pebble.DB
	disk  *disk.Disk
	seals Seals
	held  []bool
	tail  usedTail
}

// ErrChunk says that a chunk is not of the snapshot: whoever sent it is at fault.
var ErrChunk = errors.New("state: a bad chunk")

// ErrSnapshot says that a snapshot is none: whoever described it is at fault.
var ErrSnapshot = errors.New("state: a bad snapshot")

var (
	metaSnapshot = []byte{spaceMeta, 's'} // what is being restored
	metaChunk    = []byte{spaceMeta, 'c'} // number -> the tail after it
)

func chunkKey(i int) []byte { return binary.BigEndian.AppendUint32(bytes.Clone(metaChunk), uint32(i)) }

// encode is what tells the restoring of a snapshot from others: by what program it was
// begun, too, for another could have other indexes.
func (d *Snapshot) encode() []byte {
	b := binary.BigEndian.AppendUint64([]byte{SnapshotFormat}, uint64(d.Height))
	b = binary.BigEndian.AppendUint32(append(b, d.Root[:]...), uint32(d.Chunks))
	l := layout()
	return append(append(b, l[:]...), d.Metadata()...)
}

// OpenRestore goes on with the restoring of a snapshot in dir, which is of this
// package alone, or begins it; what dir has of another snapshot is removed. Root
// is what the snapshot is checked against: it comes from a header that is
// trusted.
func OpenRestore(dir string, d Snapshot, seals Seals) (*Restore, error) {
	if err := d.Check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSnapshot, err)
	}
	r := &Restore{Snapshot: d, dir: dir, seals: seals, held: make([]bool, d.Chunks)}
	same, err := r.open()
	if err == nil && same {
		return r, r.resume()
	}
	if err != nil && (r.disk.Err() != nil || outside(err)) {
		return nil, err // what is here may be good
	}
	// Nothing here is worth a repair: it can be fetched again.
	if r.db != nil {
		_ = r.disk.Do(r.db.Close)
	}
	if err := vfs.Default.RemoveAll(dir); err != nil {
		return nil, err
	}
	if _, err := r.open(); err != nil {
		return nil, err
	}
	return r, r.disk.Do(func() error { return r.db.Set(metaSnapshot, d.encode(), pebble.Sync) })
}

// Restoring is the snapshot whose restoring was begun in dir; false where none was.
func Restoring(dir string) (d Snapshot, ok bool) {
	if _, err := vfs.Default.Stat(dir); err != nil {
		return d, false
	}
	o := options(Options{CacheBytes: 1 << 20, ReadOnly: true})
	defer o.Cache.Unref()
	db, _, err := openPebble(dir, o)
	if err != nil {
		return d, false
	}
	b, err := get(db, metaSnapshot)
	if errors.Join(err, db.Close()) != nil || len(b) < 77 || b[0] != SnapshotFormat {
		return d, false
	}
	d, err = ParseSnapshot(int64(binary.BigEndian.Uint64(b[1:])), [32]byte(b[9:41]), int(binary.BigEndian.Uint32(b[41:])), b[77:])
	return d, err == nil
}

// open opens the database and says whether it is of this snapshot.
func (r *Restore) open() (same bool, err error) {
	o := options(Options{CacheBytes: 64 << 20})
	defer o.Cache.Unref()
	if r.db, r.disk, err = openPebble(r.dir, o); err != nil {
		return false, err
	}
	b, err := get(r.db, metaSnapshot)
	return bytes.Equal(b, r.encode()), err
}

// resume finds the chunks that are there.
func (r *Restore) resume() error {
	it, err := r.db.NewIter(&pebble.IterOptions{LowerBound: metaChunk, UpperBound: after(metaChunk)})
	if err != nil {
		return err
	}
	return each(it, func() bool {
		i := int(binary.BigEndian.Uint32(it.Key()[len(metaChunk):]))
		r.held[i] = true
		if i >= r.rows() {
			r.tail = decodeTail(it.Value()) // they come in order
		}
		return true
	})
}

// Next returns the first chunk, not before from, that can be applied and is not
// there yet; false where there is none. Chunks of rows come in any order, those
// of used keys behind them and in order.
func (r *Restore) Next(from int) (int, bool) {
	for i := from; i < r.Chunks; i++ {
		if i >= r.rows() && (r.has(r.rows()) != r.rows() || i > r.rows() && !r.held[i-1]) {
			return 0, false
		}
		if !r.held[i] {
			return i, true
		}
	}
	return 0, false
}

// Held is the number of chunks that are there.
func (r *Restore) Held() int { return r.has(r.Chunks) }

// has counts the chunks that are there of the first n.
func (r *Restore) has(n int) (sum int) {
	for _, h := range r.held[:n] {
		if h {
			sum++
		}
	}
	return sum
}

// Apply takes the i-th chunk in, which Next named or one that is there already.
// ErrChunk where it isn't that chunk: nothing is changed. A chunk that is proven
// and that this program can't read is another error.
func (r *Restore) Apply(i int, chunk []byte) (err error) {
	if i < 0 || i >= r.Chunks {
		return fmt.Errorf("%w: number %d of %d", ErrChunk, i, r.Chunks)
	}
	if r.held[i] {
		return nil
	}
	if len(chunk) > ChunkMax {
		return fmt.Errorf("%w: number %d has %d bytes; %d is the most", ErrChunk, i, len(chunk), ChunkMax)
	}
	batch := r.db.NewBatchWithSize(4096 + 2*len(chunk)) // Pebble panics over a batch too small for its header
	defer func() { err = errors.Join(err, batch.Close()) }()
	tail := r.tail
	if i < r.rows() {
		err = r.rowsOf(batch, i, chunk)
	} else {
		tail, err = r.usedOf(batch, i-r.rows(), chunk)
	}
	if err != nil {
		return fmt.Errorf("chunk %d of height %d: %w", i, r.Height, err)
	}
	must(batch.Set(chunkKey(i), tail.encode(), nil))
	if err := r.disk.Do(func() error { return batch.Commit(pebble.Sync) }); err != nil {
		return err
	}
	r.held[i], r.tail = true, tail
	return nil
}

// rowsOf checks a chunk of rows against the root and puts it into a batch.
func (r *Restore) rowsOf(batch *pebble.Batch, i int, chunk []byte) error {
	beside, rows, err := decodeRows(chunk)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrChunk, err)
	}
	leaves := make([]smt.Leaf, len(rows))
	for j, row := range rows {
		leaves[j] = smt.Leaf{Key: sum(row.key), Value: sum(row.value)}
	}
	from, to := r.span(i)
	if root, err := smt.RangeRoot(from, to, leaves, beside); err != nil || root != r.Root {
		return errors.Join(fmt.Errorf("%w: its rows lead to %x, not to the root %x", ErrChunk, root, r.Root), err)
	}
	for _, row := range rows {
		if err := fillRow(batch, row.key, row.value); err != nil {
			return err
		}
	}
	return nil
}

// usedOf checks the i-th chunk of used keys against the rows that are there.
func (r *Restore) usedOf(batch *pebble.Batch, i int, chunk []byte) (usedTail, error) {
	before, rows, err := decodeUsed(chunk)
	if want := r.usedRows(i); err == nil && len(rows) != want {
		err = fmt.Errorf("it has %d rows of used keys; the snapshot has %d there", len(rows), want)
	}
	if err == nil {
		var tail usedTail
		if tail, err = r.tail.check(before, rows, r.seals, restored{r.db}); err == nil {
			// Rows stand at heights of their own, down from the snapshot's.
			at := r.tail
			for _, e := range rows {
				if !at.begun || at.minute != e.minute {
					at = usedTail{minute: e.minute, begun: true}
				}
				must(batch.Set(usedRow(e.minute, r.Height-at.rows), e.keys, nil))
				at.rows++
			}
			return tail, nil
		}
	}
	return r.tail, fmt.Errorf("%w: %w", ErrChunk, err)
}

// Finish makes the folder a store of the snapshot's height, with what the node
// keeps beside it, closes it, and opens it as a store once to see that its rows
// hash to the root. ErrSnapshot where chunks are missing that the snapshot never
// had.
func (r *Restore) Finish(locals []Local) error {
	if n := r.Held(); n < r.Chunks {
		return fmt.Errorf("state: %d of %d chunks are there", n, r.Chunks)
	}
	if _, missing := r.tail.next(r.seals, restored{r.db}); missing != nil || len(r.tail.rest) > 0 {
		return fmt.Errorf("%w: it has not all used keys", ErrSnapshot)
	}
	b := r.db.NewBatch()
	must(b.DeleteRange(metaChunk, after(metaChunk), nil))
	must(b.Delete(metaSnapshot, nil))
	for _, l := range locals {
		l.write(b)
	}
	must(b.Set(metaHead, headOf(r.Height, r.Root), nil))
	if err := r.disk.Do(func() error { return b.Commit(pebble.Sync) }); err != nil {
		return err
	}
	if err := errors.Join(r.disk.Do(r.db.Flush), r.Close()); err != nil {
		return err
	}
	s, err := Open(r.dir, Options{})
	if err != nil {
		return err
	}
	return s.Close()
}

// Close ends the restoring for now.
func (r *Restore) Close() error {
	if r.db == nil {
		return nil
	}
	db := r.db
	r.db = nil
	return r.disk.Do(db.Close)
}

// restored reads what is restored so far.
type restored struct{ db *pebble.DB }

func (r restored) get(t *spec, k Key) (Record, bool, bool) {
	b, err := get(r.db, dbRow(nil, t, k))
	if err != nil {
		panic(unread(err, "%s %q", t.name, k))
	}
	rec := decode(t, k, b)
	return rec, false, rec != nil
}

func (r restored) scan(ix *index, prefix, from string, fn func(string, Key) bool) {
	scanIn(r.db, ix, prefix, from, fn)
}

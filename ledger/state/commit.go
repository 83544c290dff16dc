package state

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/cockroachdb/pebble/v2"

	"github.com/troth-ledger/troth/ledger/state/smt"
)

// block is a finalised block waiting for its commit.
type block struct {
	height int64
	root   [32]byte
	batch  *pebble.Batch
	dirty  []written
	uses   []use
	over   uint32
	turn   int           // the cache's, when the rows were put into it
	done   chan struct{} // closed once Write is over
	lost   bool          // Write did not come to its end
}

// written is one row that the block leaves behind.
type written struct {
	*row
	value  []byte // encoded; nil where removed
	change smt.Change
}

func sum(b []byte) smt.Hash { return sha256.Sum256(b) }

// Local is a row that the node keeps beside the state: not part of the tree.
type Local struct {
	Key, Value []byte // Value nil to remove
}

// Finalize hashes what the block changed and returns the state's new root.
// Nothing is visible or on disk until Commit.
func (s *Store) Finalize(o *Overlay, height int64) (root [32]byte) {
	_ = s.await() // an error is Advance's
	if o.tip != s.tip {
		panic(fmt.Sprintf("state: a block upon height %d, where the state is of %d", o.tip, s.tip))
	}
	s.last = o.sizes()
	dirty := o.dirty()
	encodeAll(dirty)
	changes := make([]smt.Change, len(dirty))
	for i := range dirty {
		changes[i] = dirty[i].change
	}
	b := &block{height: height, dirty: dirty, root: s.tree.Root()}
	if len(changes) > 0 {
		b.root = s.tree.Update(changes)
	}
	b.batch = s.newBatch(s.batch.guess(len(dirty)))
	s.fill(b, o)
	s.ready = b
	return b.root
}

// newBatch is an empty batch with room for about so many bytes: one that was written
// already, where that has it. The memory of one is large, and new memory is dear.
func (s *Store) newBatch(size int) *pebble.Batch {
	if b := s.spent.Swap(nil); b != nil && cap(b.Repr()) >= size/2 {
		return b
	}
	return s.db.NewBatchWithSize(size, pebble.WithMaxRetainedSizeBytes(batchRetained))
}

// batchSize guesses how large a block's batch gets: its rows, and what the node keeps
// beside them. A batch that is larger grows by itself; one that was guessed too large
// would be memory for nothing.
type batchSize struct{ bytes, rows int } // of the block before

const (
	batchSizeMax  = 64 << 20
	batchRetained = 32 << 20 // what is kept of one that was written
	rowSizeMin    = 512
	rowSizeMax    = 2048
	batchRowsMin  = 64 // fewer say nothing
)

func (b *batchSize) guess(rows int) int {
	per := rowSizeMin
	if b.rows > 0 {
		per = min(max(b.bytes/b.rows*9/8, rowSizeMin), rowSizeMax)
	}
	return min(4096+per*rows, batchSizeMax)
}

func (b *batchSize) saw(bytes, rows int) {
	if rows >= batchRowsMin {
		b.bytes, b.rows = bytes, rows
	}
}

// dirty are the rows that the block leaves changed.
func (o *Overlay) dirty() []written {
	out := make([]written, 0, o.found)
	for r := range o.each() {
		if r.rec != r.orig {
			out = append(out, written{row: r})
		}
	}
	return out
}

// place is where a row comes in the order of the store: by the first bytes of its
// key there, which nearly always say it, then by all.
type place struct {
	first uint64
	row   *row
	at    int // among the written
}

// inOrder are the places of rows in the order of the store: Pebble takes in
// neighbours in a third of the time.
func inOrder(rows []written) []place {
	out := make([]place, len(rows))
	for i := range rows {
		r := rows[i].row
		var first [8]byte
		first[0] = r.table.id
		copy(first[1:], r.key)
		out[i] = place{binary.BigEndian.Uint64(first[:]), r, i}
	}
	slices.SortFunc(out, func(a, b place) int {
		if c := cmp.Compare(a.first, b.first); c != 0 {
			return c
		}
		return strings.Compare(string(a.row.key), string(b.row.key))
	})
	return out
}

// encodeAll encodes and hashes on all cores. The order of rows doesn't matter:
// neither the tree's root nor the batch depends on it.
func encodeAll(rows []written) {
	cores := runtime.GOMAXPROCS(0)
	if len(rows) < 64 {
		cores = 1
	}
	var wg sync.WaitGroup
	per := (len(rows) + cores - 1) / max(cores, 1)
	for lo := 0; lo < len(rows); lo += per {
		part := rows[lo:min(lo+per, len(rows))]
		wg.Go(func() {
			for i := range part {
				part[i].encode()
			}
		})
	}
	wg.Wait()
}

func (w *written) encode() {
	if !w.from.hashed {
		var buf [96]byte
		w.from.path, w.from.hashed = sum(append(append(buf[:0], w.table.id), w.key...)), true
	}
	w.change.Key = w.from.path
	if w.rec == nil {
		w.change.Delete = true
		return
	}
	w.value = encode(w.rec)
	if len(w.value) == 0 {
		// ICS-23 can't prove an empty value.
		panic(fmt.Sprintf("state: %s %q would be stored empty", w.table.name, w.key))
	}
	w.change.Value = sum(w.value)
}

// fill writes the block's rows, index entries and head into its batch.
func (s *Store) fill(b *block, o *Overlay) {
	var buf []byte
	for _, p := range inOrder(b.dirty) {
		w := &b.dirty[p.at]
		buf = dbRow(buf, w.table, w.key)
		if w.value == nil {
			must(b.batch.Delete(buf, nil))
		} else {
			must(b.batch.Set(buf, w.value, nil))
		}
		if w.orig == nil {
			must(b.batch.Set(preimageKey(w.change.Key), rowKey(w.table, w.key), nil))
		}
		if w.rec == nil {
			must(b.batch.Delete(preimageKey(w.change.Key), nil))
		}
	}
	for id, ix := range registry.indexes {
		for e := range o.removed[id] { // in any order, as above
			must(b.batch.Delete(dbIndex(buf, ix, e), nil))
		}
		if t := o.added[id]; t != nil {
			t.Ascend(func(e string) bool {
				buf = dbIndex(buf, ix, e)
				must(b.batch.Set(buf, nil, nil))
				return true
			})
		}
	}
	s.keepUsed(b, o)
	head := binary.BigEndian.AppendUint64(nil, uint64(b.height))
	must(b.batch.Set(metaHead, append(head, b.root[:]...), nil))
}

func must(err error) {
	if err != nil {
		panic("state: filling a batch: " + err.Error())
	}
}

// Commit makes the finalised block visible: Advance and Write in one.
func (s *Store) Commit(locals []Local) error {
	if err := s.Advance(); err != nil {
		return err
	}
	return s.Write(func() []Local { return locals })
}

// Advance makes the finalised block what the next one begins from. It is for the
// goroutine that executes. Views don't show the block before Write is over,
// which has to follow, once, on any goroutine, while this one may go on to
// propose the next block: what it reads is in memory, or waits.
func (s *Store) Advance() error {
	if err := s.disk.Err(); err != nil {
		return err
	}
	if err := s.await(); err != nil {
		return err
	}
	b := s.ready
	if b == nil {
		return fmt.Errorf("state: nothing to commit")
	}
	s.ready = nil
	b.turn, b.done = s.cache.turn, make(chan struct{})
	for i := range b.dirty {
		w := &b.dirty[i]
		s.cache.renew(w.table, w.key, w.from, w.rec)
		s.packed.put(w.table, w.key, w.value)
		if w.orig == nil {
			s.rows[w.table.id]++
		}
		if w.rec == nil {
			s.rows[w.table.id]--
		}
	}
	s.used.add(b.uses)
	s.writing, s.tip = b, b.height
	return nil
}

// Write writes the block that was advanced to, and makes it visible. It is
// written, not synced: CometBFT has the block on disk, synced, and hands it in
// again should the machine lose what was not. An error means that nothing more
// can be written, as where the disk is full: each later call returns one too, and
// the node stops.
func (s *Store) Write(locals func() []Local) error {
	b := s.writing
	b.lost = true
	defer close(b.done)
	for _, l := range locals() {
		l.write(b.batch)
	}
	s.batch.saw(b.batch.Len(), len(b.dirty))
	if err := s.forgetUsed(b); err != nil {
		return fmt.Errorf("state: height %d: used keys: %w", b.height, err)
	}
	if err := s.disk.Do(func() error { return b.batch.Commit(pebble.NoSync) }); err != nil {
		return fmt.Errorf("state: writing height %d: %w", b.height, err)
	}
	b.batch.Reset()
	s.spent.Store(b.batch)
	old := s.view.Load()
	v := newView(s, b.height)
	s.swap.Lock()
	s.view.Store(v)
	s.swap.Unlock()
	old.drop()
	b.lost = false
	return nil
}

// written waits until the block that was advanced to is written. It is for the
// goroutine that executes. It panics where the block could not be: what is on disk
// is the state before it, and no answer.
func (s *Store) written() {
	if err := s.await(); err != nil {
		panic(err.Error())
	}
}

// await is written, with an error in place of the panic.
func (s *Store) await() error {
	b := s.writing
	if b == nil {
		return nil
	}
	<-b.done
	if b.lost {
		return errors.Join(fmt.Errorf("state: height %d was not written", b.height), s.disk.Err())
	}
	s.writing = nil
	return nil
}

// Tip is the height of the block that the next one begins from: Height, or one
// more while Write is under way. It is for the goroutine that executes.
func (s *Store) Tip() int64 { return s.tip }

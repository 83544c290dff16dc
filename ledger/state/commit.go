package state

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"

	"github.com/troth-ledger/troth/ledger/state/smt"
)

// block is a finalised block waiting for its commit.
type block struct {
	height  int64
	root    [32]byte
	overlay *Overlay
	dirty   []written
	moves   moves
	turn    int           // the cache's, when the rows were put into it
	tree    *smt.Snapshot // as it leaves it
	done    chan struct{} // closed once Write is over
	lost    bool          // Write did not come to its end,
	err     error         // for this, where it was no panic
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
// Nothing is visible or on disk until Commit. The block before may still be
// written meanwhile.
func (s *Store) Finalize(o *Overlay, height int64) (root [32]byte) {
	if o.tip != s.tip {
		panic(fmt.Sprintf("state: a block upon height %d, where the state is of %d", o.tip, s.tip))
	}
	s.last = o.sizes()
	b := &block{height: height, overlay: o, dirty: o.dirty(), root: s.tree.Root()}
	b.moves = encodeAll(b.dirty)
	changes := make([]smt.Change, len(b.dirty))
	for i := range b.dirty {
		changes[i] = b.dirty[i].change
	}
	if len(changes) > 0 {
		b.root = s.tree.Update(changes)
	}
	s.ready = b
	return b.root
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

// encodeAll encodes and hashes on all cores, and finds where the rows move in their
// indexes. The order of rows doesn't matter: neither the tree's root nor the batch
// depends on it.
func encodeAll(rows []written) moves {
	cores := runtime.GOMAXPROCS(0)
	if len(rows) < 64 {
		cores = 1
	}
	var wg sync.WaitGroup
	per := (len(rows) + cores - 1) / max(cores, 1)
	var found []*moves
	var broken atomic.Pointer[any] // what a record or an index panicked with
	for lo := 0; lo < len(rows); lo += per {
		part, m := rows[lo:min(lo+per, len(rows))], new(moves)
		found = append(found, m)
		wg.Go(func() {
			defer func() {
				if r := recover(); r != nil {
					broken.Store(&r)
				}
			}()
			var mem []byte
			for i := range part {
				part[i].encode()
				mem = m.find(part[i].row, mem)
			}
		})
	}
	wg.Wait()
	if r := broken.Load(); r != nil {
		panic(*r) // where consensus sees it: on a goroutine of its own it ends the process
	}
	return joined(found)
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
// propose, execute and finalise the next block: what it reads is in memory, is on
// disk as it was, or is waited for, and indexes are searched in both.
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
	b.turn, b.done, b.tree = s.cache.turn, make(chan struct{}), s.tree.Snapshot()
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
	s.used.add(b.overlay.uses)
	s.writing, s.tip = b, b.height
	return nil
}

// Write writes the block that was advanced to, and makes it visible. It is
// written, not synced: CometBFT has the block on disk, synced, and hands it in
// again should the machine lose what was not. An error means that nothing more
// can be written, as where the disk is full: each later call returns one too, and
// the node stops.
func (s *Store) Write(locals func() []Local) (err error) {
	b := s.writing
	b.lost = true
	defer func() {
		if b.err = err; b.lost {
			b.tree.Release()
		}
		close(b.done)
	}()
	batch := s.newBatch(s.batch.guess(len(b.dirty)))
	b.fill(batch)
	for _, l := range locals() {
		l.write(batch)
	}
	s.batch.saw(batch.Len(), len(b.dirty))
	if err := s.forgetUsed(b, batch); err != nil {
		return fmt.Errorf("state: height %d: used keys: %w", b.height, err)
	}
	if err := s.disk.Do(func() error { return batch.Commit(pebble.NoSync) }); err != nil {
		return fmt.Errorf("state: writing height %d: %w", b.height, err)
	}
	batch.Reset()
	s.spent.Store(batch)
	old := s.view.Load()
	v := newView(s, b.height, b.tree)
	s.swap.Lock()
	s.view.Store(v)
	b.lost = false // from here on the tree is the view's
	s.swap.Unlock()
	old.drop()
	return nil
}

// Abandon is in place of Write where the block that was advanced to will not be
// written: who waits for it learns why.
func (s *Store) Abandon(why error) {
	b := s.writing
	b.lost, b.err = true, why
	b.tree.Release()
	close(b.done)
}

// unwritten is what the block changed that was advanced to, as long as it is not
// written; nil where all is on disk. It is for the goroutine that executes. It panics
// where the block could not be written.
func (s *Store) unwritten() *Overlay {
	b := s.writing
	if b == nil {
		return nil
	}
	select {
	case <-b.done:
		s.written()
		return nil
	default:
		return b.overlay
	}
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
		return fmt.Errorf("state: height %d was not written: %w", b.height, cmp.Or(b.err, s.disk.Err(), errNoEnd))
	}
	s.writing = nil
	return nil
}

var errNoEnd = errors.New("the writing of it did not come to its end")

// Tip is the height of the block that the next one begins from: Height, or one
// more while Write is under way. It is for the goroutine that executes.
func (s *Store) Tip() int64 { return s.tip }

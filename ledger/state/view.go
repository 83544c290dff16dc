package state

import (
	"errors"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"

	"github.com/troth-ledger/troth/ledger/state/smt"
)

// View is the state after a committed height, frozen. Any number of goroutines
// may use one; none of them ever waits for a block.
type View struct {
	store  *Store
	height int64
	root   [32]byte
	snap   *pebble.Snapshot
	tree   *smt.Snapshot
	refs   atomic.Int64
}

// newView freezes the store as it is after a block is written, with the tree as the
// block left it. Whoever writes the block calls it.
func newView(s *Store, height int64, t *smt.Snapshot) *View {
	v := &View{store: s, height: height, root: t.Root(), snap: s.db.NewSnapshot(), tree: t}
	v.refs.Store(1)
	s.live.Add(1)
	return v
}

// View pins the last committed height. Release it soon: it keeps old data on
// disk from being freed, and Close waits for it.
func (s *Store) View() *View {
	s.swap.Lock()
	defer s.swap.Unlock()
	if s.closed {
		panic("state: View after Close")
	}
	v := s.view.Load()
	v.refs.Add(1)
	return v
}

// Release lets go of the view.
func (v *View) Release() { v.drop() }

func (v *View) drop() {
	if v.refs.Add(-1) != 0 {
		return
	}
	// Closing a snapshot waits for what Pebble writes about its tables.
	_ = v.store.disk.Do(v.snap.Close)
	v.tree.Release()
	v.store.live.Done()
}

// Height is the view's height.
func (v *View) Height() int64 { return v.height }

// Root is the root of the state after that height.
func (v *View) Root() [32]byte { return v.root }

func (v *View) get(t *spec, k Key) (Record, bool, bool) {
	r := decode(t, k, v.store.raw(v.snap, t, k))
	return r, false, r != nil
}

func (v *View) scan(ix *index, prefix, from string, fn func(string, Key) bool) {
	scanIn(v.snap, ix, prefix, from, fn)
}

func scanIn(r pebble.Reader, ix *index, prefix, from string, fn func(string, Key) bool) {
	it := placesIn(r, ix, prefix, max(prefix, from))
	defer it.close()
	for e, ok := it.next(); ok; e, ok = it.next() {
		if !fn(e, splitEntry(e)) {
			return
		}
	}
}

// Local reads a row that a node keeps beside the state.
func (v *View) Local(key []byte) ([]byte, bool) {
	b, closer, err := v.snap.Get(append([]byte{spaceLocal}, key...))
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, false
	}
	if err != nil {
		panic(unread(err, "a local row"))
	}
	defer closer.Close()
	return append([]byte(nil), b...), true
}

// ScanLocal calls fn for the local rows whose key begins with prefix and is not
// before from, in order, until it returns false.
func (v *View) ScanLocal(prefix, from []byte, fn func(key, value []byte) bool) {
	low := append([]byte{spaceLocal}, prefix...)
	o := &pebble.IterOptions{LowerBound: low, UpperBound: after(low)}
	if string(from) > string(prefix) {
		o.LowerBound = append([]byte{spaceLocal}, from...)
	}
	it, err := v.snap.NewIter(o)
	if err != nil {
		panic(unread(err, "local rows"))
	}
	defer it.Close()
	for ok := it.First(); ok; ok = it.Next() {
		if !fn(it.Key()[1:], it.Value()) {
			return
		}
	}
	if err := it.Error(); err != nil {
		panic(unread(err, "local rows"))
	}
}

// places iterates over a committed index.
type places struct {
	it    *pebble.Iterator
	begun bool
}

// places is for the goroutine that executes, and has what is on disk, with the block
// that was advanced to or without it: see unwritten. It is nil where the table has no row:
// a queue is empty nearly always, and to look costs 5 µs.
func (s *Store) places(ix *index, prefix, start string) *places {
	if s.rows[ix.table.id] == 0 {
		return nil
	}
	return placesIn(s.db, ix, prefix, start)
}

func placesIn(r pebble.Reader, ix *index, prefix, start string) *places {
	upper := after(dbIndex(nil, ix, prefix))
	it, err := r.NewIter(&pebble.IterOptions{LowerBound: dbIndex(nil, ix, start), UpperBound: upper})
	if err != nil {
		panic(unread(err, "index %s", ix.name))
	}
	return &places{it: it}
}

func (p *places) next() (string, bool) {
	if p == nil {
		return "", false
	}
	ok := false
	if p.begun {
		ok = p.it.Next()
	} else {
		ok, p.begun = p.it.First(), true
	}
	if !ok {
		// The end of what can be read must not pass for the end of the index.
		if err := p.it.Error(); err != nil {
			panic(unread(err, "an index"))
		}
		return "", false
	}
	return string(p.it.Key()[2:]), true
}

func (p *places) close() {
	if p != nil {
		_ = p.it.Close()
	}
}

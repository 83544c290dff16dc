package state_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/troth-ledger/troth/ledger/state"
)

// writer commits a store's blocks. Sometimes it holds the writing of one back until so
// much of the next is done, on a machine of any speed.
type writer struct {
	s       *state.Store
	n       *naive // as the last block left it
	root    [32]byte
	until   stage
	gate    chan struct{} // held back until it is closed; nil where nothing is
	written chan error    // nil where all is
}

// stage is how far the next block is.
type stage int

const (
	begun stage = iota
	executed
	finalised
)

// heldMost is how long the writing is held back at most. What waits for so long waits
// for it, and need not: see reads.
const heldMost = 10 * time.Second

// commit commits the finalised block. Where the writing takes its time, another block
// is begun meanwhile, which reads what the block left.
func (w *writer) commit(t *rapid.T, n *naive, root [32]byte) {
	s := w.s
	w.n, w.root = n, root
	if rapid.Bool().Draw(t, "at once") {
		w.over(t, s.Commit(nil))
		return
	}
	height := s.Height()
	if err := s.Advance(); err != nil {
		t.Fatal(err)
	}
	if s.Tip() != height+1 || s.Height() != height {
		t.Fatalf("advanced from %d to %d, and %d can be seen", height, s.Tip(), s.Height())
	}
	w.until = rapid.SampledFrom([]stage{begun, executed, finalised}).Draw(t, "until")
	gate, written := make(chan struct{}), make(chan error, 1)
	w.gate, w.written = gate, written
	go func() {
		var late error
		err := s.Write(func() []state.Local {
			select {
			case <-gate:
			case <-time.After(heldMost):
				late = fmt.Errorf("something waits for height %d to be written", height+1)
			}
			return nil
		})
		written <- errors.Join(late, err)
	}()
	ahead(t, s)
	o := s.Begin()
	for _, k := range slices.Sorted(maps.Keys(n.rows)) { // as drawn, a failing case can be run again
		if rapid.Bool().Draw(t, "read") {
			w.reads(k)
			if got, _ := things.Get(o, k); !bytes.Equal(state.Encode(got), state.Encode(n.rows[k])) {
				t.Fatalf("%q is %v, want %v", k, got, n.rows[k])
			}
		}
	}
	compare(t, w, o, n)
	w.reaches(begun)
	if w.gate == nil && rapid.Bool().Draw(t, "wait") {
		w.settle(t)
	}
}

// reaches lets the block be written if it was held back until now.
func (w *writer) reaches(now stage) {
	if w.until <= now {
		w.release()
	}
}

// reads lets the block be written if a row can't be read before it is.
func (w *writer) reads(k state.Key) {
	if w.s.Waits(things.Ref(k)) {
		w.release()
	}
}

func (w *writer) release() {
	if w.gate != nil {
		close(w.gate)
		w.gate = nil
	}
}

// settle waits until all is written, and looks at it.
func (w *writer) settle(t *rapid.T) {
	w.release()
	if w.written != nil {
		err := <-w.written
		w.written = nil
		w.over(t, err)
	}
}

func (w *writer) over(t *rapid.T, err error) {
	if err != nil {
		t.Fatal(err)
	}
	if w.root != w.s.Root() {
		t.Fatal("Root is not what Finalize returned")
	}
	v := w.s.View()
	defer v.Release()
	compare(t, w, v, w.n)
}

// close waits until nothing is being written, so that a store whose test failed can
// be closed.
func (w *writer) close() {
	w.release()
	if w.written != nil {
		<-w.written
	}
}

package sim

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

const (
	// writeDelay is how long a machine puts off writing a block at most. Mostly
	// the next one is proposed meanwhile; what that reads may have to wait for it.
	writeDelay = 20 * time.Millisecond
	// localsKept is for how many blocks a machine keeps local rows.
	localsKept = 100
)

// write has the block that was advanced to written, with the machine's local
// rows.
func (r *replica) write(b *block, root [32]byte) {
	locals := []state.Local{{Key: localKey(b.height), Value: root[:]}}
	if b.height > localsKept {
		locals = append(locals, state.Local{Key: localKey(b.height - localsKept)}) // which removes it
	}
	written, gate, store := make(chan error, 1), make(chan struct{}), r.store
	r.written, r.gate = written, gate
	go func() {
		defer func() {
			if p := recover(); p != nil {
				written <- fmt.Errorf("%v", p)
			}
		}()
		written <- store.Write(func() []state.Local {
			select {
			case <-gate:
			case <-time.After(writeDelay):
			}
			return locals
		})
	}()
}

func localKey(height int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(height)) }

// letWrite has the machine write without delay.
func (r *replica) letWrite() {
	if r.gate != nil {
		close(r.gate)
		r.gate = nil
	}
}

// settle waits until the machine has written all.
func (r *replica) settle() {
	if r.written == nil {
		return
	}
	r.letWrite()
	err := <-r.written
	if r.written = nil; err != nil {
		failf("%s doesn't write: %v", r.name, err)
	}
}

// settle waits until all machines have written the last block. What they
// remember about deadlines leaves none out.
func (s *sim) settle() {
	for _, r := range s.replicas {
		r.letWrite()
	}
	for _, r := range s.replicas {
		r.settle()
		v := r.store.View()
		at, ok := r.machine.NextDue(v)
		want, wantOK := op.NextDue(v)
		v.Release()
		if ok != wantOK || !at.Equal(want) {
			failf("%s: the next deadline is %s, found %s", r.name, want, at)
		}
	}
}

// remembers: a machine has the local rows of the blocks that it has, and no
// others.
func (s *sim) remembers(r *replica) {
	v := r.store.View()
	defer v.Release()
	last := r.store.Height()
	height := max(r.since, last-localsKept, 0)
	v.ScanLocal(nil, nil, func(key, value []byte) bool {
		if height++; !bytes.Equal(key, localKey(height)) {
			failf("%s has a local row %x at height %d, not the one of height %d", r.name, key, last, height)
		}
		if b := s.logged(height); !bytes.Equal(value, b.root[:]) {
			failf("%s has a local row for height %d of %x; the root was %x", r.name, height, value, b.root)
		}
		return true
	})
	if height != last {
		failf("%s stands at height %d, its local rows end at %d", r.name, last, height)
	}
}

// logged is a late block.
func (s *sim) logged(height int64) *block {
	i := height - s.log[0].height
	if i < 0 || i >= int64(len(s.log)) {
		failf("there is no block of height %d among the late ones", height)
	}
	return &s.log[i]
}

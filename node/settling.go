package node

import (
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/troth-ledger/troth/ledger/state"
)

// settling is what is left to do for a block once the next one can be begun:
// writing its rows, showing them, and telling those who wait. A goroutine of its
// own does it, while consensus goes on to propose and to execute the next one, which
// is committed only once this one has settled. One block settles at a time.
type settling struct {
	// mu guards all.
	mu   sync.Mutex
	over chan struct{} // closed once it is done; nil before the first
	err  error         // what went wrong, for good
	bad  chan struct{} // closed with err; nil as long as nobody asked
}

// broken is closed once a block could not be settled.
func (s *settling) broken() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bad == nil {
		s.bad = make(chan struct{})
		if s.err != nil {
			close(s.bad)
		}
	}
	return s.bad
}

// failed is what went wrong, where something did.
func (s *settling) failed() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// fail keeps what went wrong first.
func (s *settling) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return
	}
	if s.err = err; s.bad != nil {
		close(s.bad)
	}
}

// begin runs work, unless something went wrong before: then it says false.
func (s *settling) begin(work func() error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return false
	}
	over := make(chan struct{})
	s.over = over
	go func() {
		defer close(over)
		if err := safely(work); err != nil {
			s.fail(err)
		}
	}()
	return true
}

// wait waits until nothing settles. An error means that the ledger can't be
// written any more.
func (s *settling) wait() error {
	s.mu.Lock()
	over := s.over
	s.mu.Unlock()
	if over != nil {
		<-over
	}
	return s.failed()
}

// safely makes an error of a panic: a goroutine's panic would end the process,
// and consensus, which is stopped for it, has more to put in order.
func safely(work func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			cause, ok := r.(error)
			if !ok {
				cause = errors.New(fmt.Sprint(r))
			}
			err = fmt.Errorf("%w\n%s", cause, debug.Stack())
		}
	}()
	return work()
}

// settle writes a block that was advanced to, and tells of it.
func (a *app) settle(d *decided) error {
	a.at("write")
	start := time.Now()
	err := a.machine.Store().Write(func() []state.Local {
		return append(a.locals(d), a.journal.locals(d.height, d.time, d.done.Changes)...)
	})
	if err != nil {
		return err
	}
	a.shown.Store(&d.time)
	a.meter.observe(commitment, start)
	a.door.guard.committed(d.done.Changes)
	a.journal.told()
	a.hub.committed(d)
	a.meter.block(d)
	a.tellLog(d)
	a.snapshots.committed(d.time)
	return nil
}

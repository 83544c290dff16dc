package node

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/council"
	"github.com/troth-ledger/troth/ledger/state"
)

// stand has the node stand still at a step, until the returned function is called.
// It returns once it does. Before it waits for that, it calls then.
func (w *world) stand(where string, then func()) (release func()) {
	w.t.Helper()
	reached, gate := make(chan struct{}), make(chan struct{})
	var once sync.Once
	f := func(step string) {
		if step == where {
			once.Do(func() { close(reached) })
			<-gate
		}
	}
	w.app.step.Store(&f)
	release = sync.OnceFunc(func() { close(gate) })
	w.t.Cleanup(release)
	then()
	select {
	case <-reached:
	case <-time.After(20 * time.Second):
		w.t.Fatalf("it doesn't come to %q", where)
	}
	return release
}

// holdWritten submits a transaction and holds the node before it writes the block
// that has it: the state is advanced to it, and nobody sees it yet.
func (w *world) holdWritten(raw []byte) (answer <-chan *pb.TxRecord, release func()) {
	w.t.Helper()
	goOn := w.stand("propose", func() {})
	out := make(chan *pb.TxRecord, 1)
	go func() { out <- w.send(raw)[0] }()
	waitFor(w.t, func() bool { return w.Waiting() == 1 })
	if err := w.app.settling.wait(); err != nil { // the block before
		w.t.Fatal(err)
	}
	return out, w.stand("write", goOn)
}

// Who waits for a transaction of the last block before the node ends is answered
// first: it is final.
func TestHaltAnswersFirst(t *testing.T) {
	w := newWorld(t, 2)
	w.mint(100)
	answer, release := w.holdWritten(w.pay(0, 1))
	needed := &council.UpgradeNeeded{Name: "winter", Height: w.store.Height() + 2, Protocol: 2}
	w.app.halt.look(needed)
	select {
	case r := <-answer:
		t.Fatalf("answered before the block is written: %v", r)
	case <-w.Failed():
		t.Fatal("the node has ended, and somebody waits for a block that isn't written")
	case <-time.After(200 * time.Millisecond):
	}
	release()
	if r := <-answer; r.Height == 0 || r.Result.Code != 0 {
		t.Fatalf("%v", r)
	}
	<-w.Failed()
	if err := w.Err(); !errors.Is(err, error(needed)) {
		t.Fatal(err)
	}
}

// A database that can't be written any more ends the node, also where CometBFT
// only writes that into its log.
func TestEvidenceRefused(t *testing.T) {
	w := newWorld(t, 2)
	w.mint(100)
	for _, db := range w.dbs.list {
		if db.name == dbEvidence {
			_ = db.disk.Do(func() error { panic("no space left on device") })
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	select {
	case <-w.Failed():
	case <-ctx.Done():
		t.Fatal("the node goes on")
	}
	w.because("data/evidence: storage failed: no space left on device")
	if err := w.Stop(); err == nil || !strings.Contains(err.Error(), "no space left on device") {
		t.Errorf("stopping the node: %v", err)
	}
}

// CometBFT may go on for ever without a vote once its log can't be written, and
// says no more than a line: the node ends for it.
func TestLogOfConsensusFails(t *testing.T) {
	w := newWorld(t, 1)
	cometLog{quietLog, nil, w.fault}.Error("Periodic WAL flush failed", "err", errors.New("no space left on device"))
	select {
	case <-w.Failed():
	case <-time.After(20 * time.Second):
		t.Fatal("it goes on")
	}
	if err := w.Err(); !errors.Is(err, ErrFailed) || !strings.Contains(err.Error(), "the log of consensus can't be written: no space left on device") {
		t.Fatal(err)
	}
	if err := w.Stop(); err == nil || !strings.Contains(err.Error(), "no space left on device") {
		t.Fatalf("stopped with %v", err)
	}
}

// A block that can't be written while the next one is executed ends that one: with
// the cause, and in catching up from others without an error, which would take the
// process down.
func TestWriteFailsWhileExecuting(t *testing.T) {
	for _, catching := range []bool{false, true} {
		a, g := council2(t)
		a.begin(t, g)
		fail := make(chan struct{})
		f := func(step string) {
			switch step {
			case "write":
				<-fail
				a.journal = &journal{} // has no store to read: it panics within the writing
			case "execute":
				if a.machine.Store().Tip() == 2 {
					close(fail)
					_ = a.settling.wait()
				}
			}
		}
		a.step.Store(&f)
		block := func(height int64) error {
			_, err := a.FinalizeBlock(t.Context(), &abci.RequestFinalizeBlock{Height: height, Time: time.Unix(1767603600+height, 0)})
			return err
		}
		if err := block(2); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Commit(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		syncing := func() bool { return catching }
		a.syncing.Store(&syncing)
		came := make(chan error, 1)
		go func() {
			defer close(came)
			came <- block(3)
		}()
		err, returned := <-came
		if why := a.settling.failed(); why == nil || returned == catching || returned && !errors.Is(err, why) {
			t.Errorf("catching up: %v; it returned: %v, with %v", catching, returned, err)
		}
	}
}

// A row that can't be read while a block is executed ends the node with the way out:
// consensus, and catching up from others, where the error may not go back.
func TestDamageWhileExecuting(t *testing.T) {
	damaged := fmt.Errorf("%w: reading parties", state.ErrDamaged)
	a, g := council2(t)
	a.begin(t, g)
	a.dir = "home/data/ledger"
	for name, err := range map[string]error{
		"executing": a.reading(func() { panic(damaged) }),
		"the node":  a.settling.failed(),
		"consensus": func() error {
			f := &fault{halt: newHalt(), dir: a.dir}
			cometLog{quietLog, nil, f}.Error(failure, "err", any(damaged))
			return f.err()
		}(),
	} {
		if err == nil || !strings.Contains(err.Error(), "reading parties") || !strings.Contains(err.Error(), "move home/data/ledger out of the way") {
			t.Errorf("%s: %v", name, err)
		}
	}
	a, g = council2(t)
	a.begin(t, g)
	defer func() {
		if r := recover(); r != "another" {
			t.Errorf("a fault of the program became %v", r)
		}
	}()
	_ = a.reading(func() { panic("another") })
}

// A block that was advanced to and is given up leaves nobody waiting for its writing.
func TestAbandoned(t *testing.T) {
	a, g := council2(t)
	a.begin(t, g)
	for height := int64(2); height <= 3; height++ {
		if _, err := a.FinalizeBlock(t.Context(), &abci.RequestFinalizeBlock{Height: height, Time: time.Unix(1767603600+height, 0)}); err != nil {
			t.Fatal(err)
		}
		if height == 2 {
			if err := a.machine.Advance(); err != nil {
				t.Fatal(err)
			}
		}
	}
	full := errors.New("no space left on device")
	a.machine.Store().Abandon(full)
	came := make(chan error, 1)
	go func() { came <- a.machine.Advance() }()
	select {
	case err := <-came:
		if !errors.Is(err, full) {
			t.Errorf("the next block: %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the next block waits for ever")
	}
}

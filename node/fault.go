package node

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/cometbft/cometbft/consensus"
	"github.com/cometbft/cometbft/libs/log"

	"github.com/troth-ledger/troth/ledger/state"
)

// ErrFailed says that consensus stopped by itself: the disk is full or broken,
// or Troth has a fault. What was acknowledged is on disk; nothing more will be.
var ErrFailed = errors.New("node: consensus has failed")

// fault keeps the reason why consensus stopped: its own, or that the halt is
// reached.
type fault struct {
	reason atomic.Pointer[string]
	wal    atomic.Pointer[string] // why the log of consensus can't be written
	halt   *halt
	dir    string // the ledger's
}

// words are what is said of a panic in consensus: of a damaged ledger, with the way out.
func (f *fault) words(r any) string {
	if err, ok := r.(error); ok && errors.Is(err, state.ErrDamaged) {
		return wayOut(err, f.dir).Error()
	}
	return fmt.Sprint(r)
}

func (f *fault) set(why string) { f.reason.CompareAndSwap(nil, &why) }

func (f *fault) err() error {
	if err := f.halt.err(); err != nil {
		return err
	}
	if why := f.reason.Load(); why != nil {
		return fmt.Errorf("%w: %s; nothing that was acknowledged is lost: see to the cause, and start again", ErrFailed, *why)
	}
	return fmt.Errorf("%w; its log says why", ErrFailed)
}

// Failed is closed when consensus stopped by itself and the node will never make
// a block again. Whoever runs the node should then Stop it, say Err, and end.
func (n *Node) Failed() <-chan struct{} { return n.failed }

// Err is why the node failed, nil as long as it hasn't: a *council.UpgradeNeeded
// where the chain goes on by rules that this program doesn't have.
func (n *Node) Err() error {
	select {
	case <-n.failed:
		return n.fault.err()
	default:
		return nil
	}
}

// Fail ends the node, as a disk does that can't be written: for a part of it that
// can't go on, and that the node must not go on without. Only the first call
// counts.
func (n *Node) Fail(why error) { n.app.settling.fail(why) }

// storesEvery is how often it is looked whether all databases can be written.
const storesEvery = time.Second

// guard waits for the end of consensus. CometBFT stops it on a panic and leaves
// everything else running: clients would wait for answers that can't come.
func (n *Node) guard() {
	ended := make(chan struct{})
	go func() {
		n.env.ConsensusState.(*consensus.State).Wait()
		close(ended)
	}()
	look := time.NewTicker(storesEvery)
	defer look.Stop()
	for running := true; running; {
		select {
		case <-ended:
			running = false
		case <-n.fault.halt.reached:
			running = false
		case <-n.app.settling.broken():
			running = false
		case <-look.C:
			err := n.dbs.err()
			if why := n.fault.wal.Load(); err == nil && why != nil {
				err = errors.New("the log of consensus can't be written: " + *why)
			}
			if err != nil {
				n.Fail(err)
			}
		}
	}
	// Who waits for the last block is told of it first.
	if err := n.app.settling.wait(); err != nil {
		why := err.Error()
		if !errors.Is(err, state.ErrDamaged) { // which comes with the way out
			why, _, _ = strings.Cut(why, "\n")
		}
		n.fault.set(why)
		n.log.Error("nothing more can be written", "err", err)
	}
	select {
	case <-n.app.stop:
		return
	default:
	}
	close(n.failed)
	if err := n.fault.halt.err(); err != nil {
		n.log.Warn("the chain goes on with another version of the program; stop this one", "why", err)
		n.app.hub.close()
		return
	}
	n.log.Error("the node has failed and makes no more blocks; stop it, see to the cause, start it again", "err", n.fault.err())
	n.app.hub.close()
}

// cometLog hands CometBFT's log lines to ours. Its info lines, several a
// block, are our debug lines.
type cometLog struct {
	to    *slog.Logger
	with  []any
	fault *fault
}

// failure is the line with which CometBFT says that consensus stopped. It is the
// one place where it says why.
const failure = "CONSENSUS FAILURE!!!"

func (l cometLog) Debug(string, ...any)       {}
func (l cometLog) Info(msg string, kv ...any) { l.to.Debug(msg, append(kv, l.with...)...) }
func (l cometLog) Warn(msg string, kv ...any) { l.to.Warn(msg, append(kv, l.with...)...) }

func (l cometLog) Error(msg string, kv ...any) {
	if msg == failure && l.fault.halt.err() != nil {
		return // the one way to leave a height without a vote; it is told elsewhere
	}
	if len(kv) > 1 && kv[1] == any(errStopping) {
		return // it is asked for
	}
	if msg == failure && len(kv) > 1 {
		l.fault.set(l.fault.words(kv[1]))
		l.to.Error("consensus failed", append(kv, l.with...)...)
		return
	}
	if msg == walFailure && len(kv) > 1 {
		why := fmt.Sprint(kv[1])
		l.fault.wal.CompareAndSwap(nil, &why)
	}
	l.to.Warn(msg, append(kv, l.with...)...)
}

// walFailure is the line with which CometBFT says that its log of consensus can't
// be written. The writer keeps its first error: nothing is written to it any more,
// also where there is room again. CometBFT panics over that where it writes its own
// messages, but not where it signs a vote or a proposal: it gives none then, and
// waits for ever.
const walFailure = "Periodic WAL flush failed"

func (l cometLog) With(kv ...any) log.Logger {
	return cometLog{l.to, append(l.with[:len(l.with):len(l.with)], kv...), l.fault}
}

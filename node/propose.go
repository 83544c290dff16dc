package node

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

const (
	// hurryPause is how long after a block another comes that nothing but a
	// proof waits for: whoever asks for proofs all day must not fill the disk.
	hurryPause = 20 * time.Millisecond
	// stale is how long a transaction waits before a node that is not proposing
	// looks whether it can still be admitted.
	stale = 5 * time.Second
)

// pace is when the next block is due.
type pace struct {
	readers   atomic.Int64 // those who wait for the next header
	committed time.Time    // when the last block was, by this node's clock
	hastened  time.Time    // the deadline that a block was last made early for
	swept     time.Time    // when the pool was last looked through
}

// PrepareProposal waits for the first transaction, the next deadline, somebody
// who needs a header, or a second, whichever is first; then proposes what the
// state admits. Where it admits nothing of what came, the wait goes on.
func (a *app) PrepareProposal(_ context.Context, r *abci.RequestPrepareProposal) (*abci.ResponsePrepareProposal, error) {
	if a.resumed != nil {
		a.resumed()
	}
	if err := a.barred(); err != nil {
		return nil, err
	}
	if a.machine.Store().Tip() == 0 {
		// The genesis state becomes visible with the first block.
		return &abci.ResponsePrepareProposal{}, nil
	}
	if a.behind(r.Time) {
		return &abci.ResponsePrepareProposal{}, nil
	}
	start := time.Now()
	// While the node starts, its log is read once more and nothing can come in: what
	// waits here keeps the door closed.
	starting := a.syncing.Load() == nil
	// Asked only where nothing waits: it takes the state as it is on disk.
	end := sync.OnceValue(func() time.Time {
		if starting {
			return start
		}
		return start.Add(a.untilDue(r.Time))
	})
	var good []*pooled
	for more := true; more; {
		more = a.await(end)
		if a.parting(r.LocalLastCommit) {
			return nil, errStopping
		}
		a.at("propose")
		good = a.screen(r.Height, r.Time, a.pool.first(a.limits.txs, min(int(r.MaxTxBytes), a.limits.bytes)))
		more = more && len(good) == 0
	}
	a.meter.observe(proposal, start)
	txs := make([][]byte, len(good))
	own := decided{height: r.Height, txs: make([]*arrival, len(good))}
	for i, c := range good {
		txs[i] = c.raw
		own.txs[i] = &arrival{raw: c.raw, tx: c.tx}
	}
	a.own = own
	return &abci.ResponsePrepareProposal{Txs: txs}, nil
}

// behind says whether the chain stood still, so that the next block's time, which
// is when the block before was voted for, is long past. What happened since would
// lie in the future for it: facts of today would be refused. One block without
// transactions brings the time to the present. Where this node made a block a
// moment ago, and its time is past all the same, this node's clock is wrong, and
// waiting helps nobody.
func (a *app) behind(blockTime time.Time) bool {
	most := a.limits.idle + 2*time.Second
	return time.Since(blockTime) > most && time.Since(a.pace.committed) > most
}

// untilDue is how long an idle proposer waits.
//
// A block's time is when the block before was voted for, so it lags behind the
// clock by as long as the proposer waits. At a deadline, one block has to pass
// for the next to have a time that is not before it. Where that next block's
// time is still before the deadline, this node's clock is ahead of the others':
// it then waits by theirs, in place of making blocks as fast as it can.
func (a *app) untilDue(blockTime time.Time) time.Duration {
	due, ok := a.nextDue()
	switch wait := time.Until(due); {
	case !ok:
		return a.limits.idle
	case !due.After(blockTime):
		return 0
	case wait > 0:
		return min(wait, a.limits.idle)
	case !a.pace.hastened.Equal(due):
		a.pace.hastened = due
		return 0
	default:
		return min(due.Sub(blockTime), a.limits.idle)
	}
}

func (a *app) nextDue() (time.Time, bool) {
	_ = a.settling.wait() // an error ends the next block, which comes soon then
	v := a.machine.Store().View()
	defer v.Release() // also when the store can't be read any more
	return a.machine.NextDue(v)
}

// await returns true when there is a transaction, and false when it is time for
// a block without one.
func (a *app) await(end func() time.Time) bool {
	for {
		if a.pool.len() > 0 {
			return true
		}
		wait := time.Until(end())
		if a.pace.readers.Load() > 0 {
			wait = min(wait, hurryPause-time.Since(a.pace.committed))
		}
		if wait <= 0 {
			return false
		}
		t := time.NewTimer(wait)
		select {
		case <-a.pool.wake: // the token may be left from one already taken
		case <-t.C:
		case <-a.stop:
			t.Stop()
			return false
		}
		t.Stop()
	}
}

// hurry asks for a block soon, until the returned function is called.
func (a *app) hurry() (enough func()) {
	a.pace.readers.Add(1)
	a.pool.nudge()
	return func() { a.pace.readers.Add(-1) }
}

// screen returns those that the state admits, in order. The others leave the
// pool, and whoever waits is told: also where a later block might admit them,
// as when a quota is used up, for the client knows best how long to go on.
func (a *app) screen(height int64, at time.Time, candidates []*pooled) []*pooled {
	if len(candidates) == 0 {
		return nil
	}
	a.machine.Ahead(len(candidates), func(i int) *op.Tx { return candidates[i].tx })
	trial := a.machine.Trial(height, at)
	good := candidates[:0]
	var bad []*pooled
	var why []error
	for _, c := range candidates {
		if err := trial.Admits(c.tx); err != nil {
			bad, why = append(bad, c), append(why, err)
		} else {
			good = append(good, c)
		}
	}
	for i, last := range a.pool.drop(bad) {
		a.refuse(bad[i], last, why[i])
	}
	return good
}

// refuse answers for a transaction that left the pool. One whose body is on the
// chain gets the record it has, and one whose body is being proposed with other
// signatures will.
func (a *app) refuse(p *pooled, last bool, why error) {
	r := refusal(p.tx, why)
	if code := op.CodeOf(why); code == pb.Code_REPEATED || code == pb.Code_TX_EXPIRED {
		// It may be in the block before: what is handed in twice comes to the pool
		// once more while that settles.
		_ = a.settling.wait()
		v := a.machine.Store().View()
		defer v.Release()
		if had := record(v, p.tx.ID); had != nil {
			r = had
		} else if !last && code == pb.Code_REPEATED {
			return
		}
	}
	a.hub.refuse(p.raw, p.tx, r)
}

// sweep clears the pool of a node that is not proposing of what no block will
// have: it would fill up else. A proposer screens every block.
func (a *app) sweep(height int64, at time.Time) {
	if t, ok := a.pool.oldest(); ok && time.Since(t) > stale && time.Since(a.pace.swept) > stale {
		a.pace.swept = time.Now()
		a.screen(height+1, at, a.pool.first(a.limits.txs, a.limits.bytes))
	}
}

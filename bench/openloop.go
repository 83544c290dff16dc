package main

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/gen/pb/pbconnect"
	"github.com/troth-ledger/troth/ledger/op"
)

// openRun is one run at a steady rate.
type openRun struct {
	took    []time.Duration // of each transfer that was sent, sorted, cut off at limit
	limit   time.Duration
	final   int           // of them, late ones included
	elapsed time.Duration // from when the first was due until the last was final, and all were due
}

// achieved is how many transfers a second became final.
func (r openRun) achieved() float64 { return float64(r.final) / r.elapsed.Seconds() }

// late is the part of the transfers that were cut off.
func (r openRun) late() float64 {
	in, _ := slices.BinarySearch(r.took, r.limit)
	return float64(len(r.took)-in) / float64(max(len(r.took), 1))
}

// payOne is a transfer and who signs it.
func (w *world) payOne(i int) (*party, []op.Message) { return w.transfer(i, 1) }

// openLoop sends transactions at a steady rate, whether answers come or not, each
// request to the next node. How long one took is from when it should have been
// sent: one that waits because those before it were slow counts its wait. What is
// due at the same time goes in one request. Once one has waited for the limit,
// nothing more is sent, and what was sent is waited for.
func openLoop(ctx context.Context, nodes []pbconnect.LedgerClient, txs [][]byte, rate int, limit time.Duration) (openRun, error) {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	held, stop := context.WithCancel(ctx)
	defer stop()
	took, ended := make([]time.Duration, len(txs)), make([]time.Duration, len(txs))
	var wg sync.WaitGroup
	defer quiet()()
	begin := time.Now()
	due := func(i int) time.Time { return begin.Add(time.Duration(i) * time.Second / time.Duration(rate)) }
	sent := 0
	for request := 0; sent < len(txs); request++ {
		time.Sleep(time.Until(due(sent)))
		if held.Err() != nil {
			break
		}
		lo, hi := sent, sent+1
		for now := time.Now(); hi < len(txs) && hi-lo < bulkPerRequest && !due(hi).After(now); {
			hi++
		}
		sent = hi
		wg.Go(func() {
			late := time.AfterFunc(time.Until(due(lo).Add(limit)), stop)
			records, err := answers(ctx, nodes[request%len(nodes)], txs[lo:hi])
			late.Stop()
			if err != nil {
				fail(err)
				return
			}
			for i, r := range records {
				switch code := pb.Code(r.Result.Code); {
				case final(r):
					ended[lo+i] = time.Since(begin)
					took[lo+i] = min(time.Since(due(lo+i)), limit)
				case code == pb.Code_BUSY || code == pb.Code_TIMED_OUT:
					took[lo+i] = limit
					stop()
				default:
					fail(refused(r))
				}
			}
		})
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return openRun{}, err
	}
	r := openRun{took: took[:sent], limit: limit, elapsed: max(due(sent).Sub(begin), slices.Max(ended))}
	for _, at := range ended {
		if at > 0 {
			r.final++
		}
	}
	slices.Sort(r.took)
	return r, nil
}

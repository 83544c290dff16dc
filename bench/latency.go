package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/troth-ledger/troth/gen/pb/pbconnect"
	"github.com/troth-ledger/troth/ledger/op"
)

// rates are the loads, in transfers a second, at which latency is measured.
var rates = []int{1, 100, 1000, 5000, 10_000}

// Latency is how long a transfer takes from the moment it was meant to be sent
// until its answer says that it is final.
type Latency struct {
	Chain   string `json:"chain"`
	Rate    int    `json:"rate"`    // transfers a second
	Samples int    `json:"samples"` // in one run
	P50     Spread `json:"p50_ms"`
	P99     Spread `json:"p99_ms"`
	P999    Spread `json:"p999_ms"`
	Max     Spread `json:"max_ms"`
}

// latency measures a solo node.
func (b *bench) latency(ctx context.Context, r *Results) error {
	c, err := b.chain(ctx)
	if err != nil {
		return err
	}
	home, remove, err := c.copy()
	if err != nil {
		return err
	}
	p, err := c.start(ctx, home)
	if err != nil {
		return err
	}
	r.Latency, err = b.latencies(ctx, "solo", c.world, []pbconnect.LedgerClient{p.api})
	return errors.Join(err, p.stop(), remove())
}

// latencies measures every rate through the nodes of a chain, in turn.
func (b *bench) latencies(ctx context.Context, name string, w *world, nodes []pbconnect.LedgerClient) (out []Latency, err error) {
	for _, rate := range rates {
		var runs [][]time.Duration
		for n := range b.size.Runs {
			b.bar.step("latency, %s, %d a second: run %d", name, rate, n+1)
			took, err := openLoop(ctx, w, nodes, rate, int(float64(rate)*b.size.Seconds))
			if err != nil {
				return nil, fmt.Errorf("%d a second: %w", rate, err)
			}
			slices.Sort(took)
			runs = append(runs, took)
		}
		at := func(q float64) Spread {
			return each(runs, func(run []time.Duration) float64 { return quantile(run, q).Seconds() * 1000 })
		}
		out = append(out, Latency{name, rate, len(runs[0]), at(0.5), at(0.99), at(0.999), at(1)})
	}
	return out, nil
}

// openLoop sends n transfers at a steady rate, whether answers come or not, and
// returns how long each took from when it should have been sent: one that waits
// because those before it were slow counts its wait. What is due at the same time
// goes in one request.
func openLoop(ctx context.Context, w *world, nodes []pbconnect.LedgerClient, rate, n int) ([]time.Duration, error) {
	txs, err := w.sign(n, func(i int) (*party, []op.Message) { return w.transfer(i, 1) })
	if err != nil {
		return nil, err
	}
	took, errs := make([]time.Duration, n), make([]error, n)
	var wg sync.WaitGroup
	begin := time.Now()
	due := func(i int) time.Time { return begin.Add(time.Duration(i) * time.Second / time.Duration(rate)) }
	for sent, request := 0, 0; sent < n && ctx.Err() == nil; request++ {
		time.Sleep(time.Until(due(sent)))
		lo, hi := sent, sent+1
		for now := time.Now(); hi < n && hi-lo < bulkPerRequest && !due(hi).After(now); {
			hi++
		}
		sent = hi
		wg.Go(func() {
			_, errs[lo] = submit(ctx, nodes[request%len(nodes)], txs[lo:hi])
			for i := lo; i < hi; i++ {
				took[i] = time.Since(due(i))
			}
		})
	}
	wg.Wait()
	return took, errors.Join(append(errs, ctx.Err())...)
}

func (r *Results) latencyTable() table {
	t := table{title: "Submit to final, milliseconds", head: []string{"chain", "a second", "in a run", "p50", "p99", "p99.9", "longest"}}
	ms := func(s Spread) string { return fmt.Sprintf("%.1f (%.1f to %.1f)", s.Median, s.Min, s.Max) }
	for _, l := range r.Latency {
		row := []string{l.Chain, count(float64(l.Rate)), count(float64(l.Samples)), ms(l.P50), "too few", "too few", ms(l.Max)}
		// A quantile that rests on less than one transfer is the longest again.
		if l.Samples >= 100 {
			row[4] = ms(l.P99)
		}
		if l.Samples >= 1000 {
			row[5] = ms(l.P999)
		}
		t.rows = append(t.rows, row)
	}
	return t
}

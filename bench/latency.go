package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/troth-ledger/troth/gen/pb/pbconnect"
)

// rates are the loads, in transfers a second, at which latency is measured.
var rates = []int{1, 100, 1000, 2000, 5000, 10_000}

// patience is how long after it was due a transfer may become final. The first
// that takes longer ends the run: the chain doesn't hold the rate, and what comes
// after would measure how long the run is.
const patience = 5 * time.Second

// Latency is how long a transfer takes from the moment it was meant to be sent
// until its answer says that it is final. One that took as long as patience, or
// never became final, counts as patience.
type Latency struct {
	Chain    string `json:"chain"`
	Rate     int    `json:"rate"`     // transfers a second that were offered
	Achieved Spread `json:"achieved"` // transfers a second that became final
	Samples  int    `json:"samples"`  // in the shortest run
	Late     Spread `json:"late"`     // part of a run's transfers that took patience or longer, 0 to 1
	P50      Spread `json:"p50_ms"`
	P99      Spread `json:"p99_ms"`
	P999     Spread `json:"p999_ms"`
	Max      Spread `json:"max_ms"`
}

// latency measures a solo node, and then a chain of validators.
func (b *bench) latency(ctx context.Context, r *Results) error {
	if err := b.latencySolo(ctx, r); err != nil {
		return err
	}
	return b.latencyValidators(ctx, r)
}

func (b *bench) latencySolo(ctx context.Context, r *Results) error {
	b.bar.step("latency: getting one node ready")
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
	err = b.latencies(ctx, r, "solo", c.world, []pbconnect.LedgerClient{p.api})
	return errors.Join(err, p.stop(), remove())
}

func (b *bench) latencyValidators(ctx context.Context, r *Results) error {
	b.bar.step("latency: getting %d validators ready", validators)
	dir, err := os.MkdirTemp(b.dir, "validators-")
	if err != nil {
		return err
	}
	c, err := startCluster(ctx, dir, b.troth, b.size.Parties)
	if err != nil {
		return err
	}
	err = b.latencies(ctx, r, "four validators", c.world, c.apis())
	return errors.Join(err, c.stop(), os.RemoveAll(dir))
}

// latencies measures every rate through the nodes of a chain, in turn.
func (b *bench) latencies(ctx context.Context, r *Results, chain string, w *world, nodes []pbconnect.LedgerClient) error {
	// One transfer through each node first: what a start takes is measured elsewhere.
	warm, err := w.sign(len(nodes), w.payOne)
	if err != nil {
		return err
	}
	for i, api := range nodes {
		if err := submit(ctx, api, warm[i:i+1]); err != nil {
			return fmt.Errorf("%s: %w", chain, err)
		}
	}
	for _, rate := range rates {
		var runs []openRun
		for n := range b.size.Runs {
			b.bar.step("latency, %s, %d a second: run %d", chain, rate, n+1)
			txs, err := w.sign(max(int(float64(rate)*b.size.Seconds), 1), w.payOne)
			if err != nil {
				return err
			}
			run, err := openLoop(ctx, nodes, txs, rate, patience)
			if err == nil {
				err = idle(ctx, nodes)
			}
			if err != nil {
				return fmt.Errorf("%s, %d a second: %w", chain, rate, err)
			}
			runs = append(runs, run)
		}
		r.Latency = append(r.Latency, sumUp(chain, rate, runs))
	}
	return nil
}

func sumUp(chain string, rate int, runs []openRun) Latency {
	at := func(q float64) Spread {
		return each(runs, func(run openRun) float64 { return quantile(run.took, q).Seconds() * 1000 })
	}
	l := Latency{Chain: chain, Rate: rate, Achieved: each(runs, openRun.achieved), Samples: len(runs[0].took), Late: each(runs, openRun.late),
		P50: at(0.5), P99: at(0.99), P999: at(0.999), Max: at(1)}
	for _, run := range runs {
		l.Samples = min(l.Samples, len(run.took))
	}
	return l
}

func (r *Results) latencyTable() table {
	t := table{title: "Submit to final, milliseconds",
		head: []string{"chain", "offered/s", "achieved/s", "in a run", fmt.Sprintf("over %.0f s", patience.Seconds()), "p50", "p99", "p99.9", "longest"}}
	for _, l := range r.Latency {
		row := []string{l.Chain, count(float64(l.Rate)), rateCell(l.Achieved), count(float64(l.Samples)), percent(l.Late), latencyCell(l.P50), "too few", "too few", latencyCell(l.Max)}
		// A quantile that rests on less than one transfer is the longest again.
		if l.Samples >= 100 {
			row[6] = latencyCell(l.P99)
		}
		if l.Samples >= 1000 {
			row[7] = latencyCell(l.P999)
		}
		t.rows = append(t.rows, row)
	}
	return t
}

func percent(s Spread) string {
	if s.Max == 0 {
		return "none"
	}
	return fmt.Sprintf("%.1f %% (%.1f to %.1f)", 100*s.Median, 100*s.Min, 100*s.Max)
}

// latencyCell is in milliseconds. Beyond patience nothing was measured.
func latencyCell(s Spread) string {
	ms := func(v float64) string {
		if v >= patience.Seconds()*1000 {
			return fmt.Sprintf("over %.0f", patience.Seconds()*1000)
		}
		return fmt.Sprintf("%.1f", v)
	}
	if most := ms(s.Max); ms(s.Min) == most {
		return most
	}
	return fmt.Sprintf("%s (%s to %s)", ms(s.Median), ms(s.Min), ms(s.Max))
}

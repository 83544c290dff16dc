package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/troth-ledger/troth/node"
)

// Growth is a node with so many objects on it.
type Growth struct {
	Objects     int64   `json:"objects"`
	People      int     `json:"people"`
	Transfers   Spread  `json:"transfers"`   // a second, from anybody to anybody
	Settlements Spread  `json:"settlements"` // promises kept a second
	Memory      int64   `json:"memory"`      // of the process after the runs, in bytes
	Disk        int64   `json:"disk"`        // of the node's folder, in bytes
	PerTransfer float64 `json:"disk_per_transfer"`
	Start       Spread  `json:"start_seconds"` // from nothing to the first answer
	Failed      string  `json:"failed,omitempty"`
}

// growth fills one node step by step and measures at each.
func (b *bench) growth(ctx context.Context, r *Results) error {
	dir, err := os.MkdirTemp(b.dir, "growth-")
	if err != nil {
		return err
	}
	g := &grown{bench: b, world: newWorld(), chain: &chain{home: filepath.Join(dir, "node"), troth: b.troth}}
	if err := node.Init(g.chain.home, g.world.genesis(), "127.0.0.1:0"); err != nil {
		return err
	}
	if g.process, err = g.chain.start(ctx, g.chain.home); err != nil {
		return err
	}
	defer func() { _ = g.process.stop() }() // the last of many restarts; the folder goes anyway
	if err := g.world.found(ctx, g.process.api); err != nil {
		return err
	}
	for _, objects := range b.size.Objects {
		row, err := g.at(ctx, objects)
		if err != nil && len(r.Growth) >= len(fullSize.Objects) && ctx.Err() == nil {
			// What more was asked for can be too much for a machine, which is a
			// finding too, and no reason to lose an hour's figures.
			why, _, _ := strings.Cut(err.Error(), "\n")
			row.Objects, row.Failed, err = int64(objects), strings.ReplaceAll(why, "|", "/"), nil
		}
		if err != nil {
			return err
		}
		r.Growth = append(r.Growth, row)
	}
	return nil
}

// grown is the node that grows.
type grown struct {
	*bench
	world   *world
	chain   *chain
	process *process
}

// at fills the node up to so many objects and measures it.
func (g *grown) at(ctx context.Context, objects int) (row Growth, err error) {
	g.bar.step("growth: filling up to %s objects", count(float64(objects)))
	if err := g.fill(ctx, objects); err != nil {
		return row, err
	}
	st, err := g.process.status(ctx)
	if err != nil {
		return row, err
	}
	row = Growth{Objects: st.Objects, People: len(g.world.people)}
	n := min(g.size.Txs, len(g.world.people))
	before, err := g.disk(ctx)
	if err != nil {
		return row, err
	}
	pay := workload{id: "growth transfers", perTx: 1, txsPer: 1, perRequest: bulkPerRequest, requests: bulkRequests, stages: random}
	if row.Transfers, err = g.runs(ctx, objects, "transfers", pay, n); err != nil {
		return row, err
	}
	after, err := g.disk(ctx)
	if err != nil {
		return row, err
	}
	row.PerTransfer = float64(after-before) / float64(n*g.size.Runs)
	keep := workload{id: "growth promises", perTx: 1, txsPer: 3, perRequest: bulkPerRequest, requests: bulkRequests, stages: promises}
	// Fewer of them, or promises would be most of what a small chain holds.
	if row.Settlements, err = g.runs(ctx, objects, "settlements", keep, n/10*3); err != nil {
		return row, err
	}
	row.Memory, row.Disk = procMemory(g.process.pid()), diskUse(g.chain.home)
	var starts []float64
	for i := range g.size.Runs {
		g.bar.step("growth, %s objects: start %d", count(float64(objects)), i+1)
		if err := g.restart(ctx); err != nil {
			return row, err
		}
		starts = append(starts, g.process.started.Seconds())
	}
	row.Start = spread(starts)
	return row, nil
}

// fill adds people until there are so many objects: each is one, with a key that
// can be looked up, and a holding.
func (g *grown) fill(ctx context.Context, objects int) error {
	const step = 32_000 // 500 transactions of each kind
	for {
		st, err := g.process.status(ctx)
		if err != nil {
			return err
		}
		missing := objects - int(st.Objects)
		if missing <= 0 {
			return nil
		}
		if err := g.world.grow(ctx, g.process.api, min(step, missing/2+1)); err != nil {
			return err
		}
	}
}

func (g *grown) runs(ctx context.Context, objects int, what string, k workload, n int) (Spread, error) {
	var rates []float64
	for i := range g.size.Runs {
		g.bar.step("growth, %s objects: %s %d", count(float64(objects)), what, i+1)
		s, err := g.world.play(ctx, g.process, k, n)
		if err != nil {
			return Spread{}, err
		}
		rates = append(rates, s.Rate())
	}
	return spread(rates), nil
}

// disk is what the folder takes up once the node has started anew: until then,
// logs that were replayed or made in advance are part of it.
func (g *grown) disk(ctx context.Context) (int64, error) {
	err := g.restart(ctx)
	return diskUse(g.chain.home), err
}

func (g *grown) restart(ctx context.Context) (err error) {
	if err := g.process.stop(); err != nil {
		return err
	}
	fresh, err := g.chain.start(ctx, g.chain.home)
	if err != nil {
		return errors.Join(fmt.Errorf("starting again: %w", err))
	}
	g.process = fresh
	return nil
}

func (r *Results) growthTable() table {
	t := table{title: "Growth", head: []string{"objects", "transfers/s", "promises/s", "memory MB", "disk MB", "disk bytes a transfer", "start s"}}
	for _, g := range r.Growth {
		if g.Failed != "" {
			t.rows = append(t.rows, []string{count(float64(g.Objects)), "failed: " + g.Failed, "", "", "", "", ""})
			continue
		}
		t.rows = append(t.rows, []string{count(float64(g.Objects)), rateCell(g.Transfers), rateCell(g.Settlements), count(float64(g.Memory) / 1e6), count(float64(g.Disk) / 1e6),
			count(g.PerTransfer), fmt.Sprintf("%.2f (%.2f to %.2f)", g.Start.Median, g.Start.Min, g.Start.Max)})
	}
	return t
}

func rateCell(s Spread) string {
	return fmt.Sprintf("%s (%s to %s)", count(s.Median), count(s.Min), count(s.Max))
}

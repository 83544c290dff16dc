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
	Memory      int64   `json:"memory"`      // of the process after a run, the most, in bytes
	Disk        int64   `json:"disk"`        // of the node's folder, in bytes
	PerTransfer float64 `json:"disk_per_transfer"`
	Start       Spread  `json:"start_seconds"` // from nothing to the first answer
	Failed      string  `json:"failed,omitempty"`
}

// growth fills one node step by step, and keeps a copy of its folder at each. Then it
// takes runs in rounds, one at each size, so that what else happens on the machine hits
// all alike.
func (b *bench) growth(ctx context.Context, r *Results) error {
	dir, err := os.MkdirTemp(b.dir, "growth-")
	if err != nil {
		return err
	}
	g := &grown{bench: b, world: newWorld(), chain: &chain{home: filepath.Join(dir, "node"), troth: b.troth}}
	defer func() { _ = g.end() }() // where it did not come to its own end; the folder goes anyway
	if err := node.Init(g.chain.home, g.world.genesis(), "127.0.0.1:0"); err != nil {
		return err
	}
	if err := g.begin(ctx, g.chain.home); err != nil {
		return err
	}
	if err := g.world.found(ctx, g.process.api); err != nil {
		return err
	}
	sizes := make([]*grownTo, len(b.size.Objects))
	tell := func(i int, err error) error {
		if err == nil || i < len(fullSize.Objects) || ctx.Err() != nil {
			return err
		}
		// What more was asked for can be too much for a machine, which is a
		// finding too, and no reason to lose an hour's figures.
		why, _, _ := strings.Cut(err.Error(), "\n")
		sizes[i].Failed = strings.ReplaceAll(why, "|", "/")
		_ = g.end() // it failed already
		return nil
	}
	for i, objects := range b.size.Objects {
		sizes[i] = &grownTo{Growth: Growth{Objects: int64(objects)}, home: g.chain.home}
		if err := tell(i, g.to(ctx, sizes[i], i == len(sizes)-1)); err != nil {
			return err
		}
	}
	for round := range b.size.Runs {
		for i, s := range sizes {
			if err := tell(i, g.round(ctx, s, round)); err != nil {
				return err
			}
		}
	}
	for _, s := range sizes {
		s.Transfers, s.Settlements, s.Start = spread(s.transfers), spread(s.settlements), spread(s.starts)
		r.Growth = append(r.Growth, s.Growth)
	}
	return nil
}

// grown is the node that grows.
type grown struct {
	*bench
	world   *world
	chain   *chain
	process *process // nil between two
}

// grownTo is a size that it grew to.
type grownTo struct {
	Growth
	home                           string
	transfers, settlements, starts []float64
}

// to fills the node up to so many objects and stops it. The last one's folder is the
// node's own; of the others a copy is kept, and the node goes on.
func (g *grown) to(ctx context.Context, s *grownTo, last bool) error {
	g.bar.step("growth: filling up to %s objects", count(float64(s.Objects)))
	if err := g.fill(ctx, int(s.Objects)); err != nil {
		return err
	}
	st, err := g.process.status(ctx)
	if err != nil {
		return err
	}
	s.Objects, s.People = st.Objects, len(g.world.people)
	g.bar.step("growth, %s objects: letting the node rest", count(float64(s.Objects)))
	if err := g.process.rest(ctx, 3); err != nil {
		return err
	}
	if err := g.end(); err != nil || last {
		return err
	}
	s.home = fmt.Sprint(g.chain.home, "-", s.Objects)
	if err := copyFolder(s.home, g.chain.home); err != nil {
		return err
	}
	return g.begin(ctx, g.chain.home)
}

// round takes one run of each kind at a size. A node that was just started still takes
// in what it wants in memory, so one run goes before. In the first round it is started
// once more, to see what the transfers left on disk.
func (g *grown) round(ctx context.Context, s *grownTo, round int) error {
	if s.Failed != "" {
		return nil
	}
	all := g.world.people
	g.world.people = all[:s.People]
	defer func() { g.world.people = all }()
	n := min(g.size.Txs, s.People)
	pay := workload{id: "growth transfers", perTx: 1, txsPer: 1, perRequest: bulkPerRequest, requests: bulkRequests, stages: random}
	// Fewer of them, or promises would be most of what a small chain holds.
	keep := workload{id: "growth promises", perTx: 1, txsPer: 3, perRequest: bulkPerRequest, requests: bulkRequests, stages: promises}
	step := func(what string) {
		g.bar.step("growth, %s objects, run %d: %s", count(float64(s.Objects)), round+1, what)
	}

	step("start")
	if err := g.begin(ctx, s.home); err != nil {
		return err
	}
	s.starts = append(s.starts, g.process.started.Seconds())
	before := diskUse(s.home)
	if _, err := g.world.play(ctx, g.process, pay, n); err != nil {
		return err
	}
	step("transfers")
	paid, err := g.world.play(ctx, g.process, pay, n)
	if err != nil {
		return err
	}
	s.transfers = append(s.transfers, paid.Rate())
	if round == 0 { // until a start, logs that were replayed or made in advance are on disk too
		if err := errors.Join(g.end(), g.begin(ctx, s.home)); err != nil {
			return err
		}
		s.PerTransfer = float64(diskUse(s.home)-before) / float64(2*n)
	}
	step("promises")
	kept, err := g.world.play(ctx, g.process, keep, n/10*3)
	if err != nil {
		return err
	}
	s.settlements = append(s.settlements, kept.Rate())
	s.Memory, s.Disk = max(s.Memory, procMemory(g.process.pid())), diskUse(s.home)
	return g.end()
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

func (g *grown) begin(ctx context.Context, home string) (err error) {
	if g.process, err = g.chain.start(ctx, home); err != nil {
		return fmt.Errorf("starting: %w", err)
	}
	return nil
}

// end stops the node, where there is one.
func (g *grown) end() error {
	if g.process == nil {
		return nil
	}
	p := g.process
	g.process = nil
	return p.stop()
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

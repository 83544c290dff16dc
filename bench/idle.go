package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/troth-ledger/troth/node"
)

// Idle is what a node with nothing on it and nothing to do takes: it makes a block a
// second.
type Idle struct {
	Memory Spread `json:"memory"` // bytes, at the end of a run
	CPU    Spread `json:"cpu"`    // part of a core
}

// idle starts nodes of new chains, one after the other, and looks at each for half as long
// as a run of latency takes.
func (b *bench) idle(ctx context.Context, r *Results) error {
	var memory, cpu []float64
	for n := range b.size.Runs {
		b.bar.step("idle: run %d", n+1)
		home := filepath.Join(b.dir, fmt.Sprint("idle-", n))
		if err := node.Init(home, newWorld().genesis(), "127.0.0.1:0"); err != nil {
			return err
		}
		p, err := (&chain{troth: b.troth}).start(ctx, home)
		if err != nil {
			return err
		}
		used, begin := procCPU(p.pid()), time.Now()
		wait(ctx, time.Duration(b.size.Seconds/2*float64(time.Second)))
		cpu = append(cpu, (procCPU(p.pid())-used)/time.Since(begin).Seconds())
		memory = append(memory, float64(procMemory(p.pid())))
		if err := errors.Join(p.stop(), os.RemoveAll(home), ctx.Err()); err != nil {
			return err
		}
	}
	r.Idle = &Idle{Memory: spread(memory), CPU: spread(cpu)}
	return nil
}

// wait waits, or until ctx is done.
func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

func (r *Results) idleTable() table {
	t := table{title: "Idle", head: []string{"memory MB", "% of a core"}}
	if r.Idle != nil {
		m, c := r.Idle.Memory, r.Idle.CPU
		t.rows = append(t.rows, []string{fmt.Sprintf("%.0f (%.0f to %.0f)", m.Median/1e6, m.Min/1e6, m.Max/1e6),
			fmt.Sprintf("%.1f (%.1f to %.1f)", 100*c.Median, 100*c.Min, 100*c.Max)})
	}
	return t
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/gen/pb/pbconnect"
	"github.com/troth-ledger/troth/node"
)

// chain is a prepared solo chain: its folder, and the world on it. Each run works
// on a copy of the folder, so every run begins with the same state.
type chain struct {
	home  string
	world *world
	troth string
	runs  int
}

// prepare makes a chain with so many people and stops its node.
func prepare(ctx context.Context, dir, troth string, people int) (*chain, error) {
	home, err := os.MkdirTemp(dir, "chain-")
	if err != nil {
		return nil, err
	}
	c := &chain{home: filepath.Join(home, "prepared"), world: newWorld(), troth: troth}
	if err := node.Init(c.home, c.world.genesis(), "127.0.0.1:0"); err != nil {
		return nil, err
	}
	p, err := c.start(ctx, c.home)
	if err != nil {
		return nil, err
	}
	if err = c.world.found(ctx, p.api); err == nil {
		err = c.world.grow(ctx, p.api, people)
	}
	return c, errors.Join(err, p.stop())
}

func (c *chain) start(ctx context.Context, home string) (*process, error) {
	p, err := start(ctx, home, c.troth, "start", "--home", home)
	if err != nil {
		return nil, err
	}
	if err := p.rest(ctx, 1); err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return p, nil
}

// copy makes a folder like the prepared one, and says how to remove it.
func (c *chain) copy() (home string, remove func() error, err error) {
	c.runs++
	home = filepath.Join(filepath.Dir(c.home), fmt.Sprint("run-", c.runs))
	return home, func() error { return os.RemoveAll(home) }, copyFolder(home, c.home)
}

// copyFolder copies a folder for its owner alone, as a node wants its keys. It is on
// disk then: what would be written later is not a run's.
func copyFolder(to, from string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.Mkdir(filepath.Join(to, rel), 0o700)
		}
		in, err := os.Open(path)
		if err != nil {
			return err
		}
		defer in.Close()
		out, err := os.OpenFile(filepath.Join(to, rel), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		_, err = io.Copy(out, in)
		return errors.Join(err, out.Sync(), out.Close())
	})
}

// on runs a workload of n transactions on a fresh copy of the chain.
func (c *chain) on(ctx context.Context, k workload, n int) (s Sample, err error) {
	home, remove, err := c.copy()
	if err != nil {
		return s, err
	}
	p, err := c.start(ctx, home)
	if err != nil {
		return s, err
	}
	s, err = c.world.play(ctx, p, k, n)
	return s, errors.Join(err, p.stop(), remove())
}

// play runs a workload on a node.
func (w *world) play(ctx context.Context, p *process, k workload, n int) (s Sample, err error) {
	for _, st := range k.stages(n) {
		txs, err := st.txs(w)
		if err != nil {
			return s, err
		}
		off := func() {}
		if st.timed { // signing took some seconds
			if err := warmMemory(runMemory(len(txs))); err != nil {
				return s, err
			}
			off = quiet()
		}
		before, own := procCPU(p.pid()), ownCPU()
		took, err := load(ctx, p.api, txs, k.perRequest, k.requests, st.after)
		if err == nil && st.settles {
			var more time.Duration
			more, err = settled(ctx, p.api)
			took += more
		}
		off()
		if err != nil {
			return s, fmt.Errorf("%s: %w", k.id, err)
		}
		if st.timed {
			s = s.add(Sample{len(txs) * k.perTx, took.Seconds(), procCPU(p.pid()) - before, ownCPU() - own})
		}
	}
	s.Ops /= k.txsPer
	return s, nil
}

// settled waits until no promise is in force, and returns how long that took.
func settled(ctx context.Context, api pbconnect.LedgerClient) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute) // or one that never settles would be waited for
	defer cancel()
	begin := time.Now()
	for {
		r, err := api.ListPromises(ctx, connect.NewRequest(&pb.ListPromisesRequest{State: pb.PromiseState_ACTIVE, Page: &pb.Page{Size: 1}}))
		if err != nil || len(r.Msg.Promises) == 0 {
			return time.Since(begin), err
		}
		time.Sleep(time.Millisecond)
	}
}

// trothSubjects are the workloads on the program under test.
func trothSubjects() []subject {
	var out []subject
	for _, k := range workloads() {
		out = append(out, subject{"troth-" + k.id, "Troth, " + k.name, k.unit, k.what, func(ctx context.Context, b *bench) (runner, error) {
			c, err := b.chain(ctx)
			return once(func(ctx context.Context) (Sample, error) { return c.on(ctx, k, b.size.Txs) }), err
		}})
	}
	return out
}

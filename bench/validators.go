package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"sync"
	"time"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/gen/pb/pbconnect"
	"github.com/troth-ledger/troth/node"
)

// validators is how many nodes the chain of several has: the fewest of which one
// may fail.
const validators = 4

// cluster is a chain of several validators: each a process of its own, with a
// folder of its own on the same disk, connected over the loopback.
type cluster struct {
	world *world
	nodes []*process
}

// startCluster makes the folders as troth testnet does, with the benchmark's
// companies in the genesis, runs the nodes, and adds so many people.
func startCluster(ctx context.Context, dir, troth string, people int) (c *cluster, err error) {
	c = &cluster{world: newWorld()}
	machines, err := newMachines(dir)
	if err != nil {
		return nil, err
	}
	g := c.world.genesis()
	if err := node.Testnet(g.ChainID, g.Time, g.State, machines); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.stop())
		}
	}()
	for _, m := range machines {
		p, err := launch(ctx, m.Home, troth, "start", "--home", m.Home)
		if err != nil {
			return nil, err
		}
		c.nodes = append(c.nodes, p)
	}
	// Only now: there is no block before most of them run.
	for _, p := range c.nodes {
		if err := p.current(ctx); err != nil {
			return nil, err
		}
	}
	if err := c.world.found(ctx, c.nodes[0].api); err != nil {
		return nil, err
	}
	if err := c.world.grow(ctx, c.nodes[0].api, people); err != nil {
		return nil, err
	}
	return c, idle(ctx, c.apis())
}

// newMachines are the machines, each with the company that runs it.
func newMachines(dir string) (out []node.Machine, err error) {
	for i := range validators {
		handle := fmt.Sprint("member", i+1)
		p := newParty(handle, "")
		m := node.Machine{Home: filepath.Join(dir, fmt.Sprint("node", i+1)), API: "127.0.0.1:0",
			Operator: &pb.Party{Id: p.id, Kind: pb.PartyKind_COMPANY, Handle: handle, Name: handle, Keys: []*pb.Key{client.OwnerKey(p)}}}
		if m.Listen, err = freeAddress(); err != nil {
			return nil, err
		}
		m.Address = m.Listen
		out = append(out, m)
	}
	return out, nil
}

// freeAddress is one of the loopback where nobody listens: nodes have to know
// each other's before they run.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

func (c *cluster) apis() (out []pbconnect.LedgerClient) {
	for _, p := range c.nodes {
		out = append(out, p.api)
	}
	return out
}

// stop ends all nodes at once: too few of them make no block to wait for.
func (c *cluster) stop() error {
	errs := make([]error, len(c.nodes))
	var wg sync.WaitGroup
	for i, p := range c.nodes {
		wg.Go(func() { errs[i] = p.stop() })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// idle waits until all nodes are at one height with nothing waiting, so that what
// one measurement left behind doesn't slow the next.
func idle(ctx context.Context, nodes []pbconnect.LedgerClient) error {
	const most = 5 * time.Minute
	for begin := time.Now(); time.Since(begin) < most; time.Sleep(50 * time.Millisecond) {
		waiting, low, high := uint32(0), int64(0), int64(0)
		for i, api := range nodes {
			res, err := api.GetStatus(ctx, connect.NewRequest(&pb.GetStatusRequest{}))
			if err != nil {
				return err
			}
			waiting += res.Msg.Pool
			high = max(high, res.Msg.Height)
			if i == 0 || res.Msg.Height < low {
				low = res.Msg.Height
			}
		}
		// A block may come between two of the questions.
		if waiting == 0 && high-low <= 1 {
			return nil
		}
	}
	return fmt.Errorf("transactions still wait after %s", most)
}

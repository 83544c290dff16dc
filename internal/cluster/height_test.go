//go:build linux

package cluster

import (
	"context"
	"slices"
	"time"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/gen/pb"
)

// height is the last height a node tells.
func (m *member) height() (int64, error) {
	ctx, cancel := context.WithTimeout(m.c.t.Context(), answer)
	defer cancel()
	s, err := m.api.GetStatus(ctx, connect.NewRequest(&pb.GetStatusRequest{}))
	if err != nil {
		return 0, err
	}
	return s.Msg.Height, nil
}

// height is the last height of a node that must answer.
func (c *cluster) height(i int) int64 {
	c.t.Helper()
	for start := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		h, err := c.nodes[i].height()
		if err == nil {
			return h
		}
		if time.Since(start) > patience {
			c.t.Fatalf("node %d does not tell its height in %s: %v", i+1, patience, err)
		}
	}
}

func (c *cluster) heights(nodes []int) (out []int64) {
	c.t.Helper()
	for _, i := range nodes {
		out = append(out, c.height(i))
	}
	return out
}

// rise waits until nodes, all that run where none are named, are so many heights
// above the highest.
func (c *cluster) rise(why string, by int64, nodes ...int) {
	c.t.Helper()
	if len(nodes) == 0 {
		nodes = c.running()
	}
	if len(nodes) == 0 {
		c.t.Fatalf("%s: no node runs", why)
	}
	c.reach(why, slices.Max(c.heights(nodes))+by, nodes...)
}

// reach waits until nodes are at a height.
func (c *cluster) reach(why string, want int64, nodes ...int) {
	c.t.Helper()
	start := time.Now()
	for _, i := range nodes {
		for {
			h, err := c.nodes[i].height()
			if err == nil && h >= want {
				break
			}
			if time.Since(start) > patience {
				c.t.Fatalf("%s: after %s node %d is at height %d (%v), not at %d", why, patience, i+1, h, err, want)
			}
			time.Sleep(100 * time.Millisecond)
		}
	}
	c.t.Logf("%s: at height %d after %s", why, want, time.Since(start).Round(100*time.Millisecond))
}

// underWay is how many blocks the nodes may still finish once they can't go on:
// one that is executed, and one that has its votes.
const underWay = 2

// stand checks that nodes make no block for a while, but those under way. They
// must answer.
func (c *cluster) stand(why string, d time.Duration, nodes ...int) {
	c.t.Helper()
	was, since := c.heights(nodes), time.Now()
	most := slices.Max(was) + underWay
	for time.Since(since) < d {
		time.Sleep(200 * time.Millisecond)
		is := c.heights(nodes)
		if slices.Max(is) > most {
			c.t.Fatalf("%s: nodes at heights %v came to %v, above %d", why, was, is, most)
		}
		if !slices.Equal(was, is) {
			was, since = is, time.Now()
		}
	}
	c.t.Logf("%s: at heights %v for %s", why, was, d)
}

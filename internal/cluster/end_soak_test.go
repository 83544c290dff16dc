//go:build linux && soak

package cluster

import (
	"fmt"
	"testing"
	"time"
)

// TestAllEndTwice ends all four in the middle of keeping a block, and again in the first
// block after. None of them may need for the next what it had no time to note: then
// nobody could vote, and nobody would be left to go on.
func TestAllEndTwice(t *testing.T) {
	c := begin(t, 4, 0, false)
	l := c.load()
	l.serves("all four run", 10)
	for i := range c.nodes {
		c.kill(i)
	}
	for second := 4; second <= 6; second++ { // the points are those of internal/crash
		c.endAt(3)
		c.endAt(second)
		for i, m := range c.nodes {
			m.env = nil
			c.launch(i)
		}
		for i := range c.nodes {
			c.up(i)
		}
		c.rise(fmt.Sprintf("all four go on after points 3 and %d", second), 4, 0, 1, 2, 3)
		l.serves("all four serve", 10)
		for i := range c.nodes {
			c.kill(i)
		}
	}
	for i := range c.nodes {
		c.start(i)
	}
	l.serves("all four serve at last", 10)
	l.agreed()
	c.safe(l)
}

// endAt starts all nodes, which are told to end at a point. The first that do may leave
// the others without a majority; they are killed.
func (c *cluster) endAt(point int) {
	c.t.Helper()
	for i, m := range c.nodes {
		m.env = []string{fmt.Sprint("FAIL_TEST_INDEX=", point)}
		c.launch(i)
	}
	const rest = 3 * time.Second
	var first time.Time
	for start := time.Now(); len(c.running()) > 0 && (first.IsZero() || time.Since(first) < rest); time.Sleep(20 * time.Millisecond) {
		if first.IsZero() && len(c.running()) < len(c.nodes) {
			first = time.Now()
		}
		if time.Since(start) > patience {
			c.t.Fatalf("none of the nodes came to point %d in %s", point, patience)
		}
	}
	left := c.running()
	c.t.Logf("point %d: %d of %d came there", point, len(c.nodes)-len(left), len(c.nodes))
	for _, i := range left {
		c.kill(i)
	}
}

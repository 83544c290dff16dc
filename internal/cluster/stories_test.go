//go:build linux

package cluster

import (
	"syscall"
	"testing"
)

// story is what happens to a chain of four validators under load.
type story struct {
	name  string
	quick bool // told with every test, not only in the long run
	wire  bool // needs networks that can be cut
	tell  func(*cluster, *load)
}

var stories = []story{
	{name: "one is killed", quick: true, tell: func(c *cluster, l *load) {
		l.serves("all four run", 20)
		c.kill(3)
		c.rise("three go on", 4)
		l.serves("three serve", 20)
		c.start(3)
		c.reach("the fourth catches up", c.height(0), 3)
		c.rise("all four go on", 3)
	}},
	{name: "one is paused", tell: func(c *cluster, l *load) {
		l.serves("all four run", 20)
		c.signal(2, syscall.SIGSTOP)
		c.rise("three go on", 4, 0, 1, 3)
		l.serves("three serve", 20)
		c.signal(2, syscall.SIGCONT)
		c.reach("the third catches up", c.height(0), 2)
		c.rise("all four go on", 3)
	}},
	{name: "one is cut off", wire: true, tell: func(c *cluster, l *load) {
		l.serves("all four run", 20)
		c.cut(1)
		c.rise("three go on", 4, 0, 2, 3)
		c.stand("the one stands", quiet, 1)
		l.serves("three serve", 20)
		c.heal()
		c.reach("the one catches up", c.height(0), 1)
		c.rise("all four go on", 3)
	}},
	{name: "two are cut off", wire: true, tell: func(c *cluster, l *load) {
		l.serves("all four run", 20)
		c.cut(2, 3)
		c.stand("neither half makes a block", quiet, 0, 1, 2, 3)
		c.heal()
		c.rise("all four go on", 4)
		l.serves("all four serve", 20)
	}},
	{name: "the network is slow and loses packets", wire: true, tell: func(c *cluster, l *load) {
		c.slow()
		c.rise("all four go on", 6)
		l.serves("all four serve", 40)
		c.lossy()
	}},
	{name: "all are killed at once", tell: func(c *cluster, l *load) {
		l.serves("all four run", 20)
		for i := range c.nodes {
			c.signal(i, syscall.SIGKILL)
		}
		for i := range c.nodes {
			c.gone(i)
			c.launch(i)
		}
		for i := range c.nodes {
			c.up(i)
		}
		c.rise("all four go on", 4)
		l.serves("all four serve", 20)
	}},
	{name: "one after the other is restarted", tell: func(c *cluster, l *load) {
		for i := range c.nodes {
			c.stop(i)
			l.serves("three serve", 10)
			c.start(i)
			c.rise("all four go on", 2)
		}
	}},
}

// TestStories tells each story on a chain of its own, the quick ones or in the
// long run all, and checks after each that nobody was told anything wrong.
func TestStories(t *testing.T) {
	for _, s := range stories {
		if !s.quick && !soak {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			c := begin(t, 4, 0, s.wire)
			l := c.load()
			s.tell(c, l)
			l.agreed()
			c.safe(l)
		})
	}
}

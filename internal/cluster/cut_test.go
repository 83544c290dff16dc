//go:build linux

package cluster

import (
	"slices"
	"time"
)

// quiet is how long those that can't go on are watched.
const quiet = 8 * time.Second

// cut separates nodes from the others.
func (c *cluster) cut(nodes ...int) {
	c.net.ns.wire.set(func(w *wire) {
		for i := range w.group {
			w.group[i] = 0
			if slices.Contains(nodes, i) {
				w.group[i] = 1
			}
		}
	})
}

// heal joins them again.
func (c *cluster) heal() {
	c.t.Helper()
	c.lossy()
	c.net.ns.wire.set(func(w *wire) { clear(w.group) })
}

// lossy checks that the wire kept something from arriving.
func (c *cluster) lossy() {
	c.t.Helper()
	c.net.ns.wire.set(func(w *wire) {
		c.t.Logf("the wire carried %d packets and lost %d, and %d more for want of room", w.passed, w.lost, w.crowded)
		if w.lost == 0 {
			c.t.Error("the wire lost nothing: the nodes were not disturbed")
		}
	})
}

// slow makes each packet late by 50 ms, 20 ms more or less, and loses 2 %.
func (c *cluster) slow() {
	c.net.ns.wire.set(func(w *wire) { w.delay, w.jitter, w.loss = 50*time.Millisecond, 20*time.Millisecond, 0.02 })
}

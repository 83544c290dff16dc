package node

import (
	"runtime"
	"testing"
)

// TestRingBesideHeap: the ring's places don't count as live memory, by which a node with
// little state is told from one with much (heatFrom).
func TestRingBesideHeap(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	r := newRing(nil)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > heatFrom/64 && runtime.GOOS == "linux" { // elsewhere it is on the heap
		t.Errorf("%d sets took %d bytes of the heap", len(r.sets), grown)
	}
	runtime.KeepAlive(r)
}

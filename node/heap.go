package node

import (
	"os"
	"runtime"
	"runtime/debug"
	"sync/atomic"
)

// cold is whether the process is there for a node whose heap was not warmed yet.
var cold atomic.Bool

// TuneCollector sets the garbage collector as a process wants it that is there for
// a node, unless GOGC and GOMEMLIMIT say otherwise. Most of what a node allocates
// lives for a block: collecting a quarter as often costs memory that a node has,
// and saves time that it hasn't. From half of the machine's memory on it collects
// more often instead: with a million objects a node took 4.1 GB. The next node to be
// started warms the heap, see heat.
func TuneCollector() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
		cold.Store(true) // else it is as whoever set it wants it
	}
	if there := memory(); there > 0 && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(int64(there / 2))
	}
}

const (
	// heatFrom is from how much live memory on the heap is warmed: a node with little
	// state shall stay small.
	heatFrom = 64 << 20
	// heatMost is how much is warmed at most, and below how much live memory a
	// collection costs less than it saves.
	heatMost = 1 << 30
)

// heat gets memory from the system that the heap is going to grow into, and leaves it
// with the heap, where there is a ledger of some size. TuneCollector lets the heap grow
// to five times what is live, and to get that page by page takes a part of the processor
// time of the first transfers after a start: see docs/operating/benchmarks.md. Java has it
// as AlwaysPreTouch, and large pages beside it.
//
// It does so once, and only where the process is there for a node. Tests start dozens:
// several that warmed a heap at a time each took the others' memory for live, and took
// more, until the machine had none.
func heat() {
	if !cold.CompareAndSwap(true, false) {
		return
	}
	held := live(heatMost)
	if room := heatRoom(held, memory(), uint64(debug.SetMemoryLimit(-1))); room > 0 {
		warm(room)
		if held < heatMost {
			runtime.GC()
		}
	}
}

// live is how much of the heap is in use. Where the heap is of some size, but below most,
// what is garbage is told apart by collecting.
func live(most uint64) uint64 {
	var m runtime.MemStats
	if runtime.ReadMemStats(&m); m.HeapAlloc >= heatFrom && m.HeapAlloc < most {
		runtime.GC()
		runtime.ReadMemStats(&m)
	}
	return m.HeapAlloc
}

// heatRoom is how much is warmed beside so much live memory, on a machine with so much,
// where the collector is to keep the process below a limit.
func heatRoom(live, there, limit uint64) uint64 {
	if live < heatFrom || live >= limit {
		return 0
	}
	return min(3*live, there/16, heatMost, (limit-live)/2)
}

// warm takes memory, writes to each of its pages, and lets go of it. With large pages that
// is done sooner, and the processor finds its way in the heap faster after.
func warm(room uint64) {
	const piece = 32 << 20
	var taken [][]byte
	for range room / piece {
		b := make([]byte, piece)
		largePages(b)
		for i := 0; i < len(b); i += os.Getpagesize() {
			b[i] = 1
		}
		taken = append(taken, b)
	}
	runtime.KeepAlive(taken) // until here, or the first piece would be taken again and again
}

package node

import (
	"math"
	"runtime"
	"runtime/debug"
	"testing"
)

// Memory that was warmed is the heap's to grow into.
func TestWarm(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	live := make([]byte, 128<<20) // what the heap may grow to goes by what is live
	debug.FreeOSMemory()
	const room = 256 << 20
	warm(room)
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if got := m.HeapIdle - m.HeapReleased; got < room*3/4 {
		t.Errorf("%d MiB were warmed, %d MiB are ready", room>>20, got>>20)
	}
	runtime.KeepAlive(live)
}

// How much is warmed goes by what is live, and what there is.
func TestHeatRoom(t *testing.T) {
	for _, row := range []struct{ live, there, limit, want uint64 }{
		{10 << 20, 24 << 30, 12 << 30, 0},
		{100 << 20, 24 << 30, 12 << 30, 300 << 20},
		{100 << 20, 1 << 30, 512 << 20, 64 << 20},
		{2 << 30, 24 << 30, 12 << 30, 1 << 30},
		{100 << 20, 24 << 30, math.MaxInt64, 300 << 20},
		{150 << 20, 24 << 30, 256 << 20, 53 << 20},
		{300 << 20, 24 << 30, 256 << 20, 0},
	} {
		if got := heatRoom(row.live, row.there, row.limit); got != row.want {
			t.Errorf("beside %d of %d MiB, at most %d: %d MiB, want %d", row.live>>20, row.there>>20, row.limit>>20, got>>20, row.want>>20)
		}
	}
}

// The heap of a process that is there for a node is warmed, and no other: not once more,
// not where the process starts nodes of its own accord, and not where GOGC is set.
func TestHeatOnce(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(math.MaxInt64))
	held := make([]byte, 100<<20)
	takes := func() uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		heat()
		runtime.ReadMemStats(&after)
		return (after.TotalAlloc - before.TotalAlloc) >> 20
	}
	least := min(200, memory()>>20/20) // MiB: three times what is held, or a sixteenth of the machine's
	t.Setenv("GOGC", "")
	cold.Store(false)
	if n := takes(); n > 10 {
		t.Errorf("a process that is there for something else: %d MiB", n)
	}
	TuneCollector()
	if n := takes(); n < least {
		t.Errorf("a node's process: %d MiB of at least %d", n, least)
	}
	if n := takes(); n > 10 {
		t.Errorf("a second node: %d MiB", n)
	}
	t.Setenv("GOGC", "100")
	TuneCollector()
	if n := takes(); n > 10 {
		t.Errorf("with GOGC set: %d MiB", n)
	}
	runtime.KeepAlive(held)
}

// What nobody uses any more is not live.
func TestLive(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // nothing but live collects
	runtime.GC()                                     // what other tests left, also where that is little
	before := live(math.MaxUint64)
	for range 100 {
		garbage = make([]byte, 1<<20)
	}
	garbage = nil
	if now := live(math.MaxUint64); now > before+20<<20 {
		t.Errorf("%d MiB are live; %d MiB were before a hundred of garbage", now>>20, before>>20)
	}
}

var garbage []byte // on the heap

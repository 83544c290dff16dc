package node

import (
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
	for _, row := range []struct{ live, there, want uint64 }{
		{10 << 20, 24 << 30, 0},
		{100 << 20, 24 << 30, 300 << 20},
		{100 << 20, 1 << 30, 64 << 20},
		{2 << 30, 24 << 30, 1 << 30},
	} {
		if got := heatRoom(row.live, row.there); got != row.want {
			t.Errorf("beside %d of %d MiB: %d MiB, want %d", row.live>>20, row.there>>20, got>>20, row.want>>20)
		}
	}
}

package node

import (
	"runtime"
	"runtime/debug"
	"testing"
)

// A heap with something on it has room to grow afterwards that the system gave already;
// one with little is left as it is.
func TestHeat(t *testing.T) {
	t.Setenv("GOGC", "")
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	free := func() int {
		debug.FreeOSMemory()
		heat()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int(m.HeapIdle - m.HeapReleased)
	}
	live := make([]byte, 2*heatFrom)
	for i := range live {
		live[i] = byte(i)
	}
	if got := free(); got < 4*heatFrom {
		t.Errorf("beside %d MiB there are %d MiB ready", len(live)>>20, got>>20)
	}
	runtime.KeepAlive(live)
	live = nil
	if got := free(); got > heatFrom {
		t.Errorf("beside next to nothing there are %d MiB ready", got>>20)
	}
}

//go:build soak

package sim

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"
)

// TestSoak plays SIM_OPS operations, a million where it is not set, of the seed
// SIM_SEED, one that nobody knows before where it is not set.
func TestSoak(t *testing.T) {
	number := func(name string, otherwise uint64) uint64 {
		n, err := strconv.ParseUint(os.Getenv(name), 10, 64)
		if os.Getenv(name) == "" {
			return otherwise
		} else if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return n
	}
	cfg := Config{Seed: number("SIM_SEED", rand.Uint64N(1<<32)), Ops: int(number("SIM_OPS", 1_000_000)), Templates: library(t)}
	start, told := time.Now(), time.Now()
	cfg.Progress = func(r *Report) {
		if time.Since(told) < 10*time.Second {
			return
		}
		told = time.Now()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		fmt.Printf("%7d of %d operations, %.0f/s, height %d, %s, %d crashes, %d joins, %d promises settled, %d MiB\n", r.Ops, cfg.Ops,
			float64(r.Ops)/time.Since(start).Seconds(), r.Heights, r.Now.Format("2006-01-02"), r.Crashes, r.Joins, total(r.Settled), m.HeapAlloc>>20)
	}
	fmt.Printf("seed %d\n", cfg.Seed)
	r, err := Run(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(r)
}

func total(counts map[string]int) (sum int) {
	for _, n := range counts {
		sum += n
	}
	return sum
}

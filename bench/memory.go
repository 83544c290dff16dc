package main

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
)

// warmMemory takes as much memory as a run may grow by, and gives it back. A virtual
// machine hands memory that was free for some seconds to its host, and getting it
// back costs many times what a page costs else: whoever happened to grow first after
// a pause would pay for it. A node that has run for a while has its memory.
func warmMemory(bytes int64) error {
	b, err := syscall.Mmap(-1, 0, int(bytes), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return fmt.Errorf("taking %d MiB of memory: %w", bytes>>20, err)
	}
	for i := 0; i < len(b); i += os.Getpagesize() {
		b[i] = 1
	}
	return syscall.Munmap(b)
}

// txMemory is by how much a transaction lets a node's memory grow at most, as long as
// it grows.
const txMemory = 24 << 10

// runMemory is what a run of so many transactions may grow by: a sixth of the
// machine's memory at most.
func runMemory(txs int) int64 {
	if m := machine().Memory; m > 0 {
		return min(int64(txs)*txMemory, m/6)
	}
	return int64(txs) * txMemory
}

// quiet collects this program's garbage, and lets none be collected until it is called
// off: a collection looks at everybody that the benchmark signs for, beside a node that
// is being measured on the same cores. A quarter of the machine's memory is the most
// that may come together.
func quiet() (off func()) {
	runtime.GC()
	percent := debug.SetGCPercent(-1)
	limit := debug.SetMemoryLimit(cmp.Or(machine().Memory/4, math.MaxInt64))
	return func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	}
}

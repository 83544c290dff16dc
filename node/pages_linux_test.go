package node

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// Memory that large pages were asked for is marked so, and nothing beside it.
func TestLargePages(t *testing.T) {
	if _, err := os.Stat("/sys/kernel/mm/transparent_hugepage"); err != nil {
		t.Log("a system without large pages")
		return
	}
	all, err := syscall.Mmap(-1, 0, 32<<20, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Munmap(all) }()
	aligned := int(-uintptr(unsafe.Pointer(&all[0])) % largePage)
	b := all[aligned : aligned+6*largePage]
	largePages(nil)
	largePages(b[1:largePage]) // less than one
	largePages(b[largePage+1 : 5*largePage-1])
	for at, want := range []bool{false, false, true, true, false, false} {
		if got := asked(t, uintptr(unsafe.Pointer(&b[at*largePage]))); got != want {
			t.Errorf("%d large pages in: %v, want %v", at, got, want)
		}
	}
}

// The heap is warmed in large pages.
func TestWarmLarge(t *testing.T) {
	if _, err := os.Stat("/sys/kernel/mm/transparent_hugepage"); err != nil {
		t.Log("a system without large pages")
		return
	}
	const room = 128 << 20
	warm(room)
	if got := marked(t); got < room/2 {
		t.Errorf("large pages were asked for in %d MiB, of at least %d", got>>20, room>>21)
	}
}

// marked is how much memory large pages were asked for.
func marked(t *testing.T) (sum uintptr) {
	t.Helper()
	areas(t, func(from, to uintptr, large bool) {
		if large {
			sum += to - from
		}
	})
	return sum
}

// asked says whether large pages were asked for at an address.
func asked(t *testing.T, at uintptr) (yes bool) {
	t.Helper()
	found := false
	areas(t, func(from, to uintptr, large bool) {
		if from <= at && at < to {
			found, yes = true, large
		}
	})
	if !found {
		t.Fatalf("nothing is at %x", at)
	}
	return yes
}

// areas are the process' areas of memory, and whether large pages were asked for there.
func areas(t *testing.T, each func(from, to uintptr, large bool)) {
	t.Helper()
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var from, to uintptr
	for s := bufio.NewScanner(f); s.Scan(); {
		var lo, hi uintptr
		if n, _ := fmt.Sscanf(s.Text(), "%x-%x ", &lo, &hi); n == 2 {
			from, to = lo, hi
		}
		if flags, ok := strings.CutPrefix(s.Text(), "VmFlags:"); ok {
			each(from, to, strings.Contains(flags+" ", " hg "))
		}
	}
}

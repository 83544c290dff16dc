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

// asked says whether large pages were asked for at an address.
func asked(t *testing.T, at uintptr) bool {
	t.Helper()
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	within := false
	for s := bufio.NewScanner(f); s.Scan(); {
		var from, to uintptr
		if n, _ := fmt.Sscanf(s.Text(), "%x-%x ", &from, &to); n == 2 {
			within = from <= at && at < to
		}
		if flags, ok := strings.CutPrefix(s.Text(), "VmFlags:"); ok && within {
			return strings.Contains(flags+" ", " hg ")
		}
	}
	t.Fatalf("nothing is at %x", at)
	return false
}

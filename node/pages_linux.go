package node

import (
	"syscall"
	"unsafe"
)

// largePage is what Linux backs memory with at once where it was asked to and has one:
// of the sizes that there are, that of most machines.
const largePage = 2 << 20

// largePages asks the system to back memory with large pages. It does so when the memory
// is first written to; where it has none, it takes pages as ever.
func largePages(b []byte) {
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(b))) % largePage)
	if whole := (len(b) - skip) / largePage * largePage; whole > 0 {
		_ = syscall.Madvise(b[skip:skip+whole], syscall.MADV_HUGEPAGE)
	}
}

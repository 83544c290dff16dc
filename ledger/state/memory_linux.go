package state

import "syscall"

// takeMemory gets n zero bytes that the collector doesn't count, and how to give them
// back. They take room as they are written to, in large pages where the system has
// them: what is read is all over the place.
func takeMemory(n int) (b []byte, free func()) {
	b, err := syscall.Mmap(-1, 0, n, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil { // as where a limit is set
		return make([]byte, n), func() {}
	}
	_ = syscall.Madvise(b, syscall.MADV_HUGEPAGE) // a wish
	return b, func() { _ = syscall.Munmap(b) }
}

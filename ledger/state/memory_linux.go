package state

import "syscall"

// takeMemory gets two pieces of zero bytes that the collector doesn't count, and how to
// give them back; nil where the system refuses. They take room as they are written to,
// in large pages where there are such: what is read is all over the place.
func takeMemory(m, n int) (a, b []byte, free func()) {
	all, err := syscall.Mmap(-1, 0, m+n, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return nil, nil, nil
	}
	_ = syscall.Madvise(all, syscall.MADV_HUGEPAGE) // a wish
	return all[:m:m], all[m:], func() { _ = syscall.Munmap(all) }
}

package offheap

import "syscall"

// take gets zero bytes, at the start of a page.
func take(size int) []byte {
	if size <= 0 {
		return nil
	}
	b, err := syscall.Mmap(-1, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return nil
	}
	_ = syscall.Madvise(b, syscall.MADV_HUGEPAGE) // a wish
	return b
}

func give(b []byte) { _ = syscall.Munmap(b) }

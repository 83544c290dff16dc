//go:build !linux

package node

// largePages is for Linux: elsewhere pages are as the system has them.
func largePages([]byte) {}

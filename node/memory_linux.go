package node

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
)

// memoryThere is how many bytes of memory the process may count on: the
// machine's, or what its control group allows; 0 where nothing says.
func memoryThere() int64 {
	var info syscall.Sysinfo_t
	if err := syscall.Sysinfo(&info); err != nil {
		return 0
	}
	there := int64(uint64(info.Totalram) * uint64(info.Unit))
	if b, err := os.ReadFile("/sys/fs/cgroup/memory.max"); err == nil {
		if n, err := strconv.ParseInt(string(bytes.TrimSpace(b)), 10, 64); err == nil && n > 0 {
			there = min(there, n)
		}
	}
	return there
}

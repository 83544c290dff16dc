package node

import (
	"bytes"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
)

// memory is how many bytes of memory this process may count on: the machine's, or
// what its control group, or one around it, allows, as systemd's MemoryMax and a
// container's limit do; 0 where the system doesn't say it in the way of Linux.
func memory() uint64 { return memoryIn(os.DirFS("/")) }

// memoryIn is memory by the files of a system. Control groups are those of version
// 2: a process is in one, and the line of version 2 in its file begins with 0.
func memoryIn(system fs.FS) (least uint64) {
	b, _ := fs.ReadFile(system, "proc/meminfo")
	for line := range bytes.Lines(b) {
		if f := strings.Fields(string(line)); len(f) > 1 && f[0] == "MemTotal:" {
			kib, _ := strconv.ParseUint(f[1], 10, 64)
			least = kib << 10
		}
	}
	group := "/"
	b, _ = fs.ReadFile(system, "proc/self/cgroup")
	for line := range bytes.Lines(b) {
		if at, ok := strings.CutPrefix(strings.TrimSpace(string(line)), "0::"); ok {
			group = path.Clean("/" + at)
		}
	}
	for ; ; group = path.Dir(group) {
		b, _ = fs.ReadFile(system, path.Join("sys/fs/cgroup", group, "memory.max"))
		if n, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 64); err == nil && (least == 0 || n < least) {
			least = n
		}
		if group == "/" {
			return least
		}
	}
}

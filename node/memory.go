package node

import (
	"bytes"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// memory is how many bytes of memory this process may count on: the machine's, or
// what its control group, or one around it, allows, as systemd's MemoryMax and a
// container's limit do; 0 where the system doesn't say it in the way of Linux. It is
// asked once: to read it takes 60 µs, and what is made by it is made at the start.
var memory = sync.OnceValue(func() uint64 { return memoryIn(os.DirFS("/")) })

// memoryIn is memory by the files of a system. A process is in one control group
// of version 2, whose line in its file begins with 0, and in one of version 1 that
// is for memory, where the system still has those: its line says so.
func memoryIn(system fs.FS) (least uint64) {
	b, _ := fs.ReadFile(system, "proc/meminfo")
	for line := range bytes.Lines(b) {
		if f := strings.Fields(string(line)); len(f) > 1 && f[0] == "MemTotal:" {
			kib, _ := strconv.ParseUint(f[1], 10, 64)
			least = kib << 10
		}
	}
	second, first := "/", "/"
	b, _ = fs.ReadFile(system, "proc/self/cgroup")
	for line := range bytes.Lines(b) {
		f := strings.SplitN(strings.TrimSpace(string(line)), ":", 3)
		switch {
		case len(f) < 3:
		case f[0] == "0" && f[1] == "":
			second = path.Clean("/" + f[2])
		case slices.Contains(strings.Split(f[1], ","), "memory"):
			first = path.Clean("/" + f[2])
		}
	}
	for _, n := range []uint64{
		limit(system, "sys/fs/cgroup", second, "memory.max"),
		limit(system, "sys/fs/cgroup/memory", first, "memory.limit_in_bytes"),
	} {
		if n > 0 && (least == 0 || n < least) {
			least = n
		}
	}
	return least
}

// unlimited is a limit that is none: version 1 has no word for it, and says the
// largest number that it knows.
const unlimited = 1 << 60

// limit is the least limit of a group and those around it, in the files below a
// folder; 0 for none. In a container the folder is that of its own group, which
// the process knows by the path that it has on the machine: what is missing on
// that path is passed over.
func limit(system fs.FS, folder, group, file string) (least uint64) {
	for ; ; group = path.Dir(group) {
		b, _ := fs.ReadFile(system, path.Join(folder, group, file))
		if n, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 64); err == nil && n < unlimited && (least == 0 || n < least) {
			least = n
		}
		if group == "/" {
			return least
		}
	}
}

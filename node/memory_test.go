package node

import (
	"testing"
	"testing/fstest"
)

// TestMemory reads what Linux says, as on a machine, within a service and within a
// container.
func TestMemory(t *testing.T) {
	const machine, group = "proc/meminfo", "proc/self/cgroup"
	total := "SwapTotal: 1 kB\nMemTotal:       8388608 kB\nMemFree: 5 kB\n"
	for name, tc := range map[string]struct {
		files map[string]string
		want  uint64
	}{
		"nothing":                   {nil, 0},
		"a machine":                 {map[string]string{machine: total}, 8 << 30},
		"a machine's root":          {map[string]string{machine: total, group: "0::/\n"}, 8 << 30},
		"without a limit":           {map[string]string{machine: total, group: "0::/\n", "sys/fs/cgroup/memory.max": "max\n"}, 8 << 30},
		"a container":               {map[string]string{machine: total, group: "0::/\n", "sys/fs/cgroup/memory.max": "1073741824\n"}, 1 << 30},
		"a service":                 {map[string]string{machine: total, group: "0::/system.slice/troth.service\n", "sys/fs/cgroup/system.slice/troth.service/memory.max": "2147483648\n"}, 2 << 30},
		"a slice around it":         {map[string]string{machine: total, group: "1:name=systemd:/x\n0::/a.slice/troth.service\n", "sys/fs/cgroup/a.slice/troth.service/memory.max": "max\n", "sys/fs/cgroup/a.slice/memory.max": "3221225472\n"}, 3 << 30},
		"another service":           {map[string]string{machine: total, group: "0::/system.slice/troth.service\n", "sys/fs/cgroup/system.slice/other.service/memory.max": "2147483648\n"}, 8 << 30},
		"more than there is":        {map[string]string{machine: total, group: "0::/a\n", "sys/fs/cgroup/a/memory.max": "99999999999999\n"}, 8 << 30},
		"outside of its root":       {map[string]string{machine: total, group: "0::/../../a\n", "sys/fs/cgroup/memory.max": "1073741824\n"}, 1 << 30},
		"version 1, a service":      {map[string]string{machine: total, group: "4:memory:/system.slice/troth.service\n0::/\n", "sys/fs/cgroup/memory/system.slice/troth.service/memory.limit_in_bytes": "2147483648\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"}, 2 << 30},
		"version 1, a slice":        {map[string]string{machine: total, group: "5:cpu,cpuacct:/b\n4:hugetlb,memory:/a.slice/troth.service\n1:name=systemd:/c\n", "sys/fs/cgroup/memory/a.slice/troth.service/memory.limit_in_bytes": "9223372036854771712\n", "sys/fs/cgroup/memory/a.slice/memory.limit_in_bytes": "3221225472\n", "sys/fs/cgroup/memory/b/memory.limit_in_bytes": "1\n", "sys/fs/cgroup/memory/c/memory.limit_in_bytes": "1\n"}, 3 << 30},
		"version 1, a container":    {map[string]string{machine: total, group: "4:memory:/docker/53431e37\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "1073741824\n"}, 1 << 30},
		"version 1, no limit":       {map[string]string{machine: total, group: "4:memory:/\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"}, 8 << 30},
		"version 1, no limit alone": {map[string]string{"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"}, 0},
		"version 1 beside 2":        {map[string]string{machine: total, group: "4:memory:/a\n0::/a\n", "sys/fs/cgroup/memory/a/memory.limit_in_bytes": "2147483648\n", "sys/fs/cgroup/a/memory.max": "3221225472\n"}, 2 << 30},
		"neither version 1 nor 2":   {map[string]string{machine: total, group: "memory\n:\n4:memory\n"}, 8 << 30},
		"the limit alone":           {map[string]string{"sys/fs/cgroup/memory.max": "1073741824\n"}, 1 << 30},
	} {
		system := fstest.MapFS{}
		for path, data := range tc.files {
			system[path] = &fstest.MapFile{Data: []byte(data)}
		}
		if got := memoryIn(system); got != tc.want {
			t.Errorf("%s: %d, want %d", name, got, tc.want)
		}
	}
}

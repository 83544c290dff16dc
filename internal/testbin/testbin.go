// Package testbin builds the program for tests that run it as a process of its
// own, as its operators do.
package testbin

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// dir is where the binaries are, and built those that were asked for, by path.
var (
	dir   string
	mu    sync.Mutex
	built = map[string]error{}
)

// Main runs the tests of a package that builds, and removes what was built. It
// is what TestMain calls, and returns the status to exit with.
func Main(m *testing.M) int {
	var err error
	if dir, err = os.MkdirTemp("", "troth-test-"); err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	return m.Run()
}

// Dir is a folder for what a build needs. It goes when the tests end.
func Dir() string { return dir }

// Build makes the program, once for each name, and returns its path. Flags are
// go build's, the same for the same name.
func Build(name string, flags ...string) (string, error) {
	mu.Lock()
	defer mu.Unlock()
	bin := filepath.Join(dir, name)
	err, done := built[bin]
	if !done {
		args := append([]string{"build", "-o", bin}, flags...)
		if out, fault := exec.Command("go", append(args, "github.com/troth-ledger/troth/cmd/troth")...).CombinedOutput(); fault != nil {
			err = fmt.Errorf("building %s: %w\n%s", name, fault, out)
		}
		built[bin] = err
	}
	return bin, err
}

// Follow reads what a node prints until it ends, and calls up once, with the
// URL of its API, when it serves.
func Follow(out io.Reader, up func(url string)) {
	served := false
	for s := bufio.NewScanner(out); s.Scan(); {
		if f := strings.Fields(s.Text()); !served && len(f) > 1 && f[0] == "API" {
			served = true
			up(f[1])
		}
	}
}

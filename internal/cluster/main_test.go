//go:build linux

package cluster

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// binDir is where the binaries are.
var binDir string

func TestMain(m *testing.M) {
	if args := os.Getenv(signerEnv); args != "" {
		runSigner(args)
	}
	dir, err := os.MkdirTemp("", "troth-cluster-")
	if err != nil {
		panic(err)
	}
	binDir = dir
	reachNamespaces()
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// honest makes the binary once.
var honest = sync.OnceValues(func() (string, error) { return build("troth") })

func build(name string, flags ...string) (string, error) {
	bin := filepath.Join(binDir, name)
	args := append([]string{"build", "-o", bin}, flags...)
	if out, err := exec.Command("go", append(args, "github.com/troth-ledger/troth/cmd/troth")...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("building %s: %w\n%s", name, err, out)
	}
	return bin, nil
}

package tidy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDirectDependencies: each is a promise to look after it.
func TestDirectDependencies(t *testing.T) {
	const most = 25
	b, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) == 2 && strings.Contains(f[0], "/") && strings.HasPrefix(f[1], "v") {
			n++
		}
	}
	if n == 0 || n > most {
		t.Errorf("%d direct dependencies; %d is the most", n, most)
	}
}

// Package need is for tests that want of a machine what not every machine has: a
// program, a right, a terminal, data beside the repository.
package need

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// Missing ends a test that can't run on this machine; the message says what it
// needs. Where the environment has CI it fails, for there nothing may be left
// out unseen; elsewhere it is skipped.
func Missing(t testing.TB, format string, args ...any) {
	t.Helper()
	what := fmt.Sprintf(format, args...)
	if os.Getenv("CI") != "" {
		t.Fatalf("%s; where CI is set nothing is skipped", what)
	}
	t.Skip(what)
}

// Root is the repository's folder: the nearest above the test that has go.mod.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the working directory")
		}
	}
}

// Conformance is the path of published test vectors, which stand in
// ../shared/conformance beside the repository.
func Conformance(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(filepath.Dir(Root(t)), "shared", "conformance", filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		Missing(t, "it needs published test vectors beside the repository: %v", err)
	}
	return path
}

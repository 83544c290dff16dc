package tidy

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestGenerated makes everything that is made from the schema once more and
// compares: a stale file would speak another protocol than the schema says. On
// a machine that has never built the generators it takes some minutes.
func TestGenerated(t *testing.T) {
	if testing.Short() {
		t.Skip("it may have to build the generators first")
	}
	dir := t.TempDir()
	buf(t, "generate", "-o", dir)
	buf(t, "build", "-o", filepath.Join(dir, "internal/schema/troth.binpb"))
	made := map[string]bool{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		made[rel] = true
		same(t, path, filepath.Join(root, rel))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if !made["internal/schema/openapi.yaml"] {
		t.Error("the OpenAPI document isn't made any more")
	}
	err = filepath.WalkDir(filepath.Join(root, "gen"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if rel, _ := filepath.Rel(root, path); !made[rel] {
			t.Errorf("%s is made from nothing any more: make gen", rel)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func buf(t *testing.T, args ...string) {
	t.Helper()
	cmd := exec.Command("go", append([]string{"tool", "-modfile=tools/go.mod", "buf"}, args...)...)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("buf %v: %v\n%s", args, err, out)
	}
}

func same(t *testing.T, is, was string) {
	t.Helper()
	a, err := os.ReadFile(is)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(was)
	if err != nil || !bytes.Equal(a, b) {
		t.Errorf("%s is stale: make gen", was)
	}
}

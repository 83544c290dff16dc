package promisefile

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write golden files")

// Every file of testdata/bad shows one thing that can be wrong; faults.txt is
// what is said about each. A file that is no longer refused must say so there.
func TestFaults(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	var b strings.Builder
	for _, name := range files {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		c, _, faults := Load(filepath.Base(name), src)
		if len(faults) == 0 {
			t.Errorf("%s: no fault", name)
		}
		for _, f := range faults {
			b.WriteString(f.Code + " " + f.Error() + "\n")
		}
		if c != nil {
			b.WriteString(filepath.Base(name) + ": warnings alone\n")
		}
		b.WriteString("\n")
	}
	golden(t, "testdata/bad/faults.txt", b.String())
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s differs; -update writes it. Got:\n%s", name, got)
	}
}

package promisefile

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func seeds(f *testing.F) {
	for _, pattern := range []string{"testdata/bad/*.yaml", "../../templates/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatalf("%s: %d files, %v", pattern, len(files), err)
		}
		for _, name := range files {
			src, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(src)
		}
	}
}

// Whatever is in a file, reading and checking it ends without a panic and in
// bounded time, and every fault is on a line of the file.
func FuzzLoad(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, src []byte) {
		began := time.Now()
		_, file, faults := Load("x.yaml", src)
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("took %s", took)
		}
		for _, x := range faults {
			if x.Line < 1 || x.Col < 1 || x.Msg == "" {
				t.Errorf("%+v", x)
			}
		}
		if file == nil {
			return
		}
		again, faults := Parse("y.yaml", Format(file.Template, file.Decimals))
		if again == nil && len(faults) == 0 {
			t.Error("refused without a fault")
		}
	})
}

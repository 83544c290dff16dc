package need

import (
	"fmt"
	"testing"
)

// told is a test that only remembers how it ended.
type told struct {
	testing.TB
	end string
}

func (*told) Helper() {}

func (t *told) Fatalf(format string, args ...any) { t.end = "failed: " + fmt.Sprintf(format, args...) }

func (t *told) Skip(args ...any) {
	if t.end == "" { // a real test ends with the first
		t.end = "skipped: " + fmt.Sprint(args...)
	}
}

func TestMissing(t *testing.T) {
	for ci, want := range map[string]string{
		"":     "skipped: it needs 1 terminal",
		"true": "failed: it needs 1 terminal; where CI is set nothing is skipped",
	} {
		t.Setenv("CI", ci)
		x := &told{TB: t}
		if Missing(x, "it needs %d terminal", 1); x.end != want {
			t.Errorf("with CI=%q: %s, want %s", ci, x.end, want)
		}
	}
}

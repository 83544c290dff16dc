package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// progress shows how far a long run is, on the error output: a bar on a
// terminal, a line a step elsewhere.
type progress struct {
	w           io.Writer
	terminal    bool
	done, total int
	begin       time.Time
	last        string
}

func newProgress(total int) *progress {
	info, err := os.Stderr.Stat()
	return &progress{w: os.Stderr, terminal: err == nil && info.Mode()&os.ModeCharDevice != 0, total: total, begin: time.Now()}
}

// step begins a step.
func (p *progress) step(format string, args ...any) {
	p.last = fmt.Sprintf(format, args...)
	p.show()
	p.done++
}

func (p *progress) show() {
	const width = 24
	full := width * p.done / max(p.total, 1)
	left := ""
	if p.done > 0 {
		rest := time.Since(p.begin) / time.Duration(p.done) * time.Duration(p.total-p.done)
		left = ", about " + rest.Round(time.Second).String() + " left"
	}
	line := fmt.Sprintf("[%s%s] %d/%d %s%s", strings.Repeat("#", full), strings.Repeat(".", width-full), p.done, p.total, p.last, left)
	if p.terminal {
		fmt.Fprintf(p.w, "\r\x1b[K%s", line)
		return
	}
	fmt.Fprintln(p.w, line)
}

// end clears the bar, for what is printed next.
func (p *progress) end() {
	if p.terminal {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

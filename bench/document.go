package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The figures of the page stand between these two lines.
const (
	figuresBegin = "<!-- figures: make bench writes what follows -->"
	figuresEnd   = "<!-- end of figures -->"
)

// document renews the page's figures, and the charts beside it.
func (r *Results) document(path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(b), figuresBegin)
	_, after, ok2 := strings.Cut(rest, figuresEnd)
	if !ok || !ok2 {
		return fmt.Errorf("%s has no lines %q and %q", path, figuresBegin, figuresEnd)
	}
	text := before + figuresBegin + "\n\n" + r.markdown() + "\n" + figuresEnd + after
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		return err
	}
	for name, picture := range r.pictures() {
		if err := os.WriteFile(filepath.Join(filepath.Dir(path), name), []byte(picture), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// markdown is all tables as the page has them.
func (r *Results) markdown() string {
	var out strings.Builder
	fmt.Fprintf(&out, "Measured on %s.\n", r.Machine.line(r))
	for _, t := range r.tables() {
		fmt.Fprintf(&out, "\n### %s\n\n", t.title)
		rule := make([]string, len(t.head))
		for i := range rule {
			rule[i] = "---"
		}
		for _, row := range append([][]string{t.head, rule}, t.rows...) {
			fmt.Fprintf(&out, "| %s |\n", strings.Join(row, " | "))
		}
	}
	return out.String()
}

// pictures are the charts that there are figures for, by file name.
func (r *Results) pictures() map[string]string {
	out := map[string]string{}
	if len(r.Profile) > 0 {
		out["time.svg"] = bars(r.Profile)
	}
	if done := slices.DeleteFunc(slices.Clone(r.Growth), func(g Growth) bool { return g.Failed != "" }); len(done) > 0 {
		out["growth.svg"] = growthChart(done)
	}
	return out
}

// growthChart draws every figure of the growth.
func growthChart(rows []Growth) string {
	x := make([]float64, len(rows))
	panels := []series{{name: "transfers a second"}, {name: "promises kept a second"}, {name: "start, seconds"},
		{name: "memory, MB"}, {name: "disk, MB"}, {name: "disk, bytes a transfer"}}
	exact := func(v float64) Spread { return Spread{v, v, v, 1} }
	for i, g := range rows {
		x[i] = float64(g.Objects)
		for k, v := range []Spread{g.Transfers, g.Settlements, g.Start, exact(float64(g.Memory) / 1e6), exact(float64(g.Disk) / 1e6), exact(max(g.PerTransfer, 0))} {
			panels[k].points = append(panels[k].points, v)
		}
	}
	return chart(x, "objects", panels)
}

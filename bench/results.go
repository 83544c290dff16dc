package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
)

// Results is what results.json says.
type Results struct {
	Machine Machine   `json:"machine"`
	Quick   bool      `json:"quick"`
	Size    size      `json:"size"`
	Figures []*Figure `json:"throughput,omitempty"`
	Ratios  []Ratio   `json:"ratios,omitempty"`
	Latency []Latency `json:"latency,omitempty"`
	Growth  []Growth  `json:"growth,omitempty"`
	Idle    *Idle     `json:"idle,omitempty"`
	Profile []Profile `json:"profile,omitempty"`
	// Again says of parts that were measured anew since, by themselves, when.
	Again map[string]string `json:"again,omitempty"`
}

// within puts what was measured into the results there are, of the same machine and
// sizes.
func (r *Results) within(o *options) (*Results, error) {
	b, err := os.ReadFile(o.out)
	if err != nil {
		return nil, fmt.Errorf("-again: %w", err)
	}
	all := &Results{}
	if err := json.Unmarshal(b, all); err != nil {
		return nil, fmt.Errorf("-again: %s: %w", o.out, err)
	}
	was, is := all.Machine, r.Machine
	if was.Cores != is.Cores || was.CPU != is.CPU || was.Memory != is.Memory || was.Go != is.Go || all.Quick != r.Quick || all.Size.runs() != r.Size.runs() {
		return nil, fmt.Errorf("-again: %s is of another machine, another Go, or other sizes: run all parts", o.out)
	}
	if all.Again == nil {
		all.Again = map[string]string{}
	}
	for _, part := range parts {
		if !o.wants(part) {
			continue
		}
		all.Again[part] = is.When
		switch part {
		case "throughput":
			all.Figures, all.Ratios = r.Figures, r.Ratios
		case "latency":
			all.Latency = r.Latency
		case "growth":
			all.Growth, all.Size.Objects = r.Growth, r.Size.Objects
		case "idle":
			all.Idle = r.Idle
		case "profile":
			all.Profile = r.Profile
		}
	}
	return all, nil
}

// Figure is a subject's throughput.
type Figure struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Unit    string   `json:"unit"`
	What    string   `json:"what"`
	Skipped string   `json:"skipped,omitempty"`
	Rate    Spread   `json:"rate"`
	CPU     Spread   `json:"cpu_us"`  // processor microseconds of one operation
	Load    Spread   `json:"load_us"` // of the load generator beside it; 0 where it is the same process
	Samples []Sample `json:"samples"`
}

func (f *Figure) sum() {
	f.Rate = each(f.Samples, Sample.Rate)
	f.CPU = each(f.Samples, func(s Sample) float64 { return s.CPU / float64(s.Ops) * 1e6 })
	f.Load = each(f.Samples, func(s Sample) float64 { return s.Load / float64(s.Ops) * 1e6 })
}

// Ratio is how many times as fast Troth's plain transfer is.
type Ratio struct {
	To    string  `json:"to"`
	Times float64 `json:"times"`
}

// measured is the figure that the others are compared with.
const measured = "troth-transfer"

// ratios compares the plain transfer with everything that isn't Troth.
func ratios(figures []*Figure) (out []Ratio) {
	ours := 0.0
	for _, f := range figures {
		if f.ID == measured {
			ours = f.Rate.Median
		}
	}
	for _, f := range figures {
		if ours > 0 && f.Rate.Median > 0 && !strings.HasPrefix(f.ID, "troth-") {
			out = append(out, Ratio{f.Name, ours / f.Rate.Median})
		}
	}
	return out
}

// write puts the results where the options say.
func (r *Results) write(o *options) error {
	if o.out != "" {
		b, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(o.out, append(b, '\n'), 0o644); err != nil {
			return err
		}
	}
	if o.docs == "" {
		return nil
	}
	return r.document(filepath.Join(o.docs, "benchmarks.md"))
}

// print writes every table.
func (r *Results) print(w io.Writer) {
	fmt.Fprintln(w, r.Machine.line(r))
	for _, t := range r.tables() {
		fmt.Fprintf(w, "\n%s\n", t.title)
		tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, row := range append([][]string{t.head}, t.rows...) {
			fmt.Fprintln(tw, strings.Join(row, "\t"))
		}
		_ = tw.Flush() // a table that can't be printed is seen
	}
}

// line says what was measured on, and how often.
func (m Machine) line(r *Results) string {
	size := "full sizes"
	if r.Quick {
		size = "quick sizes"
	}
	line := fmt.Sprintf("%d cores (%s), %d GiB, %s, %s; load averages at the start %s; medians of %d runs, %s; %s",
		m.Cores, m.CPU, m.Memory>>30, m.OS, m.Go, m.Load, r.Size.Runs, size, m.When)
	for _, part := range parts {
		if when, ok := r.Again[part]; ok {
			line += "; " + part + " again, by itself, " + when
		}
	}
	return line
}

// table is one table, for the terminal and the page alike.
type table struct {
	title string
	head  []string
	rows  [][]string
}

func (r *Results) tables() (out []table) {
	for _, t := range []table{r.throughputTable(), r.ratioTable(), r.latencyTable(), r.growthTable(), r.idleTable(), r.profileTable()} {
		if len(t.rows) > 0 {
			out = append(out, t)
		}
	}
	return out
}

func (r *Results) throughputTable() table {
	t := table{title: "Throughput", head: []string{"subject", "median", "lowest to highest", "unit", "CPU µs each", "load generator µs each"}}
	for _, f := range r.Figures {
		if f.Skipped != "" {
			t.rows = append(t.rows, []string{f.Name, "skipped", f.Skipped, "", "", ""})
			continue
		}
		load := "in the CPU figure"
		if f.Load.Median > 0 {
			load = fmt.Sprintf("%.1f", f.Load.Median)
		}
		t.rows = append(t.rows, []string{f.Name, count(f.Rate.Median), count(f.Rate.Min) + " to " + count(f.Rate.Max), f.Unit, fmt.Sprintf("%.1f", f.CPU.Median), load})
	}
	return t
}

func (r *Results) ratioTable() table {
	t := table{title: "Troth's plain transfer compared", head: []string{"with", "times as fast"}}
	for _, x := range r.Ratios {
		t.rows = append(t.rows, []string{x.To, fmt.Sprintf("%.2f", x.Times)})
	}
	return t
}

// count writes a number with separators of thousands.
func count(v float64) string {
	s := fmt.Sprintf("%.0f", v)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

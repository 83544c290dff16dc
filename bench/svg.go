package main

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// palette are colours that can be told apart, also by most people who see few, and
// that dark letters can be read on.
var palette = []string{"#77aadd", "#99ddff", "#44bb99", "#bbcc33", "#eedd88", "#ee8866", "#ffaabb", "#cc99dd", "#ccbb99", "#aaaa00", "#dddddd"}

const (
	svgFont = `font-family="system-ui, sans-serif" font-size="12"`
	svgInk  = "#333333"
	svgLine = "#3366aa"
)

// svg is a picture being drawn.
type svg struct{ strings.Builder }

func (s *svg) begin(width, height float64) {
	// A ground of its own, so that it can be read on a dark page too.
	fmt.Fprintf(s, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" %s>`+"\n", width, height, svgFont)
	s.box(0, 0, width, height, "#ffffff")
}

func (s *svg) end() string {
	s.WriteString("</svg>\n")
	return s.String()
}

func (s *svg) text(x, y float64, anchor, text string) {
	fmt.Fprintf(s, `<text x="%.1f" y="%.1f" text-anchor="%s" fill="%s">%s</text>`+"\n", x, y, anchor, svgInk, html.EscapeString(text))
}

func (s *svg) box(x, y, w, h float64, colour string) {
	fmt.Fprintf(s, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`+"\n", x, y, w, h, colour)
}

func (s *svg) line(x1, y1, x2, y2 float64, colour string) {
	fmt.Fprintf(s, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s"/>`+"\n", x1, y1, x2, y2, colour)
}

// bars draws a stacked bar for each profile, and what the colours mean.
func bars(profiles []Profile) string {
	const left, width, bar, gap, legend = 130.0, 620.0, 34.0, 16.0, 18.0
	longest := 0.0
	for _, p := range profiles {
		longest = max(longest, p.total())
	}
	top := 20.0
	under := top + float64(len(profiles))*(bar+gap)
	var s svg
	s.begin(left+width+90, under+legend*float64((len(stageOrder)+2)/3)+10)
	for i, p := range profiles {
		x, y := left, top+float64(i)*(bar+gap)
		s.text(left-8, y+bar/2+4, "end", p.Workload)
		for k, st := range p.Stages {
			w := width * st.Micros / longest
			s.box(x, y, w, bar, palette[k%len(palette)])
			if w > 26 {
				s.text(x+w/2, y+bar/2+4, "middle", fmt.Sprintf("%.1f", st.Micros))
			}
			x += w
		}
		s.text(x+6, y+bar/2+4, "start", fmt.Sprintf("%.0f µs", p.total()))
	}
	for k, name := range stageOrder {
		x, y := left+float64(k%3)*210, under+float64(k/3)*legend
		s.box(x, y, 12, 12, palette[k%len(palette)])
		s.text(x+18, y+10, "start", name)
	}
	return s.end()
}

// total is the time of all stages.
func (p Profile) total() (sum float64) {
	for _, s := range p.Stages {
		sum += s.Micros
	}
	return sum
}

// series is one line of a chart: a name, a unit, and a spread for each x.
type series struct {
	name   string
	points []Spread
}

// chart draws panels side by side, one a series, over the same values of x on a
// logarithmic scale. Each begins at zero; a bar through a point is its spread.
func chart(x []float64, xName string, panels []series) string {
	const width, height, margin, perRow = 250.0, 150.0, 60.0, 3
	rows := (len(panels) + perRow - 1) / perRow
	var s svg
	s.begin(perRow*(width+margin)+20, float64(rows)*(height+margin+20)+10)
	low, high := math.Log10(x[0]), math.Log10(x[len(x)-1])
	if low == high {
		low, high = low-0.5, high+0.5
	}
	for i, p := range panels {
		left, top := margin+float64(i%perRow)*(width+margin), 30+float64(i/perRow)*(height+margin+20)
		most := 0.0
		for _, v := range p.points {
			most = max(most, v.Max)
		}
		most = max(roundUp(most), 1e-9)
		s.text(left, top-10, "start", p.name)
		for k := range 3 {
			y := top + height - height*float64(k)/2
			s.line(left, y, left+width, y, "#dddddd")
			s.text(left-6, y+4, "end", short(most*float64(k)/2))
		}
		px := func(k int) float64 { return left + 10 + (width-20)*(math.Log10(x[k])-low)/(high-low) }
		py := func(v float64) float64 { return top + height - height*v/most }
		for k, v := range p.points {
			if k > 0 {
				s.line(px(k-1), py(p.points[k-1].Median), px(k), py(v.Median), svgLine)
			}
			s.line(px(k), py(v.Min), px(k), py(v.Max), svgLine)
			s.box(px(k)-3, py(v.Median)-3, 6, 6, svgLine)
			s.text(px(k), top+height+16, "middle", short(x[k]))
		}
		s.text(left+width/2, top+height+32, "middle", xName)
	}
	return s.end()
}

// roundUp is the next 1, 2, 4, 5 or 10 times a power of ten.
func roundUp(v float64) float64 {
	if v <= 0 {
		return 0
	}
	unit := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 4, 5} {
		if v <= m*unit {
			return m * unit
		}
	}
	return 10 * unit
}

// short writes a number in few characters: 1.5k, 20M, 0.25.
func short(v float64) string {
	switch {
	case v >= 1e6:
		return fmt.Sprintf("%.3gM", v/1e6)
	case v >= 1e3:
		return fmt.Sprintf("%.3gk", v/1e3)
	}
	return fmt.Sprintf("%.3g", v)
}

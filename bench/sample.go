package main

import (
	"slices"
	"time"
)

// Sample is one run of a subject.
type Sample struct {
	Ops     int     `json:"ops"`     // operations that became final
	Seconds float64 `json:"seconds"` // from the first handed in to the last final
	CPU     float64 `json:"cpu"`     // processor seconds of what is measured
	Load    float64 `json:"load"`    // processor seconds of the load generator, where it is apart
}

// Rate is operations a second.
func (s Sample) Rate() float64 { return float64(s.Ops) / s.Seconds }

// add puts a second stretch of the same run to the first.
func (s Sample) add(t Sample) Sample {
	return Sample{s.Ops + t.Ops, s.Seconds + t.Seconds, s.CPU + t.CPU, s.Load + t.Load}
}

// Spread is the median of some runs and their extremes.
type Spread struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
	Runs   int     `json:"runs"`
}

// spread sums runs up.
func spread(values []float64) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	v := slices.Sorted(slices.Values(values))
	mid := len(v) / 2
	median := v[mid]
	if len(v)%2 == 0 {
		median = (v[mid-1] + v[mid]) / 2
	}
	return Spread{median, v[0], v[len(v)-1], len(v)}
}

// each sums one figure of every run up.
func each[T any](runs []T, figure func(T) float64) Spread {
	values := make([]float64, len(runs))
	for i, r := range runs {
		values[i] = figure(r)
	}
	return spread(values)
}

// quantile is the value that a part q of sorted values is at or below: the
// nearest rank, so a latency that was really measured.
func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	rank := int(q*float64(len(sorted))+0.9999999) - 1
	return sorted[min(max(rank, 0), len(sorted)-1)]
}

package state_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/state"
)

const benchRows = 100_000

func benchKey(i int) state.Key { return state.Key(fmt.Sprintf("p_%026d\x00EUR@northbank", i)) }

// prefilled is a store on disk with so many rows.
func prefilled(b testing.TB, rows int) (*state.Store, string) {
	b.Helper()
	dir := b.TempDir()
	s := open(b, dir)
	for lo := 0; lo < rows; lo += 20_000 {
		o := s.Begin()
		for i := lo; i < min(lo+20_000, rows); i++ {
			things.Put(o, benchKey(i), &pb.Holding{Party: "p_aaaaaaaaaaaaaaaaaaaaaaaaaa", Asset: "x", Available: int64(i) + 1})
		}
		s.Finalize(o, s.Height()+1)
		if err := s.Commit(nil); err != nil {
			b.Fatal(err)
		}
	}
	return s, dir
}

// BenchmarkRow is what reading a row costs, where the cache has it and where it
// hasn't: then it is decoded from a block of Pebble's, another one each time, whose
// file the system has in memory.
func BenchmarkRow(b *testing.B) {
	s, dir := prefilled(b, benchRows)
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	for name, open := range map[string]func() (*state.Store, error){
		"cold":   func() (*state.Store, error) { return state.OpenCold(dir) },
		"cached": func() (*state.Store, error) { return state.Open(dir, state.Options{}) },
	} {
		b.Run(name, func(b *testing.B) {
			s, err := open()
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			i := 0
			for b.Loop() {
				o := s.Begin()
				for range 100 {
					if _, ok := things.Peek(o, benchKey(i*7919%benchRows)); !ok {
						b.Fatal("not there")
					}
					i++
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(i), "ns/row")
		})
	}
}

// BenchmarkBlock changes 2,000 of 100,000 rows in a block: overlay, hashing,
// tree and commit, each by itself.
func BenchmarkBlock(b *testing.B) {
	const rows = 2000
	s, _ := prefilled(b, benchRows)
	defer s.Close()
	var put, finalize, commit time.Duration
	n := 0
	for b.Loop() {
		start := time.Now()
		o := s.Begin()
		for i := range rows {
			k := benchKey((n*rows + i*7) % benchRows)
			h, ok := things.Get(o, k)
			if !ok {
				b.Fatal("not there")
			}
			h.Available++
			things.Put(o, k, h)
		}
		put += time.Since(start)
		start = time.Now()
		s.Finalize(o, s.Height()+1)
		finalize += time.Since(start)
		start = time.Now()
		if err := s.Commit(nil); err != nil {
			b.Fatal(err)
		}
		commit += time.Since(start)
		n++
	}
	per := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / float64(n*rows) }
	b.ReportMetric(per(put), "put-ns/row")
	b.ReportMetric(per(finalize), "finalize-ns/row")
	b.ReportMetric(per(commit), "commit-ns/row")
}

// BenchmarkOpen is the start of a node: TROTH_ROWS rows, 100,000 where unset.
//
//	TROTH_ROWS=1000000 go test -run '^$' -bench Open -benchtime 3x ./ledger/state
func BenchmarkOpen(b *testing.B) {
	rows := benchRows
	if n, err := strconv.Atoi(os.Getenv("TROTH_ROWS")); err == nil {
		rows = n
	}
	s, dir := prefilled(b, rows)
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		s := open(b, dir)
		b.StopTimer()
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

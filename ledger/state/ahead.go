package state

import (
	"runtime"
	"sync"
)

// Ref names a row, which need not be there.
type Ref struct {
	table *spec
	key   Key
}

// Ref names the row of a key.
func (t Table[V, P]) Ref(k Key) Ref { return Ref{t.spec, k} }

// aheadMin is for how many things it is worth to look ahead on several cores.
const aheadMin = 16

// ahead is a row that was looked for ahead.
type ahead struct {
	rec   Record
	value []byte
	read  bool // from disk
}

// Ahead reads rows that will be needed soon, of n things, on all cores, so that
// the goroutine that executes need not read them one after the other. want names
// the rows of the i-th thing; several goroutines call it. It is for the goroutine
// that executes, between its reads. It changes nothing but how long what follows
// takes: a row that it should have named and didn't, or can't be read, is read
// when it is needed.
func (s *Store) Ahead(n int, want func(i int, row func(Ref))) {
	if s.cache.complete() {
		return
	}
	if b := s.writing; b != nil && s.cache.turn-b.turn > 1 {
		return // it may be that these rows are neither in memory nor yet on disk
	}
	cores := runtime.GOMAXPROCS(0)
	if n < aheadMin {
		cores = 1
	}
	found := make([]map[Ref]ahead, cores)
	per := (n + cores - 1) / cores
	var wg sync.WaitGroup
	for c := range cores {
		rows := make(map[Ref]ahead)
		found[c] = rows
		wg.Go(func() {
			// What is wrong with a row is said when it is read to be used.
			defer func() { _ = recover() }()
			for i := c * per; i < min((c+1)*per, n); i++ {
				want(i, func(r Ref) {
					if _, twice := rows[r]; !twice && len(rows) <= s.cache.max/(4*cores) && !s.cache.has(r.table, r.key) {
						b, known := s.packed.get(r.table, r.key)
						if !known {
							b = s.raw(s.db, r.table, r.key)
						}
						rows[r] = ahead{decode(r.table, r.key, b), b, !known}
					}
				})
			}
		})
	}
	wg.Wait()
	for _, rows := range found {
		for r, a := range rows {
			s.cache.put(r.table, r.key, a.rec)
			if a.read {
				s.repack(r.table, r.key, a.value)
			}
		}
	}
}

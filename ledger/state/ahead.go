package state

import (
	"hash/maphash"
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
	Ref
	rec   Record
	value []byte
	read  bool // from disk
}

// justSeen are rows that were looked for last, some of them: where many things need the
// same one, it is read once or little more. A set of all costs as much as the reading.
type justSeen [64]Ref

// before says whether a row is among them, and has it be from now on.
func (j *justSeen) before(r Ref) bool {
	at := &j[maphash.String(justSeed, string(r.key))%uint64(len(j))]
	if *at == r {
		return true
	}
	*at = r
	return false
}

var justSeed = maphash.MakeSeed()

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
	found := make([][]ahead, cores)
	per := (n + cores - 1) / cores
	var wg sync.WaitGroup
	for c := range cores {
		wg.Go(func() {
			var rows []ahead // of this core alone: what all write to is slow
			defer func() {
				// What is wrong with a row is said when it is read to be used.
				_ = recover()
				found[c] = rows
			}()
			var seen justSeen
			for i := c * per; i < min((c+1)*per, n); i++ {
				want(i, func(r Ref) {
					if len(rows) <= s.cache.max/(4*cores) && !seen.before(r) && !s.cache.has(r.table, r.key) {
						b, known := s.packed.get(r.table, r.key)
						if !known {
							b = s.raw(s.db, r.table, r.key)
						}
						rows = append(rows, ahead{r, decode(r.table, r.key, b), b, !known})
					}
				})
			}
		})
	}
	wg.Wait()
	for _, rows := range found {
		for _, a := range rows {
			s.cache.put(a.table, a.key, a.rec)
			if a.read {
				s.repack(a.table, a.key, a.value)
			}
		}
	}
}

package state

import "github.com/troth-ledger/troth/ledger/state/smt"

// cache keeps decoded committed records in two generations: what was used since the
// last turn, and what was used before. When the young generation is full it becomes
// the old one, and what nobody asked for is forgotten. It belongs to the executing
// goroutine; a record that it holds is never changed, and what it holds or forgot
// never changes a result.
type cache struct {
	max        int
	size       int
	turn       int       // how often the young generation became the old one
	whole      [128]bool // the table was taken in as it was, with every row
	young, old [128]map[Key]*cached
}

// cached is what the cache knows of a row. Whoever holds one may write to it in place
// of looking for the row again, as long as the cache still has it: see renew.
type cached struct {
	rec  Record // as committed; nil for a row that is not there
	turn int    // the cache's, when it came into the young generation; -1 where it never did
	// path is the row's place in the tree, once somebody had to hash it.
	path   smt.Hash
	hashed bool
}

func newCache(max int) *cache { return &cache{max: max} }

// get finds a row; nil where the cache doesn't know.
func (c *cache) get(t *spec, k Key) *cached {
	if e := c.young[t.id][k]; e != nil {
		return e
	}
	if e := c.old[t.id][k]; e != nil {
		c.enter(t, k, e)
		return e
	}
	// Until the second turn nothing is forgotten: of a whole table, a row that
	// isn't here isn't there.
	if c.whole[t.id] && c.turn < 2 {
		return &cached{turn: -1}
	}
	return nil
}

// has says whether get would find a row. Any number of goroutines may ask, as long
// as none puts.
func (c *cache) has(t *spec, k Key) bool {
	return c.whole[t.id] && c.turn < 2 || c.young[t.id][k] != nil || c.old[t.id][k] != nil
}

// complete says whether every row is in memory.
func (c *cache) complete() bool {
	if c.turn >= 2 {
		return false
	}
	for id, t := range registry.tables {
		if t != nil && !c.whole[id] {
			return false
		}
	}
	return true
}

// put takes a row in.
func (c *cache) put(t *spec, k Key, r Record) *cached {
	e := &cached{rec: r}
	c.enter(t, k, e)
	return e
}

// renew gives a row that was found a new record.
func (c *cache) renew(t *spec, k Key, e *cached, r Record) {
	if e.rec = r; e.turn != c.turn { // it may have left the cache
		c.enter(t, k, e)
	}
}

// enter puts a row into the young generation.
func (c *cache) enter(t *spec, k Key, e *cached) {
	if c.size >= c.max {
		c.old, c.young, c.size = c.young, [128]map[Key]*cached{}, 0
		c.turn++
	}
	m := c.young[t.id]
	if m == nil {
		m = make(map[Key]*cached, len(c.old[t.id])) // as many may come as did before
		c.young[t.id] = m
	}
	e.turn = c.turn
	n := len(m)
	m[k] = e
	c.size += len(m) - n
}

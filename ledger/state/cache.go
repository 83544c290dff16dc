package state

// cache keeps decoded committed records, nil for a row that is not there, in
// two generations: what was used since the last turn, and what was used before.
// When the young generation is full it becomes the old one, and what nobody
// asked for is forgotten. It belongs to the executing goroutine; what it holds
// is never changed, and what it holds or forgot never changes a result.
type cache struct {
	max        int
	size       int
	turn       int       // how often the young generation became the old one
	whole      [128]bool // the table was taken in as it was, with every row
	young, old [128]map[Key]Record
}

func newCache(max int) *cache { return &cache{max: max} }

func (c *cache) get(t *spec, k Key) (Record, bool) {
	if r, ok := c.young[t.id][k]; ok {
		return r, true
	}
	if r, ok := c.old[t.id][k]; ok {
		c.put(t, k, r)
		return r, true
	}
	// Until the second turn nothing is forgotten: of a whole table, a row that
	// isn't here isn't there.
	return nil, c.whole[t.id] && c.turn < 2
}

// has says whether get would find a row. Any number of goroutines may ask, as long
// as none puts.
func (c *cache) has(t *spec, k Key) bool {
	if c.whole[t.id] && c.turn < 2 {
		return true
	}
	if _, ok := c.young[t.id][k]; ok {
		return true
	}
	_, ok := c.old[t.id][k]
	return ok
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

func (c *cache) put(t *spec, k Key, r Record) {
	if c.size >= c.max {
		c.old, c.young, c.size = c.young, [128]map[Key]Record{}, 0
		c.turn++
	}
	m := c.young[t.id]
	if m == nil {
		m = make(map[Key]Record)
		c.young[t.id] = m
	}
	if _, ok := m[k]; !ok {
		c.size++
	}
	m[k] = r
}

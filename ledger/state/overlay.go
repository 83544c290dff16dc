package state

import (
	"iter"
	"slices"
	"strings"

	"github.com/google/btree"
)

// Change is one row that changed.
type Change struct {
	row           *row
	before, after Record
}

// Table is the name of the row's table.
func (c Change) Table() string { return c.row.table.name }

// Key is the row's key.
func (c Change) Key() Key { return c.row.key }

// Before is the record before, nil for a new row. Not to be changed.
func (c Change) Before() Record { return c.before }

// After is the record after, nil for a removed row. Not to be changed.
func (c Change) After() Record { return c.after }

// History names the objects in whose history the change belongs.
func (c Change) History() []string {
	if c.row.table.history == nil {
		return nil
	}
	if c.after != nil {
		return c.row.table.history(c.after)
	}
	return c.row.table.history(c.before)
}

// row is a record as the block being executed sees it.
type row struct {
	table  *spec
	key    Key
	rec    Record     // nil where the row doesn't exist
	orig   Record     // as committed
	from   *cached    // where that was found
	places [][]string // of rec in each index that was awake at a time; nil where there is no rec, or nobody asked yet
	asked  int32      // this time, as the overlay counts it
}

// Overlay is the state as the block being executed sees it. It belongs to the
// goroutine that executes; it is not safe for others. While its block is written, the
// next is searched with it: that goroutine still writes awake, added and removed, and
// the one that writes reads what used keys and rows there are.
type Overlay struct {
	store   *Store
	tip     int64 // the block that it begins from
	rows    [128]map[Key]*row
	asked   int32                      // how many times an index was searched for the first time
	awake   [128]bool                  // the indexes that were searched: only of them is known, all along,
	added   [128]*btree.BTreeG[string] // which entries the block wrote
	removed [128]map[string]struct{}   // and which it took out
	journal []Change
	used    map[UsedKey]uint32 // keys that the block used
	uses    []use              // the same, in order
	over    uint32             // see FreeUsed
	all     [][]row            // the rows, as they came
	found   int                // how many rows there are

	// What Outcomes are made of, one behind the other.
	reads     []reading
	kept      []Change
	watching  bool
	scanned   bool // while watching
	readsFrom int

	between func() // a test's, see scan
}

// overlayRows is how many rows are allocated together: a block has many, and
// they live as long as it.
const overlayRows = 8

// Mark is a point in the journal to go back to.
type Mark int

func newOverlay(s *Store) *Overlay { return &Overlay{store: s, tip: s.tip} }

// Rewind takes everything back, used keys too, so that a block can begin with what
// was read already. It says false where a block was advanced to since: then the
// overlay is of no more use.
func (o *Overlay) Rewind() bool {
	if o.tip != o.store.tip {
		return false
	}
	for r := range o.each() {
		if r.rec != r.orig {
			r.rec, r.places = r.orig, nil
		}
	}
	o.awake, o.added, o.removed = [128]bool{}, [128]*btree.BTreeG[string]{}, [128]map[string]struct{}{}
	o.journal, o.uses, o.over = o.journal[:0], o.uses[:0], 0
	clear(o.used)
	return true
}

// expect makes room for as much as the block before had. A block is often about
// as large, and what grows from nothing is copied again and again.
func (o *Overlay) expect(last sizes) {
	o.journal = make([]Change, 0, last.changes)
	o.reads, o.kept = make([]reading, 0, last.reads), make([]Change, 0, last.kept)
	for id, n := range last.rows {
		if n > 0 {
			o.rows[id] = make(map[Key]*row, n)
		}
	}
	if last.uses > 0 {
		o.used, o.uses = make(map[UsedKey]uint32, last.uses), make([]use, 0, last.uses)
	}
}

// sizes are how much a block had.
type sizes struct {
	changes, uses int
	reads, kept   int
	rows          [128]int
}

func (o *Overlay) sizes() (n sizes) {
	n.changes, n.uses = len(o.journal), len(o.uses)
	n.reads, n.kept = len(o.reads), len(o.kept)
	for id, m := range o.rows {
		n.rows[id] = len(m)
	}
	return n
}

func (o *Overlay) get(t *spec, k Key) (Record, bool, bool) {
	r := o.row(t, k)
	if o.watching {
		o.reads = append(o.reads, reading{r, r.rec})
	}
	return r.rec, true, r.rec != nil
}

// row finds a row, as committed where the block hasn't touched it.
func (o *Overlay) row(t *spec, k Key) *row {
	m := o.rows[t.id]
	if r := m[k]; r != nil {
		return r
	}
	if m == nil {
		m = make(map[Key]*row)
		o.rows[t.id] = m
	}
	from := o.store.committed(t, k)
	n := len(o.all)
	if n == 0 || len(o.all[n-1]) == overlayRows {
		o.all = append(o.all, make([]row, 0, overlayRows))
		n++
	}
	chunk := append(o.all[n-1], row{table: t, key: k, rec: from.rec, orig: from.rec, from: from})
	o.all[n-1] = chunk
	r := &chunk[len(chunk)-1]
	m[k] = r
	o.found++
	return r
}

// each yields the rows that the block touched, in the order in which it did.
func (o *Overlay) each() iter.Seq[*row] {
	return func(yield func(*row) bool) {
		for _, chunk := range o.all {
			for i := range chunk {
				if !yield(&chunk[i]) {
					return
				}
			}
		}
	}
}

// set writes a row, or removes it where rec is nil, and keeps the change.
func (o *Overlay) set(t *spec, k Key, rec Record) {
	r := o.row(t, k)
	if o.watching {
		o.reads = append(o.reads, reading{r, r.rec}) // what the change starts from
	}
	if r.rec == nil && rec == nil {
		return
	}
	o.journal = append(o.journal, Change{r, r.rec, rec})
	o.apply(r, rec)
}

// apply changes a row and moves it in those of the table's indexes that are awake.
func (o *Overlay) apply(r *row, rec Record) {
	t, k := r.table, r.key
	if o.watched(t) && (t.moves || r.rec == nil || rec == nil) {
		was := r.places
		if (was == nil || r.asked != o.asked) && r.rec != nil {
			was = o.placesOf(t, k, r.rec)
		}
		r.places, r.asked = nil, o.asked
		if rec != nil {
			r.places = o.placesOf(t, k, rec)
		}
		for i, ix := range t.indexes {
			if o.awake[ix.id] {
				o.reindex(ix, k, at(was, i), at(r.places, i))
			}
		}
	}
	r.rec = rec
}

// watched says whether an index of a table is awake.
func (o *Overlay) watched(t *spec) bool {
	for _, ix := range t.indexes {
		if o.awake[ix.id] {
			return true
		}
	}
	return false
}

// awaken has the overlay know what the block changed in an index, from here on.
// Most indexes are for readers, and nothing searches them while a block is executed.
func (o *Overlay) awaken(ix *index) {
	if o.awake[ix.id] {
		return
	}
	o.awake[ix.id] = true
	o.asked++
	for i := range o.journal {
		// A row may come more than once, which changes nothing.
		if r := o.journal[i].row; r.table == ix.table {
			o.reindex(ix, r.key, ix.places(r.key, r.orig), ix.places(r.key, r.rec))
		}
	}
}

// placesOf are a record's places in each of its table's indexes that is awake.
func (o *Overlay) placesOf(t *spec, k Key, rec Record) [][]string {
	out := make([][]string, len(t.indexes))
	for i, ix := range t.indexes {
		if o.awake[ix.id] {
			out[i] = ix.entries(k, rec)
		}
	}
	return out
}

// at is a record's places in one index; none where there is no record.
func at(places [][]string, i int) []string {
	if places == nil {
		return nil
	}
	return places[i]
}

// reindex moves a row in an index. What leaves a place is noted as removed even
// where the block itself put it there, and what comes to one as added even
// where the store has it: so neither note depends on what came before, and an entry
// is in one of them at most.
func (o *Overlay) reindex(ix *index, k Key, was, is []string) {
	if slices.Equal(was, is) {
		return
	}
	for _, p := range was {
		if slices.Contains(is, p) {
			continue
		}
		e := entry(p, k)
		if t := o.added[ix.id]; t != nil {
			t.Delete(e)
		}
		if o.removed[ix.id] == nil {
			o.removed[ix.id] = make(map[string]struct{})
		}
		o.removed[ix.id][e] = struct{}{}
	}
	for _, p := range is {
		if slices.Contains(was, p) {
			continue
		}
		e := entry(p, k)
		delete(o.removed[ix.id], e)
		if o.added[ix.id] == nil {
			o.added[ix.id] = btree.NewG(32, func(a, b string) bool { return a < b })
		}
		o.added[ix.id].ReplaceOrInsert(e)
	}
}

// Mark returns the present point of the journal.
func (o *Overlay) Mark() Mark { return Mark(len(o.journal)) }

// Since returns what changed since a mark, in order. The slice is the
// journal's own.
func (o *Overlay) Since(m Mark) []Change { return o.journal[m:] }

// Undo takes back everything since a mark.
func (o *Overlay) Undo(m Mark) {
	for i := len(o.journal) - 1; i >= int(m); i-- {
		c := o.journal[i]
		o.apply(c.row, c.before)
	}
	o.journal = o.journal[:m]
}

// scan merges the committed index with what the block changed, and with what the
// block before did where that is not written yet. It looks for each entry anew, so
// that fn may write while it is being called.
func (o *Overlay) scan(ix *index, prefix, from string, fn func(string, Key) bool) {
	start := max(prefix, from)
	// First this, then the disk: what is no longer unwritten is there.
	before := o.store.unwritten()
	if o.between != nil {
		o.between()
	}
	base := o.store.places(ix, prefix, start)
	defer base.close()
	b, okB := base.next()
	for {
		for okB && (b < start || o.gone(ix, b) || before.gone(ix, b)) {
			b, okB = base.next()
		}
		e, ok := o.firstAdded(ix, prefix, start)
		if left, okL := before.firstLeft(ix, prefix, start, o); okL && (!ok || left < e) {
			e, ok = left, true
		}
		if okB && (!ok || b < e) {
			e, ok = b, true
		}
		if !ok || !fn(e, splitEntry(e)) {
			return
		}
		start = e + "\x00"
	}
}

// gone says whether the block took an entry out. Of no block, none is.
func (o *Overlay) gone(ix *index, e string) bool {
	if o == nil {
		return false
	}
	o.awaken(ix)
	_, gone := o.removed[ix.id][e]
	return gone
}

// firstAdded finds the block's first new entry of an index at or after start.
func (o *Overlay) firstAdded(ix *index, prefix, start string) (e string, ok bool) {
	o.scanned = true
	return o.firstLeft(ix, prefix, start, nil)
}

// firstLeft finds the block's first new entry of an index at or after start that the
// next block did not take out.
func (o *Overlay) firstLeft(ix *index, prefix, start string, next *Overlay) (e string, ok bool) {
	if o == nil {
		return "", false
	}
	o.awaken(ix)
	t := o.added[ix.id]
	if t == nil {
		return "", false
	}
	t.AscendGreaterOrEqual(start, func(q string) bool {
		if e, ok = q, strings.HasPrefix(q, prefix); ok && next.gone(ix, q) {
			e, ok = "", false
			return true
		}
		return false
	})
	return e, ok
}

// FirstNew returns the first entry that the block itself added to the index,
// without looking at the committed ones.
func (ix Index[V, P]) FirstNew(o *Overlay) (place string, k Key, ok bool) {
	if e, ok := o.firstAdded(ix.index, "", ""); ok {
		return e, splitEntry(e), true
	}
	return "", "", false
}

// Memo is a place for what is made from records and costs more than a look-up:
// compiled templates. It lives as long as the store, belongs to the executing
// goroutine, and must never change a result: whoever reads from it checks that
// the record it was made from is still the one.
func (o *Overlay) Memo() map[string]any { return o.store.memo }

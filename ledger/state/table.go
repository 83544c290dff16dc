package state

import (
	"fmt"
	"iter"
)

// message is the constraint of a table's record: a pointer to a generated
// message that can be cloned.
type message[V any] interface {
	*V
	Record
	CloneVT() *V
}

// spec is what a table is without its type.
type spec struct {
	id      byte
	name    string
	fresh   func() Record
	indexes []*index
	moves   bool // whether a change of a record can change its places
	history func(Record) []string
}

// index is a secondary index: an ordered set of entries made from records.
type index struct {
	id      byte
	name    string
	table   *spec
	entries func(Key, Record) []string
}

// registry holds every table and index by its number. Package initialisation
// fills it; afterwards it is only read.
var registry struct {
	tables  [128]*spec
	indexes [128]*index
}

// Table is a typed table. Its number and the encoding of its records are part
// of the state and never change.
type Table[V any, P message[V]] struct{ *spec }

// NewTable registers a table whose rows are leaves of the Merkle tree. history
// names the objects in whose history a change of a row is listed; nil for none.
func NewTable[V any, P message[V]](id byte, name string, history func(P) []string) Table[V, P] {
	if registry.tables[id] != nil {
		panic(fmt.Sprintf("state: table number %d: both %s and %s", id, registry.tables[id].name, name))
	}
	s := &spec{id: id, name: name,
		fresh: func() Record { return P(new(V)) },
	}
	if history != nil {
		s.history = func(r Record) []string { return history(r.(P)) }
	}
	registry.tables[id] = s
	return Table[V, P]{s}
}

// Name is the table's name.
func (t Table[V, P]) Name() string { return t.name }

// Get returns a copy of a row, for the caller to change and Put.
func (t Table[V, P]) Get(r Reader, k Key) (P, bool) {
	rec, shared, ok := r.get(t.spec, k)
	if !ok {
		return nil, false
	}
	p := rec.(P)
	if shared {
		p = p.CloneVT()
	}
	return p, true
}

// Peek returns a row that the caller must not change.
func (t Table[V, P]) Peek(r Reader, k Key) (P, bool) {
	rec, _, ok := r.get(t.spec, k)
	if !ok {
		return nil, false
	}
	return rec.(P), true
}

// Has says whether a row exists.
func (t Table[V, P]) Has(r Reader, k Key) bool {
	_, _, ok := r.get(t.spec, k)
	return ok
}

// Put writes a row. The record belongs to the state from then on.
func (t Table[V, P]) Put(o *Overlay, k Key, rec P) { o.set(t.spec, k, rec) }

// Delete removes a row, if it is there.
func (t Table[V, P]) Delete(o *Overlay, k Key) { o.set(t.spec, k, nil) }

// Of returns a change's records where the change is one of this table, nil for
// a row that was not or is no more.
func (t Table[V, P]) Of(c Change) (before, after P, ok bool) {
	if c.row.table != t.spec {
		return nil, nil, false
	}
	if c.before != nil {
		before = c.before.(P)
	}
	if c.after != nil {
		after = c.after.(P)
	}
	return before, after, true
}

// TableInfo is a table as it is registered.
type TableInfo struct {
	Number byte
	Name   string
	New    func() Record // an empty record
}

// Tables returns every table of the program, by number.
func Tables() []TableInfo {
	var out []TableInfo
	for _, t := range registry.tables {
		if t != nil {
			out = append(out, TableInfo{t.id, t.name, t.fresh})
		}
	}
	return out
}

// ProofKey is the row's key in the Merkle tree.
func (t Table[V, P]) ProofKey(k Key) []byte { return rowKey(t.spec, k) }

// Index finds a table's rows by something else than their key.
type Index[V any, P message[V]] struct {
	*index
	table Table[V, P]
}

// NewIndex registers an index. entries gives a row's places in it; a row with
// none is left out. The key is added, so that rows may share a place. Where the
// places come to be others, layoutVersion is to be raised: see layout.go.
func NewIndex[V any, P message[V]](t Table[V, P], id byte, name string, entries func(Key, P) []string) Index[V, P] {
	t.moves = true
	return newIndex(t, id, name, entries)
}

func newIndex[V any, P message[V]](t Table[V, P], id byte, name string, entries func(Key, P) []string) Index[V, P] {
	if registry.indexes[id] != nil {
		panic(fmt.Sprintf("state: index number %d: both %s and %s", id, registry.indexes[id].name, name))
	}
	ix := &index{id: id, name: name, table: t.spec,
		entries: func(k Key, r Record) []string { return entries(k, r.(P)) }}
	registry.indexes[id] = ix
	t.indexes = append(t.indexes, ix)
	return Index[V, P]{ix, t}
}

// NewKeyIndex is NewIndex for places that the key alone gives: a row's stay as long
// as it, and no change of it asks for them.
func NewKeyIndex[V any, P message[V]](t Table[V, P], id byte, name string, entries func(Key) []string) Index[V, P] {
	return newIndex(t, id, name, func(k Key, _ P) []string { return entries(k) })
}

// Keys yields, in order, the keys of the rows whose place in the index begins
// with prefix, starting at the first that is not before from (a place as Keys
// yields it, or empty for the start). The first value is the full place: what
// to hand in as from to go on.
func (ix Index[V, P]) Keys(r Reader, prefix, from string) iter.Seq2[string, Key] {
	return func(yield func(string, Key) bool) {
		r.scan(ix.index, prefix, from, func(place string, k Key) bool { return yield(place, k) })
	}
}

// places are a row's, none where there is no record.
func (ix *index) places(k Key, rec Record) []string {
	if rec == nil {
		return nil
	}
	return ix.entries(k, rec)
}

// entry joins a place and a key: the key's length stands at the end, so that
// both can be told apart whatever bytes they have.
func entry(place string, k Key) string {
	var buf [128]byte
	return string(appendEntry(buf[:0], place, k))
}

// appendEntry is entry appended to b.
func appendEntry(b []byte, place string, k Key) []byte {
	b = append(append(append(b, place...), 0), k...)
	return append(b, byte(len(k)>>8), byte(len(k)))
}

// entryLen is how long an entry is.
func entryLen(place string, k Key) int { return len(place) + len(k) + 3 }

// splitEntry undoes entry.
func splitEntry(e string) Key {
	n := int(e[len(e)-2])<<8 | int(e[len(e)-1])
	return Key(e[len(e)-2-n : len(e)-2])
}

// Row reads a row that the index led to.
func (ix Index[V, P]) Row(r Reader, k Key) (P, bool) { return ix.table.Get(r, k) }

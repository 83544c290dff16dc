package state

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/cockroachdb/pebble/v2"
)

// newBatch is an empty batch with room for about so many bytes: one that was written
// already, where that has it. The memory of one is large, and new memory is dear.
func (s *Store) newBatch(size int) *pebble.Batch {
	if b := s.spent.Swap(nil); b != nil && cap(b.Repr()) >= size/2 {
		return b
	}
	return s.db.NewBatchWithSize(size, pebble.WithMaxRetainedSizeBytes(batchRetained))
}

// batchSize guesses how large a block's batch gets: its rows, and what the node keeps
// beside them. A batch that is larger grows by itself; one that was guessed too large
// would be memory for nothing.
type batchSize struct{ bytes, rows int } // of the block before

const (
	batchSizeMax  = 64 << 20
	batchRetained = 32 << 20 // what is kept of one that was written
	rowSizeMin    = 512
	rowSizeMax    = 2048
	batchRowsMin  = 64 // fewer say nothing
)

func (b *batchSize) guess(rows int) int {
	per := rowSizeMin
	if b.rows > 0 {
		per = min(max(b.bytes/b.rows*9/8, rowSizeMin), rowSizeMax)
	}
	return min(4096+per*rows, batchSizeMax)
}

func (b *batchSize) saw(bytes, rows int) {
	if rows >= batchRowsMin {
		b.bytes, b.rows = bytes, rows
	}
}

// fill writes the block's rows, index entries, used keys and head into a batch. All
// comes in the order of the store, kind by kind: Pebble takes in neighbours in a
// third of the time.
func (b *block) fill(batch *pebble.Batch) {
	var buf []byte
	hashes := make([]hashed, 0, len(b.dirty)/2)
	for _, p := range inOrder(b.dirty) {
		w := &b.dirty[p.at]
		buf = dbRow(buf, w.table, w.key)
		if w.value == nil {
			must(batch.Delete(buf, nil))
		} else {
			must(batch.Set(buf, w.value, nil))
		}
		if w.orig == nil || w.rec == nil {
			hashes = append(hashes, hashed{binary.BigEndian.Uint64(w.change.Key[:]), w})
		}
	}
	for id := range b.moves {
		for _, m := range sorted(b.moves[id]) {
			if m.gone {
				must(batch.Delete(m.key, nil))
			} else {
				must(batch.Set(m.key, nil, nil))
			}
		}
	}
	slices.SortFunc(hashes, func(a, b hashed) int { return cmp.Compare(a.first, b.first) })
	for _, h := range hashes {
		if h.rec == nil {
			must(batch.Delete(preimageKey(h.change.Key), nil))
		} else {
			must(batch.Set(preimageKey(h.change.Key), rowKey(h.table, h.key), nil))
		}
	}
	b.keepUsed(batch)
	must(batch.Set(metaHead, headOf(b.height, b.root), nil))
}

// hashed is a row that comes or goes, with the first bytes of its key's hash.
type hashed struct {
	first uint64
	*written
}

// place is where a row comes in the order of the store: by the first bytes of its
// key there, which nearly always say it, then by all.
type place struct {
	first uint64
	row   *row
	at    int // among the written
}

// inOrder are the places of rows in the order of the store.
func inOrder(rows []written) []place {
	out := make([]place, len(rows))
	for i := range rows {
		r := rows[i].row
		var first [8]byte
		first[0] = r.table.id
		copy(first[1:], r.key)
		out[i] = place{binary.BigEndian.Uint64(first[:]), r, i}
	}
	slices.SortFunc(out, func(a, b place) int {
		if c := cmp.Compare(a.first, b.first); c != 0 {
			return c
		}
		return strings.Compare(string(a.row.key), string(b.row.key))
	})
	return out
}

// moved is an index entry that comes or goes with a block.
type moved struct {
	first uint64 // for sorted
	key   []byte // in the store
	gone  bool
}

// moves are those of a block by the index's number.
type moves [128][]moved

// entriesMem is how much memory for entries is taken at once.
const entriesMem = 64 << 10

// find notes where a row that changed leaves its places, and where it comes to.
func (m *moves) find(r *row, mem []byte) []byte {
	t := r.table
	if !t.moves && r.orig != nil && r.rec != nil {
		return mem
	}
	for _, ix := range t.indexes {
		was, is := ix.places(r.key, r.orig), ix.places(r.key, r.rec)
		if slices.Equal(was, is) {
			continue
		}
		mem = m.note(ix, r.key, was, is, true, mem)
		mem = m.note(ix, r.key, is, was, false, mem)
	}
	return mem
}

// note notes those of a row's places that are not among the others.
func (m *moves) note(ix *index, k Key, places, others []string, gone bool, mem []byte) []byte {
	for _, p := range places {
		if slices.Contains(others, p) {
			continue
		}
		if n := entryLen(p, k) + 2; cap(mem)-len(mem) < n {
			mem = make([]byte, 0, max(entriesMem, n))
		}
		at := len(mem)
		mem = appendEntry(append(mem, spaceIndex, ix.id), p, k)
		m[ix.id] = append(m[ix.id], moved{key: mem[at:len(mem):len(mem)], gone: gone})
	}
	return mem
}

// joined are several as one.
func joined(found []*moves) (all moves) {
	for id := range all {
		n := 0
		for _, m := range found {
			n += len(m[id])
		}
		if n == 0 {
			continue
		}
		all[id] = make([]moved, 0, n)
		for _, m := range found {
			all[id] = append(all[id], m[id]...)
		}
	}
	return all
}

// sorted puts the entries of one index in the order of the store. They may begin
// alike, as where the index has few places; after that, eight bytes nearly always
// say it.
func sorted(list []moved) []moved {
	if len(list) == 0 {
		return nil
	}
	alike := list[0].key
	for _, m := range list[1:] {
		alike = alike[:commonLen(alike, m.key)]
	}
	for i := range list {
		var first [8]byte
		copy(first[:], list[i].key[len(alike):])
		list[i].first = binary.BigEndian.Uint64(first[:])
	}
	slices.SortFunc(list, func(a, b moved) int {
		if c := cmp.Compare(a.first, b.first); c != 0 {
			return c
		}
		return bytes.Compare(a.key, b.key)
	})
	return list
}

// commonLen is how many bytes two keys begin with alike.
func commonLen(a, b []byte) int {
	n := min(len(a), len(b))
	if bytes.Equal(a[:n], b[:n]) {
		return n
	}
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

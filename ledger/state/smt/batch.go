package smt

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
)

// Change is one put or delete.
type Change struct {
	Key    Hash // SHA-256 of the key
	Value  Hash // SHA-256 of the value; ignored when Delete is set
	Delete bool // remove the key; no effect when it is absent
}

// maxBatch is the number of changes a batch may have: entry keeps 31 bits of
// their order, and the arena has room for no more leaves.
const maxBatch = 1 << 30

// entry is a change while it is sorted and applied. The change's key and value
// are already in a leaf, which becomes part of the tree if it is a put.
type entry struct {
	prefix uint64 // the first 64 bits of the key: nearly always enough to sort
	leaf   ref
	order  uint32 // position in the batch, times two, plus one for a delete
}

func (e entry) isDelete() bool { return e.order&1 != 0 }

// batch gathers changes and puts them in key order.
type batch struct {
	leaves  allocator[leaf]
	entries []entry
}

func (b *batch) add(key, value *Hash, del bool) {
	if len(b.entries) == maxBatch {
		panic("smt: more than 2^30 changes in a batch: split it")
	}
	i, l := b.leaves.next()
	l.key, l.value = *key, *value
	e := entry{
		prefix: binary.BigEndian.Uint64(key[:]),
		leaf:   ref(i) | leafBit,
		order:  uint32(len(b.entries)) << 1,
	}
	if del {
		e.order |= 1
	}
	b.entries = append(b.entries, e)
}

// key returns the full key of e.
func (n *nodes) key(e entry) *Hash { return &n.leaf.at(e.leaf.index()).key }

// bit returns bit number depth of the key of e.
func (n *nodes) bit(e entry, depth int) side {
	if depth < 64 {
		return side(e.prefix>>(63-depth)) & 1
	}
	return bit(n.key(e), depth)
}

// compare orders entries by key, then by position in the batch.
func (n *nodes) compare(x, y entry) int {
	if c := cmp.Compare(x.prefix, y.prefix); c != 0 {
		return c
	}
	if c := bytes.Compare(n.key(x)[:], n.key(y)[:]); c != 0 {
		return c
	}
	return cmp.Compare(x.order, y.order)
}

// sortUnique sorts es in place and keeps the last entry of every key. It
// returns what it keeps, and the leaves of the others.
func (n *nodes) sortUnique(es []entry) (kept []entry, unused []ref) {
	slices.SortFunc(es, n.compare)
	kept = es[:0]
	for i, e := range es {
		if i+1 < len(es) && es[i+1].prefix == e.prefix && *n.key(es[i+1]) == *n.key(e) {
			unused = append(unused, e.leaf)
			continue
		}
		kept = append(kept, e)
	}
	return kept, unused
}

// partition moves the entries that go left at depth before those that go
// right, in place, and returns where the right ones begin. All entries agree
// on the bits before depth.
func (n *nodes) partition(es []entry, depth int) int {
	i, j := 0, len(es)
	for i < j {
		if n.bit(es[i], depth) == left {
			i++
			continue
		}
		j--
		es[i], es[j] = es[j], es[i]
	}
	return i
}

// cut is partition for sorted entries: it moves nothing.
func (n *nodes) cut(es []entry, depth int) int {
	i, j := 0, len(es)
	for i < j {
		m := int(uint(i+j) >> 1)
		if n.bit(es[m], depth) == left {
			i = m + 1
		} else {
			j = m
		}
	}
	return i
}

package smt

import (
	"bytes"
	"fmt"
	"runtime"
	"slices"
	"sort"
)

// Leaf is a leaf of the tree: SHA-256 of a key and of a value.
type Leaf struct{ Key, Value Hash }

// Beside is a subtree beside a range of leaves, all of it outside: what a
// verifier needs of it to compute the root.
type Beside struct {
	// Depth is where the subtree hangs, 1 to 255 and below an inner node; 0 for a
	// subtree that is one leaf.
	Depth uint8
	// Key is the subtree's first Depth bits, the rest zero; a leaf's key hash.
	Key Hash
	// Hash is the subtree's root; a leaf's value hash.
	Hash Hash
}

// Around returns what is beside the leaves whose key hash is not below from and
// below to, which is the end where it is zero. With the leaves of the range it
// makes the root: see RangeRoot.
func (s *Snapshot) Around(from, to Hash) []Beside {
	s.check()
	defer runtime.KeepAlive(s.tree)
	n := &s.tree.nodes
	var out []Beside
	if from != (Hash{}) {
		out = n.beside(out, s.version.root, &from, left)
	}
	if to != (Hash{}) {
		out = n.beside(out, s.version.root, &to, right)
	}
	return out
}

// beside adds what is on one side of a boundary. The boundary itself is right
// of it.
func (n *nodes) beside(out []Beside, root ref, at *Hash, to side) []Beside {
	r, depth := root, 0
	for ; r.isInner(); depth++ {
		child := n.inner.at(r.index()).child
		took := bit(at, depth)
		if other := child[1-took]; took != to && other != empty {
			out = append(out, n.besideAt(other, at, depth+1))
		}
		r = child[took]
	}
	if !r.isLeaf() {
		return out
	}
	l := n.leaf.at(r.index())
	if is := bytes.Compare(l.key[:], at[:]); is < 0 && to == left || is >= 0 && to == right {
		out = append(out, Beside{Key: l.key, Hash: l.value})
	}
	return out
}

// besideAt is the subtree that hangs at depth where a path turned away from it.
func (n *nodes) besideAt(r ref, path *Hash, depth int) Beside {
	if r.isLeaf() {
		l := n.leaf.at(r.index())
		return Beside{Key: l.key, Hash: l.value}
	}
	b := Beside{Depth: uint8(depth)}
	copy(b.Key[:], path[:])
	b.Key[(depth-1)>>3] ^= 1 << (7 - (depth-1)&7)
	trim(&b.Key, depth)
	n.hash(r, &b.Hash)
	return b
}

// trim clears the bits from depth on.
func trim(h *Hash, depth int) {
	for i := range h {
		if keep := depth - 8*i; keep <= 0 {
			h[i] = 0
		} else if keep < 8 {
			h[i] &^= 0xff >> keep
		}
	}
}

// RangeRoot returns the root of the tree whose leaves with a key hash from from
// on and below to (the end where zero) are exactly these, in ascending order,
// and which has beside around them. Where the result is the root of a tree, that
// is so of the tree: by the collision resistance of SHA-256 each node computed
// here is the one at the same place there, and nothing in the range was left to
// the hashes beside it.
func RangeRoot(from, to Hash, leaves []Leaf, beside []Beside) (Hash, error) {
	es := make([]Beside, 0, len(leaves)+len(beside))
	for i := range leaves {
		k := &leaves[i].Key
		if !within(k, &from, &to) || i > 0 && bytes.Compare(leaves[i-1].Key[:], k[:]) >= 0 {
			return Hash{}, fmt.Errorf("smt: leaf %x is out of the range or of the order", *k)
		}
		es = append(es, Beside{Key: *k, Hash: leaves[i].Value})
	}
	for i := range beside {
		b := &beside[i]
		// Of a subtree, the first and the last key that it could have.
		first, last := b.Key, b.Key
		if b.Depth > 0 {
			trim(&first, int(b.Depth))
			last = first
			for j := int(b.Depth); j < 256; j++ {
				last[j>>3] |= 1 << (7 - j&7)
			}
		}
		before := bytes.Compare(last[:], from[:]) < 0
		behind := to != (Hash{}) && bytes.Compare(first[:], to[:]) >= 0
		if first != b.Key || !before && !behind {
			return Hash{}, fmt.Errorf("smt: what is at depth %d of %x is not beside the range", b.Depth, b.Key)
		}
		es = append(es, *b)
	}
	slices.SortFunc(es, func(x, y Beside) int { return bytes.Compare(x.Key[:], y.Key[:]) })
	return fold(es, 0)
}

func within(k, from, to *Hash) bool {
	return bytes.Compare(k[:], from[:]) >= 0 && (*to == (Hash{}) || bytes.Compare(k[:], to[:]) < 0)
}

// fold computes the root of the subtree at depth that has these leaves and
// subtrees in it. They agree on the bits before depth.
func fold(es []Beside, depth int) (Hash, error) {
	switch {
	case len(es) == 0:
		return Hash{}, nil
	case len(es) == 1 && es[0].Depth == 0:
		p := preimage{leafPrefix}
		*p.first(), *p.second() = es[0].Key, es[0].Hash
		return p.sum(), nil
	case len(es) == 1 && int(es[0].Depth) == depth:
		return es[0].Hash, nil
	case depth == 256 || slices.ContainsFunc(es, func(e Beside) bool { return e.Depth > 0 && int(e.Depth) <= depth }):
		return Hash{}, fmt.Errorf("smt: two subtrees overlap at depth %d", depth)
	}
	i := sort.Search(len(es), func(i int) bool { return bit(&es[i].Key, depth) == right })
	l, err := fold(es[:i], depth+1)
	if err != nil {
		return Hash{}, err
	}
	r, err := fold(es[i:], depth+1)
	if err != nil {
		return Hash{}, err
	}
	p := preimage{innerPrefix}
	*p.first(), *p.second() = l, r
	return p.sum(), nil
}

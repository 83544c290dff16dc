package smt

import (
	"bytes"
	"slices"
)

// step is one branch on the way from the root to a leaf.
type step struct {
	child [2]ref
	took  side
}

// descend follows the bits of key from root until there is no branch left, and
// returns the branches passed and what lies below them: nothing or a leaf.
func (n *nodes) descend(root ref, key *Hash) (path []step, end ref) {
	path = make([]step, 0, 48) // keeps clear of growing: deeper takes 2⁴⁸ leaves, or ill will
	end = root
	for end.isInner() {
		st := step{child: n.inner.at(end.index()).child, took: bit(key, len(path))}
		path = append(path, st)
		end = st.child[st.took]
	}
	return path, end
}

// neighbour finds the leaf next to an absent key: the one with the greatest
// smaller key on the left, or the least greater key on the right. path and end
// are what descend returned for key. There is none past the edges of the tree.
func (n *nodes) neighbour(path []step, end ref, key *Hash, to side) (way []step, at ref, ok bool) {
	if end != empty {
		is := left
		if bytes.Compare(n.leaf.at(end.index()).key[:], key[:]) > 0 {
			is = right
		}
		if is == to {
			return path, end, true
		}
	}
	// The lowest branch where key turned away from that side and something is
	// there. Within it, the leaf nearest to key is furthest to the other side.
	for i := len(path) - 1; i >= 0; i-- {
		st := path[i]
		if st.took == to || st.child[to] == empty {
			continue
		}
		way = append(slices.Grow(way, cap(path)), path[:i]...)
		way = append(way, step{child: st.child, took: to})
		way, at = n.edge(way, st.child[to], 1-to)
		return way, at, true
	}
	return nil, empty, false
}

// edge extends way to the outermost leaf on one side of the subtree at r, which
// isn't empty.
func (n *nodes) edge(way []step, r ref, to side) ([]step, ref) {
	for r.isInner() {
		st := step{child: n.inner.at(r.index()).child, took: to}
		if st.child[to] == empty {
			st.took = 1 - to
		}
		way = append(way, st)
		r = st.child[st.took]
	}
	return way, r
}

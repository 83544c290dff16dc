package smt

// ref names a node: nothing, an inner node or a leaf.
type ref uint32

const (
	// empty is the subtree without leaves. Arenas never hand out index 0, so
	// it can't be mistaken for an inner node.
	empty ref = 0
	// leafBit is set in the refs of leaves.
	leafBit ref = 1 << 31
)

func (r ref) isLeaf() bool  { return r&leafBit != 0 }
func (r ref) isInner() bool { return r != empty && !r.isLeaf() }
func (r ref) index() uint32 { return uint32(r &^ leafBit) }

// side is 0 for left and 1 for right: the value of a key bit.
type side uint8

const (
	left  side = 0
	right side = 1
)

// inner is a branch. Neither it nor a leaf changes once it can be reached from
// a published version.
type inner struct {
	hash  Hash
	child [2]ref
}

// leaf is one key. Its hash isn't kept: 32 bytes a leaf buy less than they
// cost, since it is needed only when the leaf or its sibling changes.
type leaf struct{ key, value Hash }

// Sizes of a node and its birth in memory, in bytes. A test holds them to the truth.
const (
	innerBytes = 44
	leafBytes  = 68
)

// nodes is all storage of a tree.
type nodes struct {
	inner arena[inner]
	leaf  arena[leaf]
}

// hash writes the digest of the subtree at r to h.
func (n *nodes) hash(r ref, h *Hash) {
	switch {
	case r == empty:
		*h = Hash{}
	case r.isLeaf():
		l := n.leaf.at(r.index())
		p := preimage{leafPrefix}
		*p.first(), *p.second() = l.key, l.value
		*h = p.sum()
	default:
		*h = n.inner.at(r.index()).hash
	}
}

// children returns what lies left and right below r at the given depth. A leaf
// stands for the chain of branches it would hang from, so that a key put next
// to it needs no case of its own.
func (n *nodes) children(r ref, depth int) (c [2]ref) {
	switch {
	case r.isInner():
		c = n.inner.at(r.index()).child
	case r.isLeaf():
		c[bit(&n.leaf.at(r.index()).key, depth)] = r
	}
	return c
}

// birth returns the number of the version that made r, which isn't empty.
func (n *nodes) birth(r ref) uint32 {
	if r.isLeaf() {
		return *n.leaf.birth(r.index())
	}
	return *n.inner.birth(r.index())
}

// free makes dead nodes available to the next update.
func (n *nodes) free(dead []ref) {
	var inners, leaves []uint32
	for _, r := range dead {
		if r.isLeaf() {
			leaves = append(leaves, r.index())
		} else {
			inners = append(inners, r.index())
		}
	}
	n.inner.give(inners)
	n.leaf.give(leaves)
}

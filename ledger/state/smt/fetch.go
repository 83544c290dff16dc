package smt

// groupLen is how many entries are fetched for together: as many cache misses
// as a core keeps in flight, and few enough that what was fetched is still in
// the cache when it is used.
const groupLen = 32

// fetch brings into the cache what apply is about to read below r: the leaves
// of es, the paths to them, and the siblings along the paths. Going down all paths in step lets the
// processor wait for many reads at once, where apply would wait for one after
// the other; on a large tree that waiting is most of the time. It changes
// nothing; what it returns only keeps the compiler from leaving it out.
func (n *nodes) fetch(r ref, es []entry, depth int) (touched byte) {
	var at [groupLen]ref
	for i := range es {
		at[i] = r
		touched += n.touch(es[i].leaf)
	}
	for moved := true; moved; depth++ {
		moved = false
		for i := range es {
			if !at[i].isInner() {
				continue
			}
			moved = true
			c := &n.inner.at(at[i].index()).child
			s := n.bit(es[i], depth)
			at[i] = c[s]
			touched += n.touch(c[1-s])
			if at[i].isLeaf() {
				touched += n.touch(at[i])
			}
		}
	}
	return touched
}

// touch reads the first and last byte needed of the hash of r.
func (n *nodes) touch(r ref) byte {
	switch {
	case r == empty:
		return 0
	case r.isLeaf():
		l := n.leaf.at(r.index())
		return l.key[0] + l.value[31]
	default:
		h := &n.inner.at(r.index()).hash
		return h[0] + h[31]
	}
}

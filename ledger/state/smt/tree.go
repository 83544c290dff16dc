package smt

import (
	"iter"
	"sync"
)

// Tree is the newest version of a sparse Merkle tree, and the storage of the
// older ones that snapshots pin. Any method may be called from any goroutine.
type Tree struct {
	nodes nodes

	// writer guarantees that one update runs at a time. It also guards held,
	// and number and dead of every version.
	writer sync.Mutex
	held   []*version // versions older than now that may be pinned, oldest first

	// mu guarantees that a version is pinned while it is the newest one or
	// already pinned, never later. It guards now and pins of every version,
	// and is held for a few instructions only, never while hashing.
	mu  sync.Mutex
	now *version
}

// New returns an empty tree.
func New() *Tree {
	return &Tree{now: &version{}}
}

// Build returns a tree of the given leaves, SHA-256 of key to SHA-256 of
// value, in any order. The last value of a key wins. It is the quick way to
// load a whole state: leaves are stored as they come, then hashed on all cores.
func Build(leaves iter.Seq2[Hash, Hash]) *Tree {
	t := New()
	t.writer.Lock()
	defer t.writer.Unlock()
	b := t.batch(0)
	for k, v := range leaves {
		b.add(&k, &v, false)
	}
	t.commit(b)
	return t
}

// Update makes a new version with the changes applied and returns its root. It
// neither keeps nor modifies changes. They may come in any order; where a key
// is changed more than once, the last change in the slice wins. The result
// depends on the set of leaves alone. Snapshots taken before keep what they
// have.
func (t *Tree) Update(changes []Change) Hash {
	t.writer.Lock()
	defer t.writer.Unlock()
	b := t.batch(len(changes))
	for i := range changes {
		c := &changes[i]
		b.add(&c.Key, &c.Value, c.Delete)
	}
	return t.commit(b)
}

// Root returns the root hash of the newest version; 32 zero bytes if empty.
func (t *Tree) Root() Hash {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.now.hash
}

// Len returns the number of leaves of the newest version.
func (t *Tree) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.now.len
}

// batch starts the next version. writer is held.
func (t *Tree) batch(size int) *batch {
	if t.now.number == lastVersion {
		t.renumber()
	}
	return &batch{
		leaves:  allocator[leaf]{from: &t.nodes.leaf, version: t.now.number + 1},
		entries: make([]entry, 0, size),
	}
}

// commit applies b, publishes the result and recycles what nobody can see.
// writer is held, so reading now needs no mu: only the writer changes it.
func (t *Tree) commit(b *batch) Hash {
	b.leaves.close()
	w := newWorker(&t.nodes, b.leaves.version, forkDepth())
	root := w.run(t.now.root, b.entries, 0)
	w.inners.close()
	t.nodes.free(w.unused)
	next := &version{
		number: b.leaves.version,
		root:   root,
		len:    t.now.len + w.added,
	}
	t.nodes.hash(root, &next.hash)
	t.publish(next, w.replace)
	return next.hash
}

// Stats says what a tree holds in memory.
type Stats struct {
	Leaves    int // leaves of all versions still stored
	Inner     int // inner nodes of all versions still stored
	Bytes     int // bytes allocated for nodes, those free for reuse included
	Snapshots int // versions pinned, or pinned until the next update notices
}

// Stats returns the figures of this moment. It waits for a running update.
func (t *Tree) Stats() Stats {
	t.writer.Lock()
	defer t.writer.Unlock()
	leaves, leafCap := t.nodes.leaf.usage()
	inners, innerCap := t.nodes.inner.usage()
	s := Stats{
		Leaves:    leaves,
		Inner:     inners,
		Bytes:     leafCap*leafBytes + innerCap*innerBytes,
		Snapshots: len(t.held),
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.now.pins > 0 {
		s.Snapshots++
	}
	return s
}

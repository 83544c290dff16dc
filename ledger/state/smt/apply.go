package smt

import (
	"math/bits"
	"runtime"
	"sync"
)

// forkMin is the number of entries worth a goroutine: some 200 µs of work.
const forkMin = 64

// forkDepth returns the depth above which a batch is split among goroutines:
// four pieces or more a core, so that a core that falls behind holds up little.
func forkDepth() int {
	if n := runtime.GOMAXPROCS(0); n > 1 {
		return bits.Len(uint(n-1)) + 2
	}
	return 0
}

// worker applies part of a batch. Workers share nothing but the arenas.
type worker struct {
	nodes   *nodes
	inners  allocator[inner]
	forks   int   // depth above which to fork
	replace []ref // nodes of older versions that the new one doesn't have
	unused  []ref // leaves of this batch that didn't become part of the tree
	added   int   // leaves added less leaves removed
	fetched bool  // fetch was called for the entries being applied
	touched byte  // what fetch returned; nobody reads it
}

func newWorker(n *nodes, version uint32, forks int) *worker {
	return &worker{nodes: n, inners: allocator[inner]{from: &n.inner, version: version}, forks: forks}
}

// run applies entries in any order to the subtree at r and returns the new
// subtree. All entries agree on the bits before depth.
func (w *worker) run(r ref, es []entry, depth int) ref {
	if depth >= w.forks || len(es) < forkMin {
		kept, unused := w.nodes.sortUnique(es)
		w.unused = append(w.unused, unused...)
		return w.apply(r, kept, depth)
	}
	old := w.nodes.children(r, depth)
	i := w.nodes.partition(es, depth)
	var fresh [2]ref
	other := w.fork()
	var wg sync.WaitGroup
	wg.Go(func() {
		fresh[left] = other.run(old[left], es[:i], depth+1)
		other.inners.close()
	})
	fresh[right] = w.run(old[right], es[i:], depth+1)
	wg.Wait()
	w.absorb(other)
	return w.rebuild(r, old, fresh)
}

// apply is run for sorted entries without duplicates, on this goroutine.
func (w *worker) apply(r ref, es []entry, depth int) ref {
	if len(es) == 0 {
		return r
	}
	if len(es) <= groupLen && !w.fetched {
		w.touched += w.nodes.fetch(r, es, depth)
		w.fetched = true
		fresh := w.apply(r, es, depth)
		w.fetched = false
		return fresh
	}
	if len(es) == 1 && !r.isInner() {
		if fresh, done := w.place(r, es[0]); done {
			return fresh
		}
	}
	old := w.nodes.children(r, depth)
	i := w.nodes.cut(es, depth)
	fresh := [2]ref{
		w.apply(old[left], es[:i], depth+1),
		w.apply(old[right], es[i:], depth+1),
	}
	return w.rebuild(r, old, fresh)
}

// place applies e where the tree has nothing or one leaf. It isn't done when
// both that leaf and e have to stay: the subtree then needs branches.
func (w *worker) place(r ref, e entry) (fresh ref, done bool) {
	same := false
	if r != empty {
		l := w.nodes.leaf.at(r.index())
		same = l.key == *w.nodes.key(e)
		if same && !e.isDelete() && l.value == w.nodes.leaf.at(e.leaf.index()).value {
			w.unused = append(w.unused, e.leaf)
			return r, true
		}
	}
	switch {
	case e.isDelete():
		w.unused = append(w.unused, e.leaf)
		if !same {
			return r, true
		}
		w.replace = append(w.replace, r)
		w.added--
		return empty, true
	case same:
		w.replace = append(w.replace, r)
		return e.leaf, true
	case r == empty:
		w.added++
		return e.leaf, true
	default:
		return empty, false
	}
}

// rebuild returns the subtree with children fresh that takes the place of r,
// whose children were old.
func (w *worker) rebuild(r ref, old, fresh [2]ref) ref {
	if r.isInner() {
		if fresh == old {
			return r
		}
		w.replace = append(w.replace, r)
	}
	// One leaf alone moves up: this is what makes the tree forget its history.
	if l, r := fresh[left], fresh[right]; (l == empty || r == empty) && !l.isInner() && !r.isInner() {
		return l | r
	}
	p := preimage{innerPrefix}
	w.nodes.hash(fresh[left], p.first())
	w.nodes.hash(fresh[right], p.second())
	i, n := w.inners.next()
	n.hash, n.child = p.sum(), fresh
	return ref(i)
}

func (w *worker) fork() *worker {
	return newWorker(w.nodes, w.inners.version, w.forks)
}

func (w *worker) absorb(other *worker) {
	w.replace = append(w.replace, other.replace...)
	w.unused = append(w.unused, other.unused...)
	w.added += other.added
}

package smt

import (
	"reflect"
	"sync"
	"sync/atomic"

	"github.com/troth-ledger/troth/ledger/state/offheap"
)

const (
	// chunkLen is the number of nodes allocated together. With it both kinds
	// of chunk are a whole number of 8 KiB pages, so the allocator wastes
	// nothing, and a tree of a few leaves stays small.
	chunkLen = 1 << chunkBits
	// chunkBits is the base-2 logarithm of chunkLen.
	chunkBits = 11
	// heapChunks is how many chunks are on the heap: no memory is set aside for the
	// tree of a small ledger.
	heapChunks = 64
	// slabBytes is how much memory is taken at a time beside the heap for the chunks
	// of a larger one.
	slabBytes = 64 << 20
	// spanLen is how many indices an allocator takes at a time: enough that
	// allocators seldom meet at the mutex.
	spanLen = 256
	// maxNodes bounds an arena: a ref has 31 bits for the index.
	maxNodes = 1 << 31
)

// chunk is the unit of allocation. Births are kept apart from the nodes: they
// are the writer's alone, and without them a leaf is one cache line.
type chunk[T any] struct {
	node  [chunkLen]T
	birth [chunkLen]uint32 // number of the version that made the node
}

// arena holds nodes of one kind, addressed by index so that the garbage
// collector has nothing to follow in them. Chunks never move.
type arena[T any] struct {
	// dir is replaced, never changed in place below its length, so at needs
	// no lock.
	dir atomic.Pointer[[]*chunk[T]]

	// mu guarantees that an index is handed to one allocator only. It is held
	// for the time it takes to move a span or to allocate a chunk, and never
	// by readers of nodes.
	mu   sync.Mutex
	free []uint32 // indices given back
	next uint32   // lowest index never handed out; 0 is reserved

	// slabs are what chunks beyond the first lie in, ready the chunks of the last one
	// that are not in dir yet. Guarded by mu. Who holds a node holds the arena.
	slabs []*offheap.Piece[chunk[T]]
	ready []chunk[T]
}

// at returns the node at an index that was handed out. The pointer is good
// until the node is given back.
func (a *arena[T]) at(i uint32) *T {
	return &(*a.dir.Load())[i>>chunkBits].node[i&(chunkLen-1)]
}

// birth returns where the birth of a node is kept.
func (a *arena[T]) birth(i uint32) *uint32 {
	return &(*a.dir.Load())[i>>chunkBits].birth[i&(chunkLen-1)]
}

// take moves up to spanLen indices to ready, at least one.
func (a *arena[T]) take(ready []uint32) []uint32 {
	a.mu.Lock()
	defer a.mu.Unlock()
	if n := len(a.free); n > 0 {
		from := max(0, n-spanLen)
		ready = append(ready, a.free[from:]...)
		a.free = a.free[:from]
		return ready
	}
	if a.next == 0 {
		a.next = 1
	}
	if a.next >= maxNodes-spanLen {
		panic("smt: arena is full: 2^31 nodes are in use; the ledger must be split before that")
	}
	// Highest first, since allocators take from the end: nodes made one after
	// the other then lie one after the other.
	for i := uint32(spanLen); i > 0; i-- {
		ready = append(ready, a.next+i-1)
	}
	a.next += spanLen
	a.grow()
	return ready
}

// grow allocates chunks up to next. mu is held.
func (a *arena[T]) grow() {
	var dir []*chunk[T]
	if p := a.dir.Load(); p != nil {
		dir = *p
	}
	if uint32(len(dir))<<chunkBits >= a.next {
		return
	}
	// Appending may write past the length readers know, which they never read.
	dir = append(dir, a.chunk(len(dir)))
	a.dir.Store(&dir)
}

// chunk makes the chunk after so many. mu is held.
func (a *arena[T]) chunk(before int) *chunk[T] {
	if before < heapChunks {
		return new(chunk[T])
	}
	if len(a.ready) == 0 {
		slab := offheap.New[chunk[T]](slabBytes / int(reflect.TypeFor[chunk[T]]().Size()))
		if slab == nil {
			return new(chunk[T])
		}
		a.slabs, a.ready = append(a.slabs, slab), slab.Items
	}
	c := &a.ready[0]
	a.ready = a.ready[1:]
	return c
}

// give takes back indices whose nodes nobody can reach any more.
func (a *arena[T]) give(indices []uint32) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.free = append(a.free, indices...)
}

// age sets every birth to 0.
func (a *arena[T]) age() {
	if p := a.dir.Load(); p != nil {
		for _, c := range *p {
			clear(c.birth[:])
		}
	}
}

// usage returns the nodes in use and the nodes allocated.
func (a *arena[T]) usage() (used, allocated int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if p := a.dir.Load(); p != nil {
		allocated = len(*p) * chunkLen
		used = int(a.next) - 1 - len(a.free)
	}
	return used, allocated
}

// allocator hands out nodes of an arena to one goroutine, for one version.
type allocator[T any] struct {
	from    *arena[T]
	version uint32
	ready   []uint32
}

// next returns a node of undefined content and its index.
func (a *allocator[T]) next() (uint32, *T) {
	if len(a.ready) == 0 {
		a.ready = a.from.take(a.ready)
	}
	i := a.ready[len(a.ready)-1]
	a.ready = a.ready[:len(a.ready)-1]
	*a.from.birth(i) = a.version
	return i, a.from.at(i)
}

// close gives back what was taken and not used.
func (a *allocator[T]) close() {
	a.from.give(a.ready)
	a.ready = nil
}

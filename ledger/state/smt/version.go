package smt

import (
	"math"
	"slices"
)

// lastVersion is the highest number before versions are numbered afresh.
const lastVersion = math.MaxUint32

// version is the tree after one update. root, hash and len never change.
type version struct {
	root ref
	hash Hash
	len  int

	pins int // snapshots not yet released; guarded by Tree.mu

	number uint32 // position among the versions; guarded by Tree.writer
	// dead lists nodes that this version sees and newer ones, pinned or newest,
	// don't. Guarded by Tree.writer.
	dead []ref
}

// publish makes next the newest version. replaced are the nodes it lacks of
// the version before it. writer is held.
func (t *Tree) publish(next *version, replaced []ref) {
	t.mu.Lock()
	previous := t.now
	t.now = next
	t.held = append(t.held, previous)
	// A version that isn't the newest and has no pins can't be pinned again.
	var dropped []*version
	t.held = slices.DeleteFunc(t.held, func(v *version) bool {
		if v.pins > 0 {
			return false
		}
		dropped = append(dropped, v)
		return true
	})
	t.mu.Unlock()

	t.retire(replaced, previous.number)
	for _, v := range dropped {
		t.retire(v.dead, v.number)
	}
}

// retire disposes of nodes that no version after number last sees. The youngest
// version held up to that number keeps those it sees, the ones born no later
// than itself. The rest is free: versions held before it are older still. So a
// snapshot pinned for long holds back the nodes it shows, not everything made
// since. writer is held.
func (t *Tree) retire(dead []ref, last uint32) {
	var keeper *version
	for _, v := range t.held {
		if v.number <= last {
			keeper = v
		}
	}
	if keeper == nil {
		t.nodes.free(dead)
		return
	}
	gone := dead[:0]
	for _, r := range dead {
		if t.nodes.birth(r) <= keeper.number {
			keeper.dead = append(keeper.dead, r)
		} else {
			gone = append(gone, r)
		}
	}
	t.nodes.free(gone)
}

// renumber gives the versions that exist the lowest numbers and calls every
// node as old as the oldest, which keeps nodes longer than needed once and
// never too short. It exists because births have 32 bits, half a year at 270
// versions a second. writer is held; readers look at neither field.
func (t *Tree) renumber() {
	n := uint32(0)
	for _, v := range t.held {
		v.number = n
		n++
	}
	t.now.number = n
	t.nodes.inner.age()
	t.nodes.leaf.age()
}

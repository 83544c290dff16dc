package smt

import (
	"runtime"
	"sync/atomic"
)

// Snapshot is a version of the tree that stays as it is until released. Its
// methods may be called from several goroutines, and never wait for an update.
// A snapshot that is never released keeps its nodes in memory for good.
type Snapshot struct {
	tree     *Tree
	version  *version
	released atomic.Bool
}

// Snapshot pins the newest version. Release it when done.
func (t *Tree) Snapshot() *Snapshot {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now.pins++
	return &Snapshot{tree: t, version: t.now}
}

// Again pins the same version once more, to be released for itself.
func (s *Snapshot) Again() *Snapshot {
	s.tree.mu.Lock()
	defer s.tree.mu.Unlock()
	s.check()
	s.version.pins++
	return &Snapshot{tree: s.tree, version: s.version}
}

// Release ends the use of s. No other method may be running or called later;
// those called later panic, except Release, which does nothing.
func (s *Snapshot) Release() {
	s.tree.mu.Lock()
	defer s.tree.mu.Unlock()
	if !s.released.Swap(true) {
		s.version.pins--
	}
}

// Root returns the root hash of the version; 32 zero bytes if empty.
func (s *Snapshot) Root() Hash {
	s.check()
	return s.version.hash
}

// Len returns the number of leaves of the version.
func (s *Snapshot) Len() int {
	s.check()
	return s.version.len
}

// Get returns the value hash stored for a key hash.
func (s *Snapshot) Get(key Hash) (value Hash, ok bool) {
	s.check()
	defer runtime.KeepAlive(s.tree) // and so the nodes
	n := &s.tree.nodes
	r := s.version.root
	for depth := 0; r.isInner(); depth++ {
		r = n.inner.at(r.index()).child[bit(&key, depth)]
	}
	if r == empty {
		return Hash{}, false
	}
	l := n.leaf.at(r.index())
	if l.key != key {
		return Hash{}, false
	}
	return l.value, true
}

// check stops a use after release, which could otherwise read nodes of another
// version and answer wrongly.
func (s *Snapshot) check() {
	if s.released.Load() {
		panic("smt: snapshot used after Release")
	}
}

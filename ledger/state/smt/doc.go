// Package smt is Troth's commitment: a sparse Merkle tree, in memory, updated
// in batches, whose proofs any ICS-23 verifier accepts.
//
// # The tree
//
// It is a binary trie over SHA-256(key), most significant bit first, as
// ics23.SmtSpec of github.com/cosmos/ics23 prescribes:
//
//	leaf  = SHA-256(0x00 || SHA-256(key) || SHA-256(value))
//	inner = SHA-256(0x01 || left || right)
//	empty = 32 zero bytes
//
// A subtree that holds one leaf is that leaf, and a subtree that holds none is
// empty, so the root is a function of the set of leaves: no order of puts and
// deletes, no division into batches and no number of cores can change it. The
// root of an empty tree is 32 zero bytes.
//
// The tree holds hashes only. Whoever asks for a proof brings the bytes.
//
// # Versions
//
// [Tree.Update] copies the paths it changes and leaves the nodes of older
// versions alone. A [Snapshot] pins a version; nodes that no pinned version can
// see are reused by later updates. Readers never wait for an update, and a
// pinned version costs at most the nodes that have changed since.
//
// # Limits
//
// 2³¹-1 leaves, 2³¹-1 inner nodes, 2³⁰ changes in a batch; crossing one panics.
// A leaf with its share of inner nodes takes about 132 B. Memory given to
// nodes is reused but not returned before the tree itself is dropped. Of a large tree
// nearly all of it is beside the heap, where the system has such.
//
// # Rules this package is excused from
//
// It starts goroutines, which the rest of ledger may not. They share no
// state that depends on which runs first, except the indices of nodes, and
// indices are never part of a result.
package smt

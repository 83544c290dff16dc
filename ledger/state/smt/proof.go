package smt

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"runtime"

	ics23 "github.com/cosmos/ics23/go"
)

// Reasons why a proof can't be made. Errors returned wrap one of these.
var (
	// ErrAbsent: membership was asked for, the key isn't in the tree.
	ErrAbsent = errors.New("smt: key is not in the tree")
	// ErrPresent: non-membership was asked for, the key is in the tree.
	ErrPresent = errors.New("smt: key is in the tree")
	// ErrEmptyTree: ICS-23 proves absence by a neighbour, and an empty tree has
	// none. A verifier can compare the root with 32 zero bytes instead.
	ErrEmptyTree = errors.New("smt: an empty tree has no ICS-23 proof of absence; its root is 32 zero bytes")
	// ErrPreimage: the bytes given for a leaf are unknown or don't hash to it.
	// The tree and the store it commits to have parted.
	ErrPreimage = errors.New("smt: bytes do not match the leaf")
	// ErrNoBytes: a key or value of a leaf has no bytes. ICS-23 verifiers refuse
	// those, so a store must never hold an empty value: it could not be proven,
	// nor could the absence of the keys next to it.
	ErrNoBytes = errors.New("smt: ICS-23 has no proof of an empty key or value")
)

// Preimage returns the key and value whose SHA-256 hashes are in the leaf with
// the given key hash, as of the snapshot being proven; ok is false if unknown.
type Preimage func(keyHash Hash) (key, value []byte, ok bool)

// Prove returns a proof that key has its value in this version, or that it has
// none; GetExist and GetNonexist of the result tell which. The proof verifies
// under ics23.SmtSpec. Errors: ErrEmptyTree, ErrPreimage, ErrNoBytes.
func (s *Snapshot) Prove(key []byte, preimage Preimage) (*ics23.CommitmentProof, error) {
	hash := sha256.Sum256(key)
	if _, ok := s.Get(hash); !ok {
		return s.ProveNonMembership(key, preimage)
	}
	_, value, ok := preimage(hash)
	if !ok {
		return nil, fmt.Errorf("%w: no bytes known for key %x", ErrPreimage, key)
	}
	return s.ProveMembership(key, value)
}

// ProveMembership returns a proof for ics23.VerifyMembership. Errors:
// ErrAbsent, ErrPreimage if the key has another value, ErrNoBytes.
func (s *Snapshot) ProveMembership(key, value []byte) (*ics23.CommitmentProof, error) {
	s.check()
	defer runtime.KeepAlive(s.tree)
	hash := sha256.Sum256(key)
	path, end := s.tree.nodes.descend(s.version.root, &hash)
	if end == empty || s.tree.nodes.leaf.at(end.index()).key != hash {
		return nil, fmt.Errorf("%w: %x", ErrAbsent, key)
	}
	exist, err := s.tree.nodes.existence(path, end, key, value)
	if err != nil {
		return nil, err
	}
	return &ics23.CommitmentProof{Proof: &ics23.CommitmentProof_Exist{Exist: exist}}, nil
}

// ProveNonMembership returns a proof for ics23.VerifyNonMembership: the leaves
// left and right of key in order of key hash, or the one there is at an edge.
// Errors: ErrPresent, ErrEmptyTree, ErrPreimage and ErrNoBytes for a neighbour.
func (s *Snapshot) ProveNonMembership(key []byte, preimage Preimage) (*ics23.CommitmentProof, error) {
	s.check()
	defer runtime.KeepAlive(s.tree)
	n := &s.tree.nodes
	if s.version.root == empty {
		return nil, ErrEmptyTree
	}
	hash := sha256.Sum256(key)
	path, end := n.descend(s.version.root, &hash)
	if end != empty && n.leaf.at(end.index()).key == hash {
		return nil, fmt.Errorf("%w: %x", ErrPresent, key)
	}
	var beside [2]*ics23.ExistenceProof
	for _, to := range []side{left, right} {
		way, at, ok := n.neighbour(path, end, &hash, to)
		if !ok {
			continue
		}
		kh := n.leaf.at(at.index()).key
		k, v, ok := preimage(kh)
		if !ok {
			return nil, fmt.Errorf("%w: no bytes known for the neighbour with key hash %x", ErrPreimage, kh)
		}
		var err error
		if beside[to], err = n.existence(way, at, k, v); err != nil {
			return nil, err
		}
	}
	return &ics23.CommitmentProof{Proof: &ics23.CommitmentProof_Nonexist{Nonexist: &ics23.NonExistenceProof{
		Key:   key,
		Left:  beside[left],
		Right: beside[right],
	}}}, nil
}

// existence proves the leaf at the end of path. A wrong proof is worse than
// none, so it checks the bytes it is given against the leaf.
func (n *nodes) existence(path []step, at ref, key, value []byte) (*ics23.ExistenceProof, error) {
	l := n.leaf.at(at.index())
	switch {
	case len(key) == 0 || len(value) == 0:
		return nil, fmt.Errorf("%w: leaf with key hash %x", ErrNoBytes, l.key)
	case sha256.Sum256(key) != l.key:
		return nil, fmt.Errorf("%w: key %x does not hash to %x", ErrPreimage, key, l.key)
	case sha256.Sum256(value) != l.value:
		return nil, fmt.Errorf("%w: value given for key %x does not hash to %x", ErrPreimage, key, l.value)
	}
	return &ics23.ExistenceProof{
		Key:   key,
		Value: value,
		Leaf: &ics23.LeafOp{
			Hash:         ics23.HashOp_SHA256,
			PrehashKey:   ics23.HashOp_SHA256,
			PrehashValue: ics23.HashOp_SHA256,
			Length:       ics23.LengthOp_NO_PREFIX,
			Prefix:       []byte{leafPrefix},
		},
		Path: n.innerOps(path),
	}, nil
}

// innerOps returns the hashing steps from the leaf up to the root. Slices have
// no spare capacity: the ics23 library appends to prefixes, and would
// otherwise write over what follows them.
func (n *nodes) innerOps(path []step) []*ics23.InnerOp {
	const width = 1 + sha256.Size
	ops := make([]ics23.InnerOp, len(path))
	refs := make([]*ics23.InnerOp, len(path))
	buf := make([]byte, width*len(path))
	for i := range ops {
		st := path[len(path)-1-i]
		b := buf[i*width : (i+1)*width : (i+1)*width]
		b[0] = innerPrefix
		n.hash(st.child[1-st.took], (*Hash)(b[1:]))
		op := &ops[i]
		op.Hash = ics23.HashOp_SHA256
		if st.took == left {
			op.Prefix, op.Suffix = b[:1:1], b[1:]
		} else {
			op.Prefix = b
		}
		refs[i] = op
	}
	return refs
}

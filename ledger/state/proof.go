package state

import (
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
	ics23 "github.com/cosmos/ics23/go"

	"github.com/troth-ledger/troth/ledger/state/smt"
)

const spacePreimage = 0x04 // half a key's hash -> the key in the tree

// preimageKey finds a key in the tree by its hash: proofs of absence show the
// neighbours, and the tree knows hashes alone. Half the hash is enough: the
// whole is compared when the proof is made.
func preimageKey(h smt.Hash) []byte {
	return append([]byte{spacePreimage}, h[:16]...)
}

// Proof shows that a row had a value, or was absent, after a height.
type Proof struct {
	Height int64
	Root   [32]byte
	Key    []byte
	Value  []byte // nil where absent
	Proof  *ics23.CommitmentProof
}

// Prove proves a row as of the view's height. Its root is in the header of the
// next, which may be still to come.
func (t Table[V, P]) Prove(v *View, k Key) (*Proof, error) {
	key := t.ProofKey(k)
	p, err := v.tree.Prove(key, v.preimage)
	if err != nil {
		return nil, fmt.Errorf("state: proving %x: %w", key, err)
	}
	out := &Proof{Height: v.height, Root: v.root, Key: key, Proof: p}
	if e := p.GetExist(); e != nil {
		out.Value = e.Value
	}
	return out, nil
}

// Prove is Table.Prove for a row that the index led to.
func (ix Index[V, P]) Prove(v *View, k Key) (*Proof, error) { return ix.table.Prove(v, k) }

// preimage finds key and value of a leaf.
func (v *View) preimage(h smt.Hash) (key, value []byte, ok bool) {
	key, err := get(v.snap, preimageKey(h))
	if err != nil || key == nil {
		return nil, nil, false
	}
	value, err = get(v.snap, append([]byte{spaceRow}, key...))
	return key, value, err == nil && value != nil
}

func get(from pebble.Reader, key []byte) ([]byte, error) {
	b, closer, err := from.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer closer.Close()
	return append([]byte(nil), b...), nil
}

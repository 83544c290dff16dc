package smt

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	ics23 "github.com/cosmos/ics23/go"

	"github.com/troth-ledger/troth/internal/need"
)

// vector is a file of cosmos/ics23 testdata. Value is empty for absence.
type vector struct {
	Root  hexBytes `json:"root"`
	Proof hexBytes `json:"proof"`
	Key   hexBytes `json:"key"`
	Value hexBytes `json:"value"`
}

type hexBytes []byte

func (h *hexBytes) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

// vectorFiles are the published vectors.
func vectorFiles(t *testing.T) []string {
	files, err := filepath.Glob(filepath.Join(need.Conformance(t, "ics23/smt"), "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal("there are none", err)
	}
	return files
}

// The library accepts the published vectors, and this package's hashing leads
// from their leaves to their roots: both mean the same tree.
func TestPublishedVectors(t *testing.T) {
	for _, file := range vectorFiles(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var v vector
			if err := json.Unmarshal(raw, &v); err != nil {
				t.Fatal(err)
			}
			var proof ics23.CommitmentProof
			if err := proof.Unmarshal(v.Proof); err != nil {
				t.Fatal(err)
			}
			if exist := proof.GetExist(); exist != nil {
				if !ics23.VerifyMembership(ics23.SmtSpec, []byte(v.Root), &proof, v.Key, v.Value) {
					t.Error("the library does not accept the proof of membership")
				}
				checkFold(t, exist, v.Root)
				return
			}
			if !ics23.VerifyNonMembership(ics23.SmtSpec, []byte(v.Root), &proof, v.Key) {
				t.Error("the library does not accept the proof of absence")
			}
			for _, side := range []*ics23.ExistenceProof{proof.GetNonexist().Left, proof.GetNonexist().Right} {
				if side != nil {
					checkFold(t, side, v.Root)
				}
			}
		})
	}
}

// checkFold hashes from the leaf to the root, taking sides from the key alone.
func checkFold(t *testing.T, p *ics23.ExistenceProof, root []byte) {
	t.Helper()
	key := sha256.Sum256(p.Key)
	var n nodes
	i, l := (&allocator[leaf]{from: &n.leaf}).next()
	l.key, l.value = key, sha256.Sum256(p.Value)
	var at Hash
	n.hash(ref(i)|leafBit, &at)
	for i, op := range p.Path {
		b := preimage{innerPrefix}
		if bit(&key, len(p.Path)-1-i) == left {
			*b.first(), *b.second() = at, Hash(op.Suffix)
		} else {
			*b.first(), *b.second() = Hash(op.Prefix[1:]), at
		}
		at = b.sum()
	}
	if at != Hash(root) {
		t.Errorf("the leaf of %x leads to %x; the root is %x", p.Key, at, root)
	}
}

package promise

import (
	"bytes"
	"crypto/sha256"
	"slices"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/promise/contract"
	"github.com/troth-ledger/troth/ledger/state"
)

var _ = op.Register(checkReveal, applyReveal)

func checkReveal(m *pb.RevealRequest) error {
	if len(m.Salt) < 16 || len(m.Salt) > 32 {
		return op.Errorf(pb.Code_INVALID, "the salt has %d bytes, not 16 to 32", len(m.Salt))
	}
	if len(m.Term) > nameMax {
		return op.Errorf(pb.Code_TOO_LARGE, "a term's name has at most %d bytes", nameMax)
	}
	if m.Value.GetValue() == nil || m.Value.GetSealed() != nil {
		return op.Errorf(pb.Code_INVALID, "there is no value to reveal")
	}
	return checkPromise(m.Promise)
}

// applyReveal opens a commitment. From then on rules read the term, and the
// promise is looked at. Errors: NOT_FOUND, NOT_YOURS, WRONG_STATE, WRONG_TIME,
// BAD_REVEAL, BAD_TERMS for a value of another type than the term's.
func applyReveal(c *op.Context, m *pb.RevealRequest) (*pb.RevealResponse, error) {
	p, k, err := load(c, m.Promise)
	if err != nil {
		return nil, err
	}
	if !live(p) {
		return nil, op.Errorf(pb.Code_WRONG_STATE, "the promise %s is %s, not in force", p.Id, p.State)
	}
	if err := settledSoFar(c, p); err != nil {
		return nil, err
	}
	if _, err := myRole(c.State, k.Template(), p, c.Signer, ""); err != nil {
		return nil, err
	}
	for i, d := range k.Template().Terms {
		if d.Name != m.Term {
			continue
		}
		want := p.Terms[i].GetSealed()
		if want == nil {
			return nil, op.Errorf(pb.Code_WRONG_STATE, "the term %q is not sealed, or was revealed", m.Term)
		}
		if got := Commitment(m.Salt, m.Value); !bytes.Equal(got, want) {
			return nil, op.Errorf(pb.Code_BAD_REVEAL, "value and salt hash to %x, the commitment is %x", got, want)
		}
		if err := contract.CheckValue(d.Type, m.Value); err != nil {
			return nil, numbered(err)
		}
		p.Terms = slices.Clone(p.Terms)
		p.Terms[i] = m.Value.CloneVT()
		if p.State == pb.PromiseState_ACTIVE {
			evaluate(c, k, p, pb.Settlement_REVEAL, c.Now)
		}
		put(c, p)
		return &pb.RevealResponse{}, nil
	}
	return nil, op.Errorf(pb.Code_NOT_FOUND, "the promise %s has no term %q", p.Id, clip(m.Term))
}

// Commitment is what stands on the ledger for a sealed value: SHA-256 of the
// salt and the encoded value.
func Commitment(salt []byte, v *pb.Value) []byte {
	h := sha256.New()
	h.Write(salt)
	h.Write(state.Encode(v))
	return h.Sum(nil)
}

package party

import (
	"bytes"
	"slices"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

var _ = op.Register(checkRecover, applyRecover)

func checkRecover(m *pb.RecoverRequest) error {
	if err := checkID("party", m.Party); err != nil {
		return err
	}
	if err := checkKey(m.Key); err != nil {
		return err
	}
	if !owns(m.Key) {
		return op.Errorf(pb.Code_INVALID, "a recovered key has the role OWNER and no expiry")
	}
	return nil
}

// applyRecover is a guardian's voice for a new key. Until enough agree, naming
// another key starts over with that one. Errors: UNKNOWN_PARTY; NOT_YOURS for
// who is no guardian; EXISTS for a key the party has, or agreeing twice;
// WRONG_STATE once enough agreed on another key.
func applyRecover(c *op.Context, m *pb.RecoverRequest) (*pb.RecoverResponse, error) {
	p, err := get(c, m.Party)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(p.GetGuardians().GetParties(), c.Signer) {
		return nil, op.Errorf(pb.Code_NOT_YOURS, "%s is no guardian of %s", c.Signer, p.Id)
	}
	if keyIndex(p.Keys, m.Key.PublicKey) >= 0 {
		return nil, op.Errorf(pb.Code_EXISTS, "key %x is one of %s already", m.Key.PublicKey, p.Id)
	}
	same := p.Recovery != nil && p.Recovery.Key.Scheme == m.Key.Scheme && bytes.Equal(p.Recovery.Key.PublicKey, m.Key.PublicKey)
	switch {
	case same && slices.Contains(p.Recovery.Approvals, c.Signer):
		return nil, op.Errorf(pb.Code_EXISTS, "%s agreed to this key already", c.Signer)
	case !same && p.GetRecovery().GetDue() != nil:
		return nil, op.Errorf(pb.Code_WRONG_STATE, "the guardians of %s agreed on the key %x, which takes effect at %s; its owner would have to refuse it first",
			p.Id, p.Recovery.Key.PublicKey, stamp(p.Recovery.Due.AsTime()))
	case !same:
		p.Recovery = &pb.Recovery{Key: m.Key.CloneVT()}
	}
	r := p.Recovery
	r.Approvals = append(r.Approvals, c.Signer)
	if r.Due == nil && len(r.Approvals) >= int(p.Guardians.Threshold) {
		r.Due = timestamppb.New(c.Now.Add(p.Guardians.Delay.AsDuration()))
	}
	put(c, p)
	return &pb.RecoverResponse{Due: r.Due}, nil
}

// finishRecovery installs a recovered key when its time has come.
func finishRecovery(c *op.Context, k state.Key) {
	p, _ := Parties.Get(c.State, k)
	recovered(p)
	put(c, p)
}

// recovered makes the new key the owner's. The OWNER and DEVICE_KEY keys go:
// they are lost or stolen, or were allowed by one that is. So do the policies
// that could never be met again.
func recovered(p *pb.Party) {
	key := p.Recovery.Key
	p.Keys = slices.DeleteFunc(p.Keys, func(k *pb.Key) bool {
		return k.Role != pb.KeyRole_AGENT || bytes.Equal(k.PublicKey, key.PublicKey)
	})
	p.Keys = append(p.Keys, key)
	p.Recovery = nil
	p.Policies = slices.DeleteFunc(p.Policies, func(pol *pb.KeyPolicy) bool {
		return unmet(p.Keys, []*pb.KeyPolicy{pol}) >= 0
	})
}

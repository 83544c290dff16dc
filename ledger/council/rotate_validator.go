package council

import (
	"bytes"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

var _ = op.Register(checkRotateValidator, applyRotateValidator)

func checkRotateValidator(m *pb.RotateValidatorRequest) error { return checkKey(m.Validator) }

// applyRotateValidator replaces the key of the signer's validator, with the
// power the old one had. A suspended member's key has none, and may be replaced
// at any time. Errors: NOT_MEMBER; BAD_POSSESSION; WRONG_TIME within
// rotation_pause; KEY_USED; TOO_MUCH_CHANGE.
//
// The pause is what keeps a member that others want to remove from using up the
// bound on change again and again.
func applyRotateValidator(c *op.Context, m *pb.RotateValidatorRequest) (*pb.RotateValidatorResponse, error) {
	s, ok := Members.Get(c.State, state.Key(c.Signer))
	if !ok {
		return nil, op.Errorf(pb.Code_NOT_MEMBER, "%s has no seat on the council", c.Signer)
	}
	if err := checkPossession(c, c.Signer, m.Validator, m.Possession); err != nil {
		return nil, err
	}
	if s.Rotated != nil && !s.Suspended {
		if next := s.Rotated.AsTime().Add(c.Params.RotationPause.AsDuration()); c.Now.Before(next) {
			return nil, op.Errorf(pb.Code_WRONG_TIME, "the validator's key was rotated at %s; the next time is %s", stamp(s.Rotated.AsTime()), stamp(next))
		}
	}
	if err := takeKey(c, m.Validator, c.Signer); err != nil {
		return nil, err
	}
	if s.Power > 0 {
		if err := shift(c, s.Power, s.Power, rotationBound(c)); err != nil {
			return nil, err
		}
	}
	dropKey(c, s.Validator)
	s.Validator, s.Rotated = bytes.Clone(m.Validator), c.Time()
	Members.Put(c.State, state.Key(s.Party), s)
	return &pb.RotateValidatorResponse{}, nil
}

// rotationBound says whether a rotation keeps to the bound on change. With fewer
// than three members it never could, and a key that must go has to go: whoever
// checks proofs of such a chain needs the headers in between to follow.
func rotationBound(c *op.Context) bool {
	if Get(c.State).Members < 3 {
		return forced
	}
	return bounded
}

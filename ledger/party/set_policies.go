package party

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

var _ = op.Register(checkSetPolicies, applySetPolicies)

func checkSetPolicies(m *pb.SetPoliciesRequest) error { return checkPolicies(m.Policies) }

// applySetPolicies replaces the signer's policies. The error is INVALID where
// the party's keys could never satisfy one.
func applySetPolicies(c *op.Context, m *pb.SetPoliciesRequest) (*pb.SetPoliciesResponse, error) {
	p, err := get(c, c.Signer)
	if err != nil {
		return nil, err
	}
	if err := checkPossible(pb.Code_INVALID, p.Keys, m.Policies); err != nil {
		return nil, err
	}
	p.Policies = m.CloneVT().Policies
	put(c, p)
	return &pb.SetPoliciesResponse{}, nil
}

package council

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

var _ = op.Register(checkProposeRemoval, applyProposeRemoval)

func checkProposeRemoval(m *pb.ProposeRemovalRequest) error { return checkParty(m.Party) }

// applyProposeRemoval proposes that a member goes. Errors: NOT_FOUND;
// TOO_MUCH_CHANGE, as for the last member; those of propose.
func applyProposeRemoval(c *op.Context, m *pb.ProposeRemovalRequest) (*pb.ProposeRemovalResponse, error) {
	p, err := propose(c, &pb.Proposal{RemoveMember: &pb.MemberChange{Party: m.Party}})
	return &pb.ProposeRemovalResponse{Proposed: p}, err
}

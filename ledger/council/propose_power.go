package council

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

var _ = op.Register(checkProposePower, applyProposePower)

func checkProposePower(m *pb.ProposePowerRequest) error {
	if err := checkParty(m.Party); err != nil {
		return err
	}
	return checkPower(m.Power)
}

// applyProposePower proposes another power for a member's validator. Errors:
// those of empower and propose.
func applyProposePower(c *op.Context, m *pb.ProposePowerRequest) (*pb.ProposePowerResponse, error) {
	p, err := propose(c, &pb.Proposal{SetPower: &pb.MemberChange{Party: m.Party, Power: m.Power}})
	return &pb.ProposePowerResponse{Proposed: p}, err
}

package council

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

var _ = op.Register(checkProposeMember, applyProposeMember)

func checkProposeMember(m *pb.ProposeMemberRequest) error {
	if err := checkParty(m.Party); err != nil {
		return err
	}
	if err := checkKey(m.Validator); err != nil {
		return err
	}
	return checkPower(m.Power)
}

// applyProposeMember proposes a new member. Errors: BAD_POSSESSION; those of
// checkSeat; KEY_USED; TOO_MUCH_CHANGE; those of propose.
func applyProposeMember(c *op.Context, m *pb.ProposeMemberRequest) (*pb.ProposeMemberResponse, error) {
	if err := checkPossession(c, m.Party, m.Validator, m.Possession); err != nil {
		return nil, err
	}
	change := &pb.MemberChange{Party: m.Party, Validator: m.Validator, Power: m.Power}
	p, err := propose(c, &pb.Proposal{AddMember: change.CloneVT()})
	return &pb.ProposeMemberResponse{Proposed: p}, err
}

func checkParty(id string) error {
	if !op.IsID("p", id) {
		return op.Errorf(pb.Code_INVALID, "party: %.70q is no party's id", id)
	}
	return nil
}

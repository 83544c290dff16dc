package council

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

var _ = op.Register(checkWithdrawProposal, applyWithdrawProposal)

func checkWithdrawProposal(m *pb.WithdrawProposalRequest) error { return checkProposalID(m.Proposal) }

// applyWithdrawProposal takes the signer's proposal back, whether it still has a
// seat or not. Errors: those of find; NOT_YOURS.
func applyWithdrawProposal(c *op.Context, m *pb.WithdrawProposalRequest) (*pb.WithdrawProposalResponse, error) {
	p, err := find(c, m.Proposal)
	if err != nil {
		return nil, err
	}
	if p.Proposer != c.Signer {
		return nil, op.Errorf(pb.Code_NOT_YOURS, "proposal %s is %s's", p.Id, p.Proposer)
	}
	end(c, p, pb.ProposalState_PROPOSAL_WITHDRAWN)
	return &pb.WithdrawProposalResponse{}, nil
}

package council

import (
	"slices"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

var _ = op.Register(checkVote, applyVote)

func checkVote(m *pb.VoteRequest) error { return checkProposalID(m.Proposal) }

// applyVote is a member's vote, its first or another. All votes are counted
// again with the power their members have now. Errors: NOT_MEMBER; those of
// find; those of doing what the vote decides.
func applyVote(c *op.Context, m *pb.VoteRequest) (*pb.VoteResponse, error) {
	if err := voter(c); err != nil {
		return nil, err
	}
	p, err := find(c, m.Proposal)
	if err != nil {
		return nil, err
	}
	p.Votes = slices.DeleteFunc(p.Votes, func(b *pb.Ballot) bool { return b.Party == c.Signer })
	p.Votes = append(p.Votes, &pb.Ballot{Party: c.Signer, Yes: m.Yes, At: c.Time()})
	if err := decide(c, p); err != nil {
		return nil, err
	}
	Proposals.Put(c.State, state.Key(p.Id), p)
	return &pb.VoteResponse{State: p.State}, nil
}

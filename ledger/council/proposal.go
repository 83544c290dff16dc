package council

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// propose opens a proposal, with its proposer's yes. Where that is enough it is
// done at once; where it isn't, it is tried without effect, so that nobody votes
// on what can't be. Errors: NOT_MEMBER, LIMIT, and those of doing it; too much
// change at once is one only for what is done now.
func propose(c *op.Context, p *pb.Proposal) (*pb.Proposed, error) {
	if err := voter(c); err != nil {
		return nil, err
	}
	open := 0
	for range openByProposer.Keys(c.State, c.Signer+"\x00", "") {
		if open++; open >= OpenMax {
			return nil, op.Errorf(pb.Code_LIMIT, "%s has %d open proposals; it can't have more: withdraw one", c.Signer, open)
		}
	}
	p.Id, p.Proposer = c.NewID("cp", 0), c.Signer
	p.Created, p.Deadline = c.Time(), timestamppb.New(c.Now.Add(c.Params.VotePeriod.AsDuration()))
	p.State = pb.ProposalState_PROPOSAL_OPEN
	p.Votes = []*pb.Ballot{{Party: c.Signer, Yes: true, At: c.Time()}}
	if err := decide(c, p); err != nil {
		return nil, err
	}
	if p.State == pb.ProposalState_PROPOSAL_OPEN {
		mark := c.State.Mark()
		err := execute(c, p)
		c.State.Undo(mark)
		if err != nil && op.CodeOf(err) != pb.Code_TOO_MUCH_CHANGE {
			return nil, err
		}
	}
	Proposals.Put(c.State, state.Key(p.Id), p)
	return &pb.Proposed{Proposal: p.Id, State: p.State}, nil
}

// decide counts the votes as they weigh now and does what is adopted.
func decide(c *op.Context, p *pb.Proposal) error {
	var yes int64
	for _, b := range p.Votes {
		if m, ok := Members.Peek(c.State, state.Key(b.Party)); ok && b.Yes {
			yes += m.Power
		}
	}
	if 3*yes <= 2*Get(c.State).Power {
		return nil
	}
	if err := execute(c, p); err != nil {
		return op.Errorf(op.CodeOf(err), "the proposal has its votes, and can't be done now: %v", err)
	}
	p.State, p.Ended = pb.ProposalState_PROPOSAL_ADOPTED, c.Time()
	return nil
}

// execute does what a proposal says.
func execute(c *op.Context, p *pb.Proposal) error {
	switch {
	case p.AddMember != nil:
		return join(c, p.AddMember)
	case p.RemoveMember != nil:
		return leave(c, p.RemoveMember)
	case p.SetPower != nil:
		return empower(c, p.SetPower)
	case p.ChangeParams != nil:
		return changeParams(c, p.ChangeParams)
	case p.ScheduleUpgrade != nil:
		return schedule(c, p.ScheduleUpgrade)
	}
	return unschedule(c, p.CancelUpgrade)
}

// find returns an open proposal for a handler to change. Errors: NOT_FOUND;
// WRONG_STATE where it ended; WRONG_TIME where its time is up and the ledger has
// not come round to it.
func find(c *op.Context, id string) (*pb.Proposal, error) {
	p, ok := Proposals.Get(c.State, state.Key(id))
	switch {
	case !ok:
		return nil, op.Errorf(pb.Code_NOT_FOUND, "there is no proposal %q", id)
	case p.State != pb.ProposalState_PROPOSAL_OPEN:
		return nil, op.Errorf(pb.Code_WRONG_STATE, "proposal %s is not open any more: %s at %s", id, p.State, stamp(p.Ended.AsTime()))
	case c.Now.After(p.Deadline.AsTime()):
		return nil, op.Errorf(pb.Code_WRONG_TIME, "proposal %s could be voted on until %s", id, stamp(p.Deadline.AsTime()))
	}
	return p, nil
}

// end closes a proposal that was not adopted.
func end(c *op.Context, p *pb.Proposal, how pb.ProposalState) {
	p.State, p.Ended = how, c.Time()
	Proposals.Put(c.State, state.Key(p.Id), p)
}

// expire ends a proposal whose time is up.
func expire(c *op.Context, k state.Key) {
	p, _ := Proposals.Get(c.State, k)
	end(c, p, pb.ProposalState_PROPOSAL_EXPIRED)
}

func checkProposalID(id string) error {
	if !op.IsID("cp", id) {
		return op.Errorf(pb.Code_INVALID, "proposal: %.70q is no proposal's id: it would be cp_ and 26 characters", id)
	}
	return nil
}

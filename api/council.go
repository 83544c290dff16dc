package api

import (
	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/council"
	"github.com/troth-ledger/troth/ledger/state"
)

// only is the key of a table with one row.
func only(k state.Key) keyFunc { return func(*state.View) (state.Key, error) { return k, nil } }

// GetCouncil implements the Ledger service.
func (s *Server) GetCouncil(ctx ctxt, r *connect.Request[pb.GetCouncilRequest]) (*connect.Response[pb.GetCouncilResponse], error) {
	rec, read, err := one(ctx, s, council.Councils, only(council.CouncilKey), string(council.CouncilKey), r.Msg.Options)
	return connect.NewResponse(&pb.GetCouncilResponse{Council: rec, Read: read}), err
}

// GetParams implements the Ledger service.
func (s *Server) GetParams(ctx ctxt, r *connect.Request[pb.GetParamsRequest]) (*connect.Response[pb.GetParamsResponse], error) {
	rec, read, err := one(ctx, s, council.Params, only(council.ParamsKey), string(council.ParamsKey), r.Msg.Options)
	return connect.NewResponse(&pb.GetParamsResponse{Params: rec, Read: read}), err
}

// GetMember implements the Ledger service.
func (s *Server) GetMember(ctx ctxt, r *get) (*connect.Response[pb.GetMemberResponse], error) {
	key := func(v *state.View) (state.Key, error) {
		id, err := partyID(v, r.Msg.Id)
		return state.Key(id), err
	}
	rec, read, err := one(ctx, s, council.Members, key, r.Msg.Id, r.Msg.Options)
	return connect.NewResponse(&pb.GetMemberResponse{Member: rec, Read: read}), err
}

// GetProposal implements the Ledger service.
func (s *Server) GetProposal(ctx ctxt, r *get) (*connect.Response[pb.GetProposalResponse], error) {
	rec, read, err := one(ctx, s, council.Proposals, plain(r), r.Msg.Id, r.Msg.Options)
	return connect.NewResponse(&pb.GetProposalResponse{Proposal: rec, Read: read}), err
}

// GetMisbehaviour implements the Ledger service.
func (s *Server) GetMisbehaviour(ctx ctxt, r *get) (*connect.Response[pb.GetMisbehaviourResponse], error) {
	rec, read, err := one(ctx, s, council.Misbehaviour, plain(r), r.Msg.Id, r.Msg.Options)
	return connect.NewResponse(&pb.GetMisbehaviourResponse{Misbehaviour: rec, Read: read}), err
}

// ListMembers implements the Ledger service.
func (s *Server) ListMembers(ctx ctxt, r *connect.Request[pb.ListMembersRequest]) (*connect.Response[pb.ListMembersResponse], error) {
	l, err := listed(ctx, s, r.Msg.Page, r.Msg.Options, func(v *state.View, p *page[pb.Member, *pb.Member]) error {
		return walk(v, p, council.MembersByState, "", nil)
	})
	return connect.NewResponse(&pb.ListMembersResponse{Members: l.rows, Next: l.next, Read: l.read}), err
}

// ListProposals implements the Ledger service.
func (s *Server) ListProposals(ctx ctxt, r *connect.Request[pb.ListProposalsRequest]) (*connect.Response[pb.ListProposalsResponse], error) {
	place := ""
	if r.Msg.State != 0 {
		place = r.Msg.State.String()
	}
	l, err := listed(ctx, s, r.Msg.Page, r.Msg.Options, func(v *state.View, p *page[pb.Proposal, *pb.Proposal]) error {
		return walk(v, p, council.ProposalsByState, place, nil)
	})
	return connect.NewResponse(&pb.ListProposalsResponse{Proposals: l.rows, Next: l.next, Read: l.read}), err
}

// ListMisbehaviour implements the Ledger service.
func (s *Server) ListMisbehaviour(ctx ctxt, r *connect.Request[pb.ListMisbehaviourRequest]) (*connect.Response[pb.ListMisbehaviourResponse], error) {
	l, err := listed(ctx, s, r.Msg.Page, r.Msg.Options, byParty(council.MisbehaviourByParty, r.Msg.Party))
	return connect.NewResponse(&pb.ListMisbehaviourResponse{Misbehaviour: l.rows, Next: l.next, Read: l.read}), err
}

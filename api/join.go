package api

import (
	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

// ReadHeader implements the Ledger service.
func (s *Server) ReadHeader(ctx ctxt, r *connect.Request[pb.ReadHeaderRequest]) (*connect.Response[pb.ReadHeaderResponse], error) {
	if r.Msg.Height < 0 {
		return nil, op.Errorf(pb.Code_INVALID, "there is no block of height %d", r.Msg.Height)
	}
	header, err := s.node.Header(ctx, r.Msg.Height)
	return connect.NewResponse(header), err
}

// ReadGenesis implements the Ledger service.
func (s *Server) ReadGenesis(ctxt, *connect.Request[pb.ReadGenesisRequest]) (*connect.Response[pb.ReadGenesisResponse], error) {
	genesis, err := s.node.Genesis()
	return connect.NewResponse(&pb.ReadGenesisResponse{Genesis: genesis, NodeId: s.node.ID(),
		Port: uint32(s.node.Port()), SnapshotHeight: s.node.SnapshotHeight()}), err
}

package api

import (
	"context"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

// Submit implements the Ledger service.
func (s *Server) Submit(ctx context.Context, r *connect.Request[pb.SubmitRequest]) (*connect.Response[pb.SubmitResponse], error) {
	m := r.Msg
	if len(m.Txs) == 0 || len(m.Txs) > submitMax {
		return nil, op.Errorf(pb.Code_TOO_LARGE, "%d transactions; 1 to %d can be submitted at once", len(m.Txs), submitMax)
	}
	if err := s.transactions(ctx, len(m.Txs)); err != nil {
		return nil, err
	}
	timeout := timeoutDefault
	if m.Timeout != nil {
		timeout = m.Timeout.AsDuration()
		if timeout <= 0 || timeout > timeoutMax {
			return nil, op.Errorf(pb.Code_INVALID, "the timeout is %s, not above 0 and at most %s", timeout, timeoutMax)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	res := connect.NewResponse(&pb.SubmitResponse{Txs: s.node.Submit(ctx, m.Txs, !m.NoWait)})
	s.judged(ctx, res.Msg.Txs, res.Header())
	return res, nil
}

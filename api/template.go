package api

import (
	"strings"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/promise"
	"github.com/troth-ledger/troth/ledger/promise/contract"
	"github.com/troth-ledger/troth/ledger/state"
)

// newest resolves a template's id without a version.
func newest(v *state.View, id string) state.Key {
	if strings.Contains(id, "/") || id == "" {
		return state.Key(id)
	}
	return promise.Newest(v, id)
}

// ExplainPromise implements the Ledger service.
func (s *Server) ExplainPromise(_ ctxt, r *connect.Request[pb.ExplainPromiseRequest]) (*connect.Response[pb.ExplainPromiseResponse], error) {
	v := s.node.View()
	defer v.Release()
	p, ok := promise.Promises.Get(v, state.Key(r.Msg.Id))
	if !ok {
		return nil, op.Errorf(pb.Code_NOT_FOUND, "there is no promise with the id %.70q", r.Msg.Id)
	}
	t, ok := promise.Templates.Get(v, state.Key(p.Template))
	if !ok {
		return nil, op.Errorf(pb.Code_NOT_FOUND, "there is no template %q", p.Template)
	}
	c, problems := contract.Compile(t)
	if c == nil {
		return nil, op.Errorf(pb.Code_BAD_TEMPLATE, "%s: %s", t.Id, problems[0].Msg)
	}
	var settled []*pb.Settlement
	for seq := uint32(1); seq <= min(p.Settlements, pageMax); seq++ {
		if st, ok := promise.Settlements.Get(v, promise.SettlementKey(p.Id, seq)); ok {
			settled = append(settled, st)
		}
	}
	ex, ok := any(c).(interface {
		Explain(*pb.Promise, []*pb.Settlement, string) (string, []string, []string)
	})
	if !ok {
		return connect.NewResponse(&pb.ExplainPromiseResponse{}), nil
	}
	text, clauses, receipt := ex.Explain(p, settled, r.Msg.Lang)
	return connect.NewResponse(&pb.ExplainPromiseResponse{Text: text, Clauses: clauses, Receipt: receipt}), nil
}

package api

import (
	"strings"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/asset"
	"github.com/troth-ledger/troth/ledger/fact"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/party"
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
	reading := contract.Reading{
		Promise: p, Settlements: settled, Lang: r.Msg.Lang, Facts: factsOf(v, p),
		Decimals: func(id string) int { return decimals(v, id) },
		Name:     func(role string) string { return called(v, p, role) },
	}
	e := c.Explain(reading)
	return connect.NewResponse(&pb.ExplainPromiseResponse{Text: e.Text, Clauses: e.Clauses, Receipt: e.Receipt, Ends: e.Ends}), nil
}

// factsOf reads the facts that count for a promise.
func factsOf(v *state.View, p *pb.Promise) []contract.FactView {
	var out []contract.FactView
	for _, ref := range p.Facts {
		if f, ok := fact.Facts.Get(v, state.Key(ref.Fact)); ok {
			out = append(out, contract.FactView{Fact: f, By: ref.By})
		}
	}
	return out
}

// decimals is how many digits after the point an asset is shown with.
func decimals(v *state.View, id string) int {
	if a, ok := asset.Assets.Get(v, state.Key(id)); ok {
		return int(a.Decimals)
	}
	return contract.ISODecimals(id)
}

// called is what a role's party is called: its handle, or else the role.
func called(v *state.View, p *pb.Promise, role string) string {
	for _, b := range p.Roles {
		if b.Role == role && len(b.Parties) == 1 {
			if h := party.HandleOf(v, b.Parties[0]); h != "" {
				return "@" + h
			}
		}
	}
	return role
}

package api

import (
	"slices"
	"strconv"
	"strings"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/asset"
	"github.com/troth-ledger/troth/ledger/fact"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/party"
	"github.com/troth-ledger/troth/ledger/promise"
	"github.com/troth-ledger/troth/ledger/state"
)

// ListParties implements the Ledger service.
func (s *Server) ListParties(ctx ctxt, r *connect.Request[pb.ListPartiesRequest]) (*connect.Response[pb.ListPartiesResponse], error) {
	m := r.Msg
	l, err := listed(ctx, s, m.Page, m.Options, func(v *state.View, p *page[pb.Party, *pb.Party]) error {
		if m.Owner == "" {
			place := ""
			if m.Kind != 0 {
				place = m.Kind.String()
			}
			return walk(v, p, party.ByKind, place, nil)
		}
		owner, err := partyID(v, m.Owner)
		if err != nil {
			return err
		}
		return walk(v, p, party.ByOwner, owner, func(p *pb.Party) bool { return m.Kind == 0 || p.Kind == m.Kind })
	})
	return connect.NewResponse(&pb.ListPartiesResponse{Parties: l.rows, Next: l.next, Read: l.read}), err
}

// ListAssets implements the Ledger service.
func (s *Server) ListAssets(ctx ctxt, r *connect.Request[pb.ListAssetsRequest]) (*connect.Response[pb.ListAssetsResponse], error) {
	l, err := listed(ctx, s, r.Msg.Page, r.Msg.Options, byParty(asset.AssetsByIssuer, r.Msg.Issuer))
	return connect.NewResponse(&pb.ListAssetsResponse{Assets: l.rows, Next: l.next, Read: l.read}), err
}

// ListHoldings implements the Ledger service.
func (s *Server) ListHoldings(ctx ctxt, r *connect.Request[pb.ListHoldingsRequest]) (*connect.Response[pb.ListHoldingsResponse], error) {
	if r.Msg.Party == "" {
		return nil, op.Errorf(pb.Code_INVALID, "say whose holdings, with party")
	}
	l, err := listed(ctx, s, r.Msg.Page, r.Msg.Options, byParty(asset.HoldingsByParty, r.Msg.Party))
	return connect.NewResponse(&pb.ListHoldingsResponse{Holdings: l.rows, Next: l.next, Read: l.read}), err
}

// ListFacts implements the Ledger service.
func (s *Server) ListFacts(ctx ctxt, r *connect.Request[pb.ListFactsRequest]) (*connect.Response[pb.ListFactsResponse], error) {
	if r.Msg.Subject == "" {
		return nil, op.Errorf(pb.Code_INVALID, "say facts about what, with subject")
	}
	l, err := listed(ctx, s, r.Msg.Page, r.Msg.Options, func(v *state.View, p *page[pb.Fact, *pb.Fact]) error {
		return walk(v, p, fact.FactsBySubject, r.Msg.Subject, nil)
	})
	return connect.NewResponse(&pb.ListFactsResponse{Facts: l.rows, Next: l.next, Read: l.read}), err
}

// ListTemplates implements the Ledger service.
func (s *Server) ListTemplates(ctx ctxt, r *connect.Request[pb.ListTemplatesRequest]) (*connect.Response[pb.ListTemplatesResponse], error) {
	l, err := listed(ctx, s, r.Msg.Page, r.Msg.Options, byParty(promise.TemplatesByPublisher, r.Msg.Publisher))
	return connect.NewResponse(&pb.ListTemplatesResponse{Templates: l.rows, Next: l.next, Read: l.read}), err
}

// byParty fills a page with the rows of an index at a party, all where empty.
func byParty[V any, P message[V]](ix state.Index[V, P], who string) func(*state.View, *page[V, P]) error {
	return func(v *state.View, p *page[V, P]) error {
		id, err := partyID(v, who)
		if err != nil {
			return err
		}
		return walk(v, p, ix, id, nil)
	}
}

// ListPromises implements the Ledger service. It walks the narrowest filter's
// index and asks the others of each row.
func (s *Server) ListPromises(ctx ctxt, r *connect.Request[pb.ListPromisesRequest]) (*connect.Response[pb.ListPromisesResponse], error) {
	m := r.Msg
	l, err := listed(ctx, s, m.Page, m.Options, func(v *state.View, p *page[pb.Promise, *pb.Promise]) error {
		who, err := partyID(v, m.Party)
		if err != nil {
			return err
		}
		keep := func(p *pb.Promise) bool {
			return (m.State == 0 || p.State == m.State) && (m.Template == "" || p.Template == m.Template) &&
				(m.Party == "" || hasParty(p, who)) && (m.Subject == "" || slices.Contains(p.Subjects, m.Subject))
		}
		switch {
		case m.Subject != "":
			return walk(v, p, promise.BySubject, m.Subject, keep)
		case m.Party != "":
			return walk(v, p, promise.ByParty, who, keep)
		case m.Template != "":
			return walk(v, p, promise.ByTemplate, m.Template, keep)
		case m.State != 0:
			return walk(v, p, promise.ByState, string([]byte{byte(m.State)}), keep)
		}
		return op.Errorf(pb.Code_INVALID, "give at least one of party, subject, template and state")
	})
	return connect.NewResponse(&pb.ListPromisesResponse{Promises: l.rows, Next: l.next, Read: l.read}), err
}

func hasParty(p *pb.Promise, id string) bool {
	return slices.ContainsFunc(p.Roles, func(r *pb.RoleBinding) bool { return slices.Contains(r.Parties, id) })
}

// ListSettlements implements the Ledger service. The promise says how many
// settlements there are: it is the first row of a proof, which therefore shows
// that none is left out.
func (s *Server) ListSettlements(ctx ctxt, r *connect.Request[pb.ListSettlementsRequest]) (*connect.Response[pb.ListSettlementsResponse], error) {
	if err := checkID(r.Msg.Promise); err != nil {
		return nil, err
	}
	l, err := listed(ctx, s, r.Msg.Page, r.Msg.Options, func(v *state.View, l *page[pb.Settlement, *pb.Settlement]) error {
		key := state.Key(r.Msg.Promise)
		p, ok := promise.Promises.Get(v, key)
		if !ok {
			return op.Errorf(pb.Code_NOT_FOUND, "there is no promise with the id %.70q", r.Msg.Promise)
		}
		if l.prove {
			row, err := rowProof(promise.Promises.Prove(v, key))
			if err != nil {
				return err
			}
			l.proofs, l.bytes = append(l.proofs, row), row.SizeVT()
		}
		return settlements(v, l, p)
	})
	return connect.NewResponse(&pb.ListSettlementsResponse{Settlements: l.rows, Next: l.next, Read: l.read}), err
}

// settlements adds a promise's settlements, by number.
func settlements(v *state.View, l *page[pb.Settlement, *pb.Settlement], p *pb.Promise) error {
	first := uint64(1)
	if l.place != "" {
		var err error
		if first, err = strconv.ParseUint(l.place, 10, 32); err != nil || first == 0 {
			return badToken()
		}
	}
	for seq := first; seq <= uint64(p.Settlements); seq++ {
		k := promise.SettlementKey(p.Id, uint32(seq))
		st, ok := promise.Settlements.Get(v, k)
		if !ok {
			continue
		}
		at := strconv.FormatUint(seq, 10)
		more, err := l.add(at, st, func() (*state.Proof, error) { return promise.Settlements.Prove(v, k) })
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// settlementKey reads pr_…/3.
func settlementKey(id string) (state.Key, error) {
	p, n, ok := strings.Cut(id, "/")
	seq, err := strconv.ParseUint(n, 10, 32)
	if !ok || err != nil {
		return "", op.Errorf(pb.Code_INVALID, "%.90q is no settlement's id: it would be a promise's id, a slash and a number", id)
	}
	return promise.SettlementKey(p, uint32(seq)), nil
}

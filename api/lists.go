package api

import (
	"encoding/base64"
	"encoding/hex"
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
func (s *Server) ListParties(_ ctxt, r *connect.Request[pb.ListPartiesRequest]) (*connect.Response[pb.ListPartiesResponse], error) {
	v := s.node.View()
	defer v.Release()
	m := r.Msg
	if m.Owner != "" {
		owner, err := partyID(v, m.Owner)
		if err != nil {
			return nil, err
		}
		l, err := list(v, party.ByOwner, owner, m.Page, func(p *pb.Party) bool { return m.Kind == 0 || p.Kind == m.Kind })
		return connect.NewResponse(&pb.ListPartiesResponse{Parties: l.rows, Next: l.next}), err
	}
	place := ""
	if m.Kind != 0 {
		place = m.Kind.String()
	}
	l, err := list(v, party.ByKind, place, m.Page, nil)
	return connect.NewResponse(&pb.ListPartiesResponse{Parties: l.rows, Next: l.next}), err
}

// ListAssets implements the Ledger service.
func (s *Server) ListAssets(_ ctxt, r *connect.Request[pb.ListAssetsRequest]) (*connect.Response[pb.ListAssetsResponse], error) {
	v := s.node.View()
	defer v.Release()
	who, err := partyID(v, r.Msg.Issuer)
	if err != nil {
		return nil, err
	}
	l, err := list(v, asset.AssetsByIssuer, who, r.Msg.Page, nil)
	return connect.NewResponse(&pb.ListAssetsResponse{Assets: l.rows, Next: l.next}), err
}

// ListHoldings implements the Ledger service.
func (s *Server) ListHoldings(_ ctxt, r *connect.Request[pb.ListHoldingsRequest]) (*connect.Response[pb.ListHoldingsResponse], error) {
	if r.Msg.Party == "" {
		return nil, op.Errorf(pb.Code_INVALID, "say whose holdings, with party")
	}
	v := s.node.View()
	defer v.Release()
	who, err := partyID(v, r.Msg.Party)
	if err != nil {
		return nil, err
	}
	l, err := list(v, asset.HoldingsByParty, who, r.Msg.Page, nil)
	return connect.NewResponse(&pb.ListHoldingsResponse{Holdings: l.rows, Next: l.next}), err
}

// ListFacts implements the Ledger service.
func (s *Server) ListFacts(_ ctxt, r *connect.Request[pb.ListFactsRequest]) (*connect.Response[pb.ListFactsResponse], error) {
	if r.Msg.Subject == "" {
		return nil, op.Errorf(pb.Code_INVALID, "say facts about what, with subject")
	}
	v := s.node.View()
	defer v.Release()
	l, err := list(v, fact.FactsBySubject, r.Msg.Subject, r.Msg.Page, nil)
	return connect.NewResponse(&pb.ListFactsResponse{Facts: l.rows, Next: l.next}), err
}

// ListTemplates implements the Ledger service.
func (s *Server) ListTemplates(_ ctxt, r *connect.Request[pb.ListTemplatesRequest]) (*connect.Response[pb.ListTemplatesResponse], error) {
	v := s.node.View()
	defer v.Release()
	who, err := partyID(v, r.Msg.Publisher)
	if err != nil {
		return nil, err
	}
	l, err := list(v, promise.TemplatesByPublisher, who, r.Msg.Page, nil)
	return connect.NewResponse(&pb.ListTemplatesResponse{Templates: l.rows, Next: l.next}), err
}

// ListPromises implements the Ledger service. It walks the narrowest filter's
// index and asks the others of each row.
func (s *Server) ListPromises(_ ctxt, r *connect.Request[pb.ListPromisesRequest]) (*connect.Response[pb.ListPromisesResponse], error) {
	v := s.node.View()
	defer v.Release()
	m := r.Msg
	who, err := partyID(v, m.Party)
	if err != nil {
		return nil, err
	}
	keep := func(p *pb.Promise) bool {
		return (m.State == 0 || p.State == m.State) && (m.Template == "" || p.Template == m.Template) &&
			(m.Party == "" || hasParty(p, who)) && (m.Subject == "" || hasSubject(p, m.Subject))
	}
	var l page[pb.Promise, *pb.Promise]
	switch {
	case m.Subject != "":
		l, err = list(v, promise.BySubject, m.Subject, m.Page, keep)
	case m.Party != "":
		l, err = list(v, promise.ByParty, who, m.Page, keep)
	case m.Template != "":
		l, err = list(v, promise.ByTemplate, m.Template, m.Page, keep)
	case m.State != 0:
		l, err = list(v, promise.ByState, string([]byte{byte(m.State)}), m.Page, keep)
	default:
		return nil, op.Errorf(pb.Code_INVALID, "give at least one of party, subject, template and state")
	}
	return connect.NewResponse(&pb.ListPromisesResponse{Promises: l.rows, Next: l.next}), err
}

func hasParty(p *pb.Promise, id string) bool {
	for _, r := range p.Roles {
		for _, who := range r.Parties {
			if who == id {
				return true
			}
		}
	}
	return false
}

func hasSubject(p *pb.Promise, subject string) bool {
	for _, s := range p.Subjects {
		if s == subject {
			return true
		}
	}
	return false
}

// ListSettlements implements the Ledger service.
func (s *Server) ListSettlements(_ ctxt, r *connect.Request[pb.ListSettlementsRequest]) (*connect.Response[pb.ListSettlementsResponse], error) {
	v := s.node.View()
	defer v.Release()
	p, ok := promise.Promises.Get(v, state.Key(r.Msg.Promise))
	if !ok {
		return nil, op.Errorf(pb.Code_NOT_FOUND, "there is no promise with the id %.70q", r.Msg.Promise)
	}
	size, token, err := pageOf(r.Msg.Page)
	if err != nil {
		return nil, err
	}
	first := uint64(1)
	if token != "" {
		if first, err = strconv.ParseUint(token, 10, 32); err != nil {
			return nil, badToken()
		}
	}
	out := &pb.ListSettlementsResponse{}
	for seq := max(uint32(first), 1); seq <= p.Settlements; seq++ {
		if len(out.Settlements) == size {
			out.Next = tokenOf(strconv.FormatUint(uint64(seq), 10))
			break
		}
		if st, ok := promise.Settlements.Get(v, promise.SettlementKey(p.Id, seq)); ok {
			out.Settlements = append(out.Settlements, st)
		}
	}
	return connect.NewResponse(out), nil
}

// ListHistory implements the Ledger service.
func (s *Server) ListHistory(_ ctxt, r *connect.Request[pb.ListHistoryRequest]) (*connect.Response[pb.ListHistoryResponse], error) {
	v := s.node.View()
	defer v.Release()
	size, token, err := pageOf(r.Msg.Page)
	if err != nil {
		return nil, err
	}
	if r.Msg.Id == "" {
		return nil, op.Errorf(pb.Code_INVALID, "say the history of what, with id")
	}
	id, err := partyID(v, r.Msg.Id)
	if err != nil {
		return nil, err
	}
	entries, next := s.node.History(v, id, []byte(token), size)
	out := &pb.ListHistoryResponse{}
	if next != nil {
		out.Next = tokenOf(string(next))
	}
	for _, e := range entries {
		h := &pb.HistoryEntry{Height: e.Height, Time: e.Ref.Time, Party: e.Ref.Party, Tx: hex.EncodeToString(e.Ref.Tx)}
		for _, code := range e.Ref.Ops {
			if row, ok := op.Find(code); ok {
				h.Ops = append(h.Ops, row.Name)
			}
		}
		out.Entries = append(out.Entries, h)
	}
	return connect.NewResponse(out), nil
}

// page is one part of a list.
type page[V any, P message[V]] struct {
	rows []P
	next string
}

// scanMax bounds how many rows one list call looks at: a filter that matches
// little gives short pages, not long waits.
const scanMax = 10_000

// list reads a page of the rows at a place of an index, or of all its rows
// where the place is empty.
func list[V any, P message[V]](v *state.View, ix state.Index[V, P], place string, pg *pb.Page, keep func(P) bool) (page[V, P], error) {
	var out page[V, P]
	size, token, err := pageOf(pg)
	if err != nil {
		return out, err
	}
	if err := checkID(place); err != nil {
		return out, err
	}
	prefix := place
	if place != "" {
		prefix += "\x00"
	}
	seen := 0
	for at, k := range ix.Keys(v, prefix, token) {
		if len(out.rows) == size || seen == scanMax {
			out.next = tokenOf(at)
			break
		}
		seen++
		if rec, ok := ix.Row(v, k); ok && (keep == nil || keep(rec)) {
			out.rows = append(out.rows, rec)
		}
	}
	return out, nil
}

func tokenOf(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// pageOf checks a page's size and opens its token.
func pageOf(p *pb.Page) (size int, token string, err error) {
	size = int(p.GetSize())
	if size == 0 {
		size = pageDefault
	}
	if size > pageMax {
		return 0, "", op.Errorf(pb.Code_TOO_LARGE, "a page has at most %d entries, not %d", pageMax, size)
	}
	b, err := base64.RawURLEncoding.DecodeString(p.GetToken())
	if err != nil || len(b) > 1024 {
		return 0, "", badToken()
	}
	return size, string(b), nil
}

func badToken() error {
	return op.Errorf(pb.Code_INVALID, "the page token is not one that a list gave")
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

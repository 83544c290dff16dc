package demo

import (
	"fmt"
	"strings"
	"time"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/promise/contract"
)

// row reads the settled promise and its settlements.
func (s *stage) row(took time.Duration) (*Row, []*pb.Settlement, error) {
	if err := s.read(s.promise.Id); err != nil {
		return nil, nil, err
	}
	p := s.promise
	r := &Row{Story: s.story.Name, Promise: p.Id, Outcome: strings.ToLower(p.Outcome.String()), Payouts: []Payout{},
		SettleMS: float64(took.Microseconds()) / 1000, Deadline: s.deadline}
	res, err := s.api.ListSettlements(s, connect.NewRequest(&pb.ListSettlementsRequest{Promise: p.Id, Page: &pb.Page{Size: 500}}))
	if err != nil {
		return nil, nil, err
	}
	if len(res.Msg.Settlements) == 0 {
		return nil, nil, fmt.Errorf("the promise %s is settled, and has no settlement", p.Id)
	}
	for _, st := range res.Msg.Settlements {
		r.Rule = st.Rule
		for _, x := range st.Payouts {
			if x.Units != 0 {
				r.Payouts = append(r.Payouts, Payout{To: s.name(x.To), Amount: money(x.Units), Asset: x.Asset, From: x.Hold})
			}
		}
	}
	held := int64(0)
	for _, h := range p.Holds {
		held += h.Put - h.Paid
	}
	r.Held = money(held)
	ex, err := s.api.ExplainPromise(s, connect.NewRequest(&pb.ExplainPromiseRequest{Id: p.Id}))
	if err != nil {
		return nil, nil, err
	}
	r.Promised = s.named(ex.Msg.Text)
	r.Facts, err = s.facts()
	r.Facts = append(r.Facts, s.notes...)
	return r, res.Msg.Settlements, err
}

func (s *stage) name(party string) string {
	if n := s.names[party]; n != "" {
		return n
	}
	return party
}

// named puts names for the ids of parties that have none on the ledger.
func (s *stage) named(text string) string {
	for id, name := range s.names {
		text = strings.ReplaceAll(text, id, name)
	}
	return text
}

// facts are the promise's facts, for people: of more than two of a kind by
// one attester only their number.
func (s *stage) facts() ([]string, error) {
	type group struct {
		by, kind string
		each     []string
	}
	var groups []*group
	for _, ref := range s.promise.Facts {
		res, err := s.api.GetFact(s, connect.NewRequest(&pb.GetRequest{Id: ref.Fact}))
		if err != nil {
			return nil, err
		}
		f := res.Msg.Fact
		by := s.name(f.Attester)
		if n := len(groups); n == 0 || groups[n-1].by != by || groups[n-1].kind != f.Statement.Kind {
			groups = append(groups, &group{by: by, kind: f.Statement.Kind})
		}
		g := groups[len(groups)-1]
		g.each = append(g.each, describe(f.Statement))
	}
	var out []string
	for _, g := range groups {
		line := fmt.Sprintf("%d × %s", len(g.each), g.kind)
		if len(g.each) <= 2 {
			line = strings.Join(g.each, ", ")
		}
		out = append(out, line+", by "+g.by)
	}
	return out, nil
}

// describe is a statement in a few words: without its values where they are
// many.
func describe(st *pb.Statement) string {
	var values []string
	for _, v := range st.Values {
		values = append(values, v.Name+" "+contract.FormatValue(v.Value, func(string) int { return 2 }))
	}
	out := st.Kind
	if n := len(values); n > 0 && n <= 2 {
		out += " (" + strings.Join(values, ", ") + ")"
	}
	return out + " at " + st.At.AsTime().Format("2006-01-02 15:04:05Z")
}

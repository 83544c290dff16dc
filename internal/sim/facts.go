package sim

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/fact"
)

// statement is what somebody states: mostly what a promise waits for, as its
// template's examples have it.
func (w *world) statement() (who string, s *pb.Statement) {
	s = &pb.Statement{Subject: w.subject(), Kind: "seen", At: timestamppb.New(w.now.Add(-time.Duration(w.r.IntN(600)) * time.Second)), Reference: fmt.Sprint(w.r.IntN(500))}
	if len(w.facts) > 0 && w.one(12) {
		f := among(w, w.facts...)
		s.Subject, s.Promise = f.Statement.Subject, f.Statement.Promise
		if w.one(2) {
			s.Kind, s.Withdraws = "", f.Id
		} else {
			s.Kind, s.Values, s.Corrects = f.Statement.Kind, f.Statement.Values, f.Id
		}
		return f.Attester, s
	}
	p := w.promises[w.pick(among(w, "ACTIVE", "ACTIVE", "ACTIVE", "ASSERTED", "SUSPENDED"))]
	if p == nil || len(p.Subjects) == 0 || w.one(12) {
		return w.pick("parties"), s
	}
	t := w.published[p.Template]
	f := w.exampleFact(t)
	if f == nil {
		return w.pick("parties"), s
	}
	s.Subject, s.Kind, who = p.Subjects[0], f.Kind, w.inRole(p, f.By)
	for _, v := range f.Values {
		v = v.CloneVT()
		if x, ok := v.Value.Value.(*pb.Value_Int); ok && w.one(3) {
			x.Int = w.r.Int64N(max(2*x.Int, 12))
		}
		if x, ok := v.Value.Value.(*pb.Value_Amount); ok {
			x.Amount.Asset = euro
		}
		s.Values = append(s.Values, v)
	}
	if w.one(3) {
		s.Promise = p.Id
	}
	if who == "" || w.one(20) {
		who = w.pick("parties")
	}
	return who, s
}

// exampleFact is a fact of one of a template's examples.
func (w *world) exampleFact(t *pb.Template) *pb.ExampleFact {
	for range 4 {
		if len(t.GetExamples()) == 0 {
			return nil
		}
		e := among(w, t.Examples...)
		if len(e.Facts) == 0 {
			continue
		}
		f := among(w, e.Facts...)
		for _, d := range t.Facts {
			if d.Kind == f.Kind {
				return f
			}
		}
	}
	return nil
}

func (w *world) submitFact() []act {
	who, s := w.statement()
	q := &pb.SubmitFactRequest{Statements: []*pb.Statement{s}}
	for w.one(6) {
		if by, more := w.statement(); by == who {
			q.Statements = append(q.Statements, more)
		}
	}
	return do(who, q)
}

func (w *world) carryFact() []act {
	q := &pb.CarryFactRequest{}
	for range 1 + w.r.IntN(2) {
		who, s := w.statement()
		b := fact.Encode(s)
		for _, k := range w.parties[who].GetKeys() {
			if w.keys[string(k.PublicKey)] == nil || k.Expires != nil && !w.one(4) {
				continue
			}
			s := w.sign(k, fact.Message(chainID, b))
			s.Signature[8] ^= byte(w.r.IntN(12) / 11)
			q.Carried = append(q.Carried, &pb.CarriedStatement{Attester: who, Statement: b, Signature: s})
			break
		}
	}
	if len(q.Carried) == 0 {
		return nil
	}
	return do(w.pick("parties"), q)
}

func (w *world) setAttesters() []act {
	q := &pb.SetAttestersRequest{Class: among(w, "workshops", "labs"), Add: []string{w.pick("company")}}
	who := w.pick("named")
	if k := w.classes[q.Class+"@kestrel"]; k != nil && w.one(2) {
		if who = k.Owner; len(k.Members) > 3 {
			q.Remove = []string{k.Members[0]}
		}
		if len(q.Remove) > 0 && q.Remove[0] == q.Add[0] {
			q.Add = nil
		}
	}
	return do(who, q)
}

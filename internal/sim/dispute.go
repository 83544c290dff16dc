package sim

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
)

func (w *world) challenge() []act {
	p, t := w.turn("ASSERTED")
	if p == nil || t.Dispute == nil {
		return nil
	}
	return do(w.inRole(p, among(w, t.Dispute.By...)), &pb.ChallengeRequest{Promise: p.Id, Claim: among(w, t.Rules...).Name})
}

func (w *world) answer() []act {
	p, t := w.turn("CHALLENGED")
	if p == nil || t.Dispute == nil {
		return nil
	}
	return do(w.inRole(p, among(w, t.Dispute.By...)), &pb.AnswerRequest{Promise: p.Id})
}

func (w *world) rule() []act {
	p, t := w.turn(among(w, "ANSWERED", "ANSWERED", "ANSWERED", "CHALLENGED"))
	if p == nil || t.Dispute == nil {
		return nil
	}
	return do(w.inRole(p, t.Dispute.Arbiter), &pb.RuleRequest{Promise: p.Id, Rule: among(w, t.Rules...).Name})
}

func (w *world) suspend() []act {
	p, t := w.promise("ACTIVE")
	if p == nil {
		return nil
	}
	return w.sides(p, t, &pb.SuspendRequest{Promise: p.Id, Until: timestamppb.New(w.now.Add(time.Duration(1+w.r.IntN(20*24)) * time.Hour))})
}

func (w *world) resume() []act {
	p, t := w.turn("SUSPENDED")
	if p == nil {
		return nil
	}
	return w.sides(p, t, &pb.ResumeRequest{Promise: p.Id})
}

// find draws promises until one's template has what is wanted.
func (w *world) find(state string, has func(*pb.Template) bool) (*pb.Promise, *pb.Template) {
	for range 12 {
		if p, t := w.promise(state); p != nil && has(t) {
			return p, t
		}
	}
	return nil, nil
}

func (w *world) cancel() []act {
	p, t := w.find("ACTIVE", func(t *pb.Template) bool { return len(t.Cancel) > 0 })
	if p == nil {
		return nil
	}
	return do(w.inRole(p, among(w, t.Cancel...).By), &pb.CancelRequest{Promise: p.Id})
}

func (w *world) assign() []act {
	p, t := w.find("ACTIVE", func(t *pb.Template) bool { return len(t.Transfer) > 0 })
	if p == nil {
		return nil
	}
	d := among(w, t.Transfer...)
	q := &pb.AssignRequest{Promise: p.Id, Role: d.Role, To: w.pick("person")}
	out := do(w.inRole(p, d.Role), q)
	if who := w.inRole(p, d.Consent); who != "" {
		out = append(out, act{who, q})
	}
	return append(out, act{q.To, q})
}

func (w *world) novate() []act {
	p := w.promises[w.pick("replaceable")]
	if p == nil {
		return nil
	}
	t := w.published[p.Template]
	old, device := w.inRole(p, t.Novation.Role), w.pick("device")
	for range 30 {
		if d := w.pick("device"); d != old && w.parties[d].GetOwner() == w.parties[old].GetOwner() {
			device = d
		}
	}
	if device == "" {
		return nil
	}
	if a, b := w.ownerOf(device), w.ownerOf(old); a != b && w.one(2) {
		return do(a, &pb.TransferDeviceRequest{Device: device, To: b})
	}
	return do(w.inRole(p, t.Novation.By), &pb.NovateRequest{Promise: p.Id, Device: device})
}

func (w *world) reveal() []act {
	for range 12 {
		p, t := w.promise("ACTIVE", "ACTIVE", "SUSPENDED")
		if p == nil {
			continue
		}
		for i, d := range t.Terms {
			if d.Sealed && (p.Terms[i].GetSealed() != nil || w.one(20)) {
				return do(w.side(p, t), &pb.RevealRequest{Promise: p.Id, Term: d.Name, Value: sealedValue, Salt: sealedSalt})
			}
		}
	}
	return nil
}

func (w *world) createPool() []act {
	h, units := w.some(4)
	if len(w.pools) > 500 && !w.one(10) {
		return nil
	}
	return do(h.Party, &pb.CreatePoolRequest{Amount: &pb.Amount{Asset: h.Asset, Units: units}})
}

func (w *world) fundPool() []act {
	p := w.pools[w.pick("pools")]
	if p == nil {
		return nil
	}
	return do(p.Owner, &pb.FundPoolRequest{Pool: p.Id, Units: 1 + w.r.Int64N(100_000)})
}

func (w *world) drawPool() []act {
	p := w.pools[w.pick("pools")]
	if p == nil {
		return nil
	}
	return do(p.Owner, &pb.DrawPoolRequest{Pool: p.Id, Units: max(1, (p.Units-p.Committed)/(1+w.r.Int64N(4)))})
}

package sim

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/promise"
)

// What is sealed is always this, so that it can be revealed.
var (
	sealedSalt  = []byte("salt of all that is sealed")
	sealedValue = &pb.Value{Value: &pb.Value_String_{String_: "12 Quay Street"}}
)

func (w *world) publishTemplate() []act {
	t := among(w, w.templates...).CloneVT()
	who, version := w.pick("named"), uint32(1)
	for w.published[fmt.Sprintf("%s@%s/%d", t.Name, w.parties[who].GetHandle(), version)] != nil {
		version++
	}
	if t.Version = version; version > 3 {
		return nil // each is looked at by everybody for ever
	}
	return do(who, &pb.PublishTemplateRequest{Template: t})
}

// terms are those of one of a template's examples, moved to the present.
func (w *world) terms(t *pb.Template) (out []*pb.NamedValue) {
	e := among(w, t.Examples...)
	base := e.Start.AsTime()
	if e.Start == nil {
		base = time.Time{}
		for _, v := range e.Given {
			if x := v.Value.GetTime(); x != nil && (base.IsZero() || x.AsTime().Before(base)) {
				base = x.AsTime()
			}
		}
	}
	shift := w.now.Sub(base) + time.Duration(w.r.IntN(7*24))*time.Hour - 6*time.Hour
	for _, d := range t.Terms {
		v := &pb.Value{}
		if i := slices.IndexFunc(e.Given, func(v *pb.NamedValue) bool { return v.Name == d.Name }); i >= 0 {
			v = e.Given[i].Value.CloneVT()
		} else if d.Default != nil {
			continue
		}
		switch x := v.Value.(type) {
		case *pb.Value_Time:
			x.Time = timestamppb.New(x.Time.AsTime().Add(shift))
		case *pb.Value_Amount:
			x.Amount.Asset = euro
		}
		switch {
		case d.Sealed:
			v.Value = &pb.Value_Sealed{Sealed: promise.Commitment(sealedSalt, sealedValue)}
		case d.Type == pb.ValueType_STRING && !w.one(20):
			v.Value = &pb.Value_String_{String_: fmt.Sprint("s", w.r.IntN(400))}
		case v.Value == nil:
			return nil
		}
		out = append(out, &pb.NamedValue{Name: d.Name, Value: v})
	}
	return out
}

// cast draws who is in a role.
func (w *world) cast(d *pb.RoleDef) string {
	switch d.Kind {
	case pb.RoleKind_PROMISOR:
		return w.pick(among(w, "rich", "rich", "rich", "person"))
	case pb.RoleKind_BENEFICIARY:
		return w.pick(among(w, "rich", "rich", "rich", "person"))
	case pb.RoleKind_ATTESTER:
		return w.pick(among(w, "company", "company", "device"))
	}
	return w.pick(among(w, "person", "company"))
}

func (w *world) offer() []act {
	// Those in which more can happen come more often.
	t := w.published[w.pick(among(w, "templates", "templates", "templates", "disputable", "eventful", "parcels"))]
	if t == nil || len(t.Examples) == 0 {
		return nil
	}
	q := &pb.OfferRequest{Template: t.Id, Terms: w.terms(t)}
	bound, owned, offerer := map[string]string{}, map[string]bool{}, ""
	for _, d := range t.Roles {
		owned[d.OwnerOf] = d.OwnerOf != ""
	}
	for _, d := range t.Roles {
		if d.OwnerOf != "" || d.Class != "" && w.classes[d.Class] != nil && !w.one(8) {
			continue
		}
		who := w.cast(d)
		if owned[d.Name] {
			who = w.pick("device")
		}
		bound[d.Name] = who
		switch {
		case d.Kind == pb.RoleKind_PROMISOR && (offerer == "" || w.one(2)), offerer == "" && d.Kind == pb.RoleKind_BENEFICIARY:
			offerer = who
		case d.Kind == pb.RoleKind_BENEFICIARY && q.Copies == 0 && w.one(8):
			q.Copies = uint32(1 + w.r.IntN(4))
			continue
		}
		parties := []string{who}
		for d.Kind == pb.RoleKind_ATTESTER && len(parties) < 4 && w.one(3) {
			if more := w.cast(d); !slices.Contains(parties, more) {
				parties = append(parties, more)
			}
		}
		q.Roles = append(q.Roles, &pb.RoleBinding{Role: d.Name, Parties: parties})
	}
	for _, h := range t.Holds {
		if !h.Pool || bound[h.From] == "" {
			continue
		}
		pool := w.poolOf(bound[h.From])
		if pool == "" {
			return do(bound[h.From], &pb.CreatePoolRequest{Amount: &pb.Amount{Asset: euro, Units: 1_000_000 + w.r.Int64N(1_000_000)}})
		}
		q.Pools, offerer = append(q.Pools, &pb.PoolChoice{Hold: h.Name, Pool: pool}), bound[h.From]
	}
	if w.one(2) {
		q.AcceptBy = timestamppb.New(w.now.Add(time.Duration(w.r.IntN(20*24)) * time.Hour))
	}
	if t.Subject == "" {
		q.Subjects = []string{w.subject()}
	}
	return do(offerer, q)
}

// poolOf is a pool of a party's.
func (w *world) poolOf(who string) string { return w.pick("pools of " + who) }

// promise draws a promise in one of some states.
func (w *world) promise(states ...string) (*pb.Promise, *pb.Template) {
	p := w.promises[w.pick(among(w, states...))]
	if p == nil {
		return nil, nil
	}
	return p, w.published[p.Template]
}

// turn draws a promise in a state for what can happen to it once: it is not
// drawn again before it changes, but now and then.
func (w *world) turn(state string) (*pb.Promise, *pb.Template) {
	p, t := w.promise(state)
	if p != nil && !w.one(20) {
		w.put(state, p.Id, false)
	}
	return p, t
}

func (w *world) accept() []act {
	p, t := w.turn("OFFERED")
	if p == nil {
		return nil
	}
	q := &pb.AcceptRequest{Promise: p.Id}
	who := w.pick("rich")
	for i, r := range p.Roles {
		if r.Accepted || len(r.Parties) == 0 {
			continue
		}
		who = r.Parties[0]
		for _, h := range t.Holds {
			if h.Pool && h.From == t.Roles[i].Name {
				if pool := w.poolOf(who); pool != "" {
					q.Pools = append(q.Pools, &pb.PoolChoice{Hold: h.Name, Pool: pool})
				}
			}
		}
	}
	return do(who, q)
}

// side is a party in one of a promise's roles of the two sides.
func (w *world) side(p *pb.Promise, t *pb.Template) string {
	d := among(w, t.Roles...)
	for range 4 {
		if d.Kind == pb.RoleKind_PROMISOR || d.Kind == pb.RoleKind_BENEFICIARY {
			break
		}
		d = among(w, t.Roles...)
	}
	return w.inRole(p, d.Name)
}

// sides are the operations by which every side says the same.
func (w *world) sides(p *pb.Promise, t *pb.Template, msg op.Message) (out []act) {
	for _, d := range t.Roles {
		if who := w.inRole(p, d.Name); who != "" && (d.Kind == pb.RoleKind_PROMISOR || d.Kind == pb.RoleKind_BENEFICIARY) && !w.one(15) {
			out = append(out, act{who, msg})
		}
	}
	return out
}

func (w *world) decline() []act {
	p, t := w.promise("OFFERED")
	if p == nil {
		return nil
	}
	return do(w.side(p, t), &pb.DeclineRequest{Promise: p.Id})
}

func (w *world) deposit() []act {
	for range 6 {
		p, t := w.promise("ACTIVE")
		if p == nil || len(t.Holds) == 0 {
			continue
		}
		i := w.r.IntN(len(t.Holds))
		if t.Name != "instalment-sale" && !w.one(4) || t.Holds[i].Pool {
			continue
		}
		return do(w.inRole(p, t.Holds[i].From), &pb.DepositRequest{Promise: p.Id, Hold: t.Holds[i].Name, Units: 1 + w.r.Int64N(12_000), Asset: euro})
	}
	return nil
}

func (w *world) settle() []act {
	p, _ := w.promise("ACTIVE", "ACTIVE", "SUSPENDED", "ASSERTED")
	if p == nil {
		return nil
	}
	return do(w.pick("parties"), &pb.SettleRequest{Promise: p.Id})
}

func (w *world) release() []act {
	p, t := w.promise("ACTIVE", "ACTIVE", "SUSPENDED", "CHALLENGED", "ANSWERED")
	if p == nil {
		return nil
	}
	q := &pb.ReleaseRequest{Promise: p.Id}
	if i := w.r.IntN(len(p.Holds) + 1); i < len(p.Holds) && p.Holds[i].Put > p.Holds[i].Paid {
		q.Payouts = []*pb.AgreedPayout{{Hold: p.Holds[i].Name, To: among(w, t.Roles...).Name, Units: w.r.Int64N(p.Holds[i].Put - p.Holds[i].Paid + 1)}}
	}
	return w.sides(p, t, q)
}

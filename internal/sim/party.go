package sim

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/party"
)

func (w *world) createParty() []act {
	q := &pb.CreatePartyRequest{Kind: pb.PartyKind_PERSON, Keys: []*pb.Key{w.anyKey()}, Salt: fmt.Appendf(nil, "salt %08d", w.serial)}
	if w.one(4) {
		more := w.anyKey()
		more.Role = pb.KeyRole_AGENT
		q.Keys = append(q.Keys, more)
	}
	switch w.r.IntN(6) {
	case 0:
		return w.comer()
	case 1:
		q.Kind, q.Sponsor = among(w, pb.PartyKind_COMPANY, pb.PartyKind_COMPANY, pb.PartyKind_PROGRAMME), true
		q.Name = fmt.Sprint("Company ", w.serial)
	case 2, 3:
		q.Kind = pb.PartyKind_DEVICE
		return do(w.pick(among(w, "person", "company")), q)
	default:
		q.Sponsor = !w.one(5)
	}
	return do(w.pick("company"), q)
}

// comer is a party that comes by itself.
func (w *world) comer() []act {
	q := &pb.CreatePartyRequest{Kind: pb.PartyKind_PERSON, Keys: []*pb.Key{w.anyKey()}, Salt: fmt.Appendf(nil, "salt %08d", w.serial)}
	return do(party.ID(q.Keys[0].Scheme, q.Keys[0].PublicKey, q.Salt, ""), q)
}

func (w *world) claimHandle() []act {
	return do(w.pick("nameless"), &pb.ClaimHandleRequest{Name: fmt.Sprint("name", w.serial/2)})
}

func (w *world) addKey() []act {
	who := w.pick(among(w, "person", "company"))
	if p := w.parties[who]; p == nil || len(p.Keys) > 6 {
		return nil
	}
	k := w.anyKey()
	switch w.r.IntN(4) {
	case 0:
		k.Role, k.Expires = pb.KeyRole_DEVICE_KEY, timestamppb.New(w.now.Add(time.Duration(1+w.r.IntN(among(w, 2, 20, 900)))*time.Hour))
	case 1:
		k.Role, k.Ops, k.Limits = pb.KeyRole_AGENT, []uint32{152, 200, 302}, []*pb.SpendLimit{{Asset: euro, Units: 5000}}
	case 2:
		k.Role = pb.KeyRole_AGENT
	}
	return do(who, &pb.AddKeyRequest{Key: k})
}

func (w *world) removeKey() []act {
	p := w.parties[w.pick("manykeys")]
	if p == nil {
		return nil
	}
	return do(p.Id, &pb.RemoveKeyRequest{PublicKey: among(w, p.Keys...).PublicKey})
}

func (w *world) rotateKey() []act {
	p, k := w.parties[w.pick("parties")], w.anyKey()
	return do(p.Id, &pb.RotateKeyRequest{OldPublicKey: among(w, p.Keys...).PublicKey, Scheme: k.Scheme, PublicKey: k.PublicKey})
}

func (w *world) setPolicies() []act {
	q := &pb.SetPoliciesRequest{}
	switch w.r.IntN(4) {
	case 0:
		q.Policies = []*pb.KeyPolicy{{Asset: euro, Above: int64(w.r.IntN(2_000_000)), Threshold: uint32(1 + w.r.IntN(2))}}
	case 1:
		q.Policies = []*pb.KeyPolicy{{Ops: []uint32{104, 152, 158}, Threshold: 2}}
	}
	return do(w.pick(among(w, "person", "manykeys")), q)
}

func (w *world) setGuardians() []act {
	q := &pb.SetGuardiansRequest{}
	if a, b := w.pick("person"), w.pick(among(w, "person", "company")); a != b && !w.one(10) {
		q.Guardians = &pb.Guardians{Parties: []string{a, b}, Threshold: uint32(1 + w.r.IntN(2)),
			Delay: durationpb.New(time.Duration(1+w.r.IntN(72)) * time.Hour)}
	}
	return do(w.pick(among(w, "person", "company")), q)
}

func (w *world) recover() []act {
	p := w.parties[w.pick("guarded")]
	if p == nil {
		return nil
	}
	k := w.anyKey()
	if p.Recovery != nil && !w.one(4) {
		k = p.Recovery.Key
	}
	var out []act
	for _, g := range p.Guardians.Parties {
		if w.one(2) {
			out = append(out, act{g, &pb.RecoverRequest{Party: p.Id, Key: k}})
		}
	}
	return out
}

func (w *world) refuseRecovery() []act {
	return do(w.pick("recovering"), &pb.RefuseRecoveryRequest{})
}

func (w *world) freeze() []act {
	return do(w.pick(among(w, "person", "device", "parties")), &pb.FreezeRequest{})
}

func (w *world) thaw() []act { return do(w.pick("frozen"), &pb.ThawRequest{}) }

func (w *world) sponsor() []act {
	p := w.parties[w.pick("parties")]
	if p.Sponsor != "" && !w.one(8) {
		if w.one(3) {
			return do(among(w, p.Sponsor, p.Id), &pb.SponsorRequest{Party: p.Id, Stop: true})
		}
		return nil
	}
	return do(w.pick("company"), &pb.SponsorRequest{Party: p.Id})
}

func (w *world) retireDevice() []act {
	if len(w.sets["device"].ids) < 8 {
		return nil
	}
	d := w.pick("device")
	return do(w.ownerOf(d), &pb.RetireDeviceRequest{Device: d})
}

func (w *world) transferDevice() []act {
	d := w.pick("device")
	if d == "" {
		return nil
	}
	return do(w.ownerOf(d), &pb.TransferDeviceRequest{Device: d, To: w.pick(among(w, "person", "company"))})
}

// ownerOf is who acts for a device.
func (w *world) ownerOf(device string) string {
	if o := w.parties[device].GetOwner(); o != "" {
		return o
	}
	return device
}

package party

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/troth-ledger/troth/gen/pb"
)

// Whatever is done to a party's keys, policies and guardians, its lasting keys
// together can always change its keys, and thaw it.
func TestNobodyIsLockedOut(t *testing.T) {
	base := newWorld(t)
	rapid.Check(t, func(rt *rapid.T) {
		w := worldOver(rt, base.store)
		g := w.person()
		a := w.company()
		pairs := []pair{a.pair}
		lasting := func() []signer {
			var out []signer
			for _, p := range pairs {
				k := KeyOf(w.get(a.id), pb.Scheme_ED25519, p.public)
				if k != nil && k.Expires == nil && len(k.Ops) == 0 && len(out) < 8 { // signatures of a transaction
					out = append(out, p)
				}
			}
			return out
		}
		some := func() pair { return rapid.SampledFrom(pairs).Draw(rt, "key") }
		rt.Repeat(map[string]func(*rapid.T){
			"add": func(rt *rapid.T) {
				p := w.pair()
				k := p.key(rapid.SampledFrom([]pb.KeyRole{pb.KeyRole_OWNER, pb.KeyRole_AGENT, pb.KeyRole_DEVICE_KEY}).Draw(rt, "role"))
				if k.Role == pb.KeyRole_DEVICE_KEY || rapid.Bool().Draw(rt, "expires") {
					k.Expires = in(w, time.Hour)
				}
				if k.Role != pb.KeyRole_OWNER && rapid.Bool().Draw(rt, "scoped") {
					k.Ops = []uint32{codeTransfer}
				}
				if len(pairs) < 8 && w.submit(w.body(a.id, &pb.AddKeyRequest{Key: k}), lasting()...) == nil {
					pairs = append(pairs, p)
				}
			},
			"remove": func(rt *rapid.T) {
				_ = w.submit(w.body(a.id, &pb.RemoveKeyRequest{PublicKey: some().public}), lasting()...)
			},
			"rotate": func(rt *rapid.T) {
				p := w.pair()
				if w.submit(w.body(a.id, &pb.RotateKeyRequest{OldPublicKey: some().public, Scheme: pb.Scheme_ED25519, PublicKey: p.public}), lasting()...) == nil {
					pairs = append(pairs, p)
				}
			},
			"policies": func(rt *rapid.T) {
				m := &pb.SetPoliciesRequest{}
				for range rapid.IntRange(0, 3).Draw(rt, "n") {
					pol := &pb.KeyPolicy{Threshold: uint32(rapid.IntRange(1, 5).Draw(rt, "threshold"))}
					pol.Ops = rapid.SampledFrom([][]uint32{nil, {codeTransfer}, {105}, {102, 110}}).Draw(rt, "ops")
					m.Policies = append(m.Policies, pol)
				}
				_ = w.submit(w.body(a.id, m), lasting()...)
			},
			"freeze":    func(rt *rapid.T) { _ = w.submit(w.body(a.id, &pb.FreezeRequest{}), some()) },
			"later":     func(rt *rapid.T) { w.later(40 * time.Minute); w.due() },
			"guardians": func(rt *rapid.T) { _ = w.submit(w.body(a.id, guardians(1, time.Hour, g)), lasting()...) },
			"recover": func(rt *rapid.T) {
				p := w.pair()
				if w.do(g, &pb.RecoverRequest{Party: a.id, Key: p.owner()}) == nil {
					pairs = append(pairs, p)
				}
			},
			"": func(rt *rapid.T) {
				p := w.get(a.id)
				if !slices.ContainsFunc(p.Keys, owns) {
					rt.Fatalf("no lasting OWNER key left: %v", p)
				}
				mark := w.o.Mark()
				if p.Frozen {
					w.want(pb.Code_OK, w.submit(w.body(a.id, &pb.ThawRequest{}), lasting()...))
				}
				w.want(pb.Code_OK, w.submit(w.body(a.id, &pb.SetPoliciesRequest{}), lasting()...))
				w.o.Undo(mark)
			},
		})
	})
}

package party

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

func guardians(threshold uint32, delay time.Duration, of ...actor) *pb.SetGuardiansRequest {
	g := &pb.Guardians{Threshold: threshold, Delay: durationpb.New(delay)}
	for _, a := range of {
		g.Parties = append(g.Parties, a.id)
	}
	return &pb.SetGuardiansRequest{Guardians: g}
}

// guarded makes a person with an agent's and a phone's key and three guardians,
// of which two must agree and the owner has a day.
func guardedPerson(w *world) (a actor, agent pair, g [3]actor) {
	agent = w.pair()
	phone := w.pair().key(pb.KeyRole_DEVICE_KEY)
	phone.Expires = in(w, time.Hour)
	a, g = w.person(agent.key(pb.KeyRole_AGENT), phone), [3]actor{w.person(), w.person(), w.company()}
	w.must(a, guardians(2, 24*time.Hour, g[:]...))
	return a, agent, g
}

func TestRecover(t *testing.T) {
	w := newWorld(t)
	a, agent, g := guardedPerson(w)
	fresh := w.pair()
	ask := &pb.RecoverRequest{Party: a.id, Key: fresh.owner()}

	w.want(pb.Code_NOT_YOURS, w.do(w.person(), ask))
	w.want(pb.Code_NOT_YOURS, w.do(a, ask))
	w.want(pb.Code_EXISTS, w.do(g[0], &pb.RecoverRequest{Party: a.id, Key: a.owner()}))
	w.want(pb.Code_UNKNOWN_PARTY, w.do(g[0], &pb.RecoverRequest{Party: op.MakeID("p"), Key: fresh.owner()}))
	w.must(g[0], ask)
	w.want(pb.Code_EXISTS, w.do(g[0], ask))
	if w.get(a.id).Recovery.Due != nil {
		t.Fatal("due with one of two")
	}
	w.want(pb.Code_WRONG_STATE, w.do(a, &pb.SetGuardiansRequest{}))

	// Another key before enough agreed starts over.
	w.must(g[1], &pb.RecoverRequest{Party: a.id, Key: w.pair().owner()})
	w.must(g[0], ask)
	w.must(g[2], ask)
	if due := w.get(a.id).Recovery.Due; due == nil || !due.AsTime().Equal(w.now.Add(24*time.Hour)) {
		t.Fatalf("due %v", due)
	}
	w.must(g[1], ask) // one more changes nothing
	w.want(pb.Code_WRONG_STATE, w.do(g[1], &pb.RecoverRequest{Party: a.id, Key: w.pair().owner()}))

	w.later(24*time.Hour - 1)
	w.due()
	w.must(a, &pb.SettleRequest{})
	w.want(pb.Code_UNKNOWN_KEY, w.submit(w.body(a.id, &pb.SettleRequest{}), fresh))
	w.later(1)
	w.due()
	w.want(pb.Code_UNKNOWN_KEY, w.do(a, &pb.RefuseRecoveryRequest{}))
	w.want(pb.Code_OK, w.submit(w.body(a.id, &pb.SetPoliciesRequest{}), fresh))
	w.want(pb.Code_OK, w.submit(w.body(a.id, &pb.SettleRequest{}), agent))
	if p := w.get(a.id); len(p.Keys) != 2 || p.Recovery != nil || p.Guardians == nil {
		t.Fatalf("after: %v", p)
	}
}

// From the moment it is due a recovery holds, though the ledger be too busy to
// have come round to it.
func TestRecoverAtPointOfUse(t *testing.T) {
	w := newWorld(t)
	a, _, g := guardedPerson(w)
	fresh := w.pair()
	w.must(g[0], &pb.RecoverRequest{Party: a.id, Key: fresh.owner()})
	w.must(g[1], &pb.RecoverRequest{Party: a.id, Key: fresh.owner()})
	w.later(24 * time.Hour)
	w.want(pb.Code_UNKNOWN_KEY, w.do(a, &pb.RefuseRecoveryRequest{}))
	w.want(pb.Code_UNKNOWN_KEY, CanState(w.context(), w.get(a.id), a.sign(nil), 200))
	w.want(pb.Code_OK, w.submit(w.body(a.id, &pb.FreezeRequest{}), fresh))
	if p := w.get(a.id); p.Recovery != nil || KeyOf(p, pb.Scheme_ED25519, a.public) != nil {
		t.Fatal("not installed with the first change")
	}
}

func TestRefuseRecovery(t *testing.T) {
	w := newWorld(t)
	a, agent, g := guardedPerson(w)
	w.want(pb.Code_WRONG_STATE, w.do(a, &pb.RefuseRecoveryRequest{}))
	ask := &pb.RecoverRequest{Party: a.id, Key: w.pair().owner()}
	w.must(g[0], ask)
	w.must(g[1], ask)
	w.want(pb.Code_KEY_NOT_ALLOWED, w.submit(w.body(a.id, &pb.RefuseRecoveryRequest{}), agent))
	w.must(a, &pb.RefuseRecoveryRequest{})
	w.later(25 * time.Hour)
	w.due()
	w.must(a, &pb.SetGuardiansRequest{})
	w.want(pb.Code_NOT_YOURS, w.do(g[0], ask))
}

// Policies that the keys left could never meet go with the lost keys; others
// stay.
func TestRecoverPolicies(t *testing.T) {
	w := newWorld(t)
	g := w.person()
	agent := w.pair()
	a := w.company(w.pair().owner(), agent.key(pb.KeyRole_AGENT))
	w.must(a, guardians(1, time.Hour, g), &pb.SetPoliciesRequest{Policies: []*pb.KeyPolicy{
		{Threshold: 3, Asset: "EUR"}, {Threshold: 2, Ops: []uint32{codeTransfer}}}})
	fresh := w.pair()
	w.must(g, &pb.RecoverRequest{Party: a.id, Key: fresh.owner()})
	w.later(time.Hour)
	w.due()
	if p := w.get(a.id); len(p.Policies) != 1 || p.Policies[0].Threshold != 2 {
		t.Fatalf("policies %v", p.Policies)
	}
	w.want(pb.Code_MORE_SIGNATURES, w.submit(w.body(a.id, &pb.TransferRequest{}), fresh))
	w.want(pb.Code_OK, w.submit(w.body(a.id, &pb.TransferRequest{}), fresh, agent))
}

func TestRecoverChecks(t *testing.T) {
	w := &world{t: t, now: time.Unix(0, 0)}
	id, k := op.MakeID("p"), w.pair()
	w.want(pb.Code_OK, checkRecover(&pb.RecoverRequest{Party: id, Key: k.owner()}))
	w.want(pb.Code_INVALID, checkRecover(&pb.RecoverRequest{Party: "x", Key: k.owner()}))
	w.want(pb.Code_INVALID, checkRecover(&pb.RecoverRequest{Party: id}))
	w.want(pb.Code_INVALID, checkRecover(&pb.RecoverRequest{Party: id, Key: k.key(pb.KeyRole_AGENT)}))
	soon := k.owner()
	soon.Expires = in(w, time.Hour)
	w.want(pb.Code_INVALID, checkRecover(&pb.RecoverRequest{Party: id, Key: soon}))
}

func TestSetGuardians(t *testing.T) {
	w := newWorld(t)
	a, b := w.person(), w.person()
	d := w.device(a)
	ten := make([]actor, 10)
	for i := range ten {
		ten[i].id = op.MakeID("p", []byte{byte(i)})
	}
	for name, row := range map[string]struct {
		m    *pb.SetGuardiansRequest
		want pb.Code
	}{
		"one":           {guardians(1, time.Hour, b), pb.Code_OK},
		"none":          {&pb.SetGuardiansRequest{}, pb.Code_OK},
		"longest":       {guardians(1, DelayMax, b), pb.Code_OK},
		"no threshold":  {guardians(0, time.Hour, b), pb.Code_INVALID},
		"too high":      {guardians(2, time.Hour, b), pb.Code_INVALID},
		"empty":         {guardians(0, time.Hour), pb.Code_INVALID},
		"too quick":     {guardians(1, time.Hour-1, b), pb.Code_INVALID},
		"too slow":      {guardians(1, DelayMax+1, b), pb.Code_INVALID},
		"no delay":      {&pb.SetGuardiansRequest{Guardians: &pb.Guardians{Parties: []string{b.id}, Threshold: 1}}, pb.Code_INVALID},
		"twice":         {guardians(1, time.Hour, b, b), pb.Code_INVALID},
		"no id":         {guardians(1, time.Hour, actor{id: "bob"}), pb.Code_INVALID},
		"itself":        {guardians(1, time.Hour, a), pb.Code_INVALID},
		"device":        {guardians(1, time.Hour, d), pb.Code_INVALID},
		"unknown party": {guardians(1, time.Hour, ten[0]), pb.Code_UNKNOWN_PARTY},
		"too many":      {guardians(1, time.Hour, ten...), pb.Code_TOO_LARGE},
	} {
		if got := op.CodeOf(w.do(a, row.m)); got != row.want {
			t.Errorf("%s: %s, want %s", name, got, row.want)
		}
	}
}

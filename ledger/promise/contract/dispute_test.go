package contract

import (
	"testing"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
)

func disputed() *pb.Template {
	t := parcel()
	t.Roles = append(t.Roles, &pb.RoleDef{Name: "judge", Kind: pb.RoleKind_ARBITER})
	t.Dispute = &pb.DisputeDef{Rules: []string{"delivered in time"}, By: []string{"seller", "buyer"}, Window: "duration('72h')",
		Bond: "terms.penalty", Answer: "duration('48h')", Arbiter: "judge", Ruling: "duration('120h')", Fee: "terms.penalty / 3"}
	return t
}

// asserted is a promise whose delivery was just reported.
func asserted(t *testing.T) (*Contract, *pb.Promise, []FactView, time.Time) {
	t.Helper()
	c := must(t, disputed())
	p, err := c.Begin(append(disputed().Examples[0].Given, text("parcel", "x")))
	if err != nil {
		t.Fatal(err)
	}
	p.State = pb.PromiseState_ACTIVE
	views := []FactView{view("f", "p1", "carrier", "delivered", "2026-12-01T12:00:00Z", "2026-12-01T12:00:00Z")}
	now := day("2026-12-01T12:00:00Z")
	f, _, err := c.Next(p, views, now)
	if err != nil || f == nil || !f.Asserts || len(f.Legs) != 0 {
		t.Fatalf("%+v, %v", f, err)
	}
	c.Assert(p, f, now)
	return c, p, views, now
}

func code(err error) pb.Code {
	if f, ok := err.(*Fault); ok {
		return f.Code
	}
	return pb.Code_OK
}

func TestUnchallenged(t *testing.T) {
	c, p, views, now := asserted(t)
	end := now.Add(72 * time.Hour)
	f, wake, err := c.Next(p, views, end)
	if f != nil || err != nil || !wake.Equal(end.Add(1)) || !p.Wake.AsTime().Equal(wake) {
		t.Fatalf("%+v, %s, %v", f, wake, err)
	}
	f, _, _ = c.Next(p, views, end.Add(1))
	s := c.Fire(p, f, end.Add(1), pb.Settlement_DEADLINE)
	if s.Cause != pb.Settlement_UNCHALLENGED || p.Outcome != pb.Outcome_KEPT || p.Assertion != nil {
		t.Errorf("%v, %v", s, p)
	}
}

func TestChallenge(t *testing.T) {
	c, p, views, now := asserted(t)
	for _, x := range []struct {
		role, claim string
		at          time.Duration
		want        pb.Code
	}{
		{"carrier", "delivered late, or never", 0, pb.Code_NOT_YOURS},
		{"buyer", "delivered in time", 0, pb.Code_NOT_IN_TERMS},
		{"buyer", "nothing", 0, pb.Code_NOT_IN_TERMS},
		{"buyer", "delivered late, or never", 72*time.Hour + 1, pb.Code_WRONG_TIME},
	} {
		if _, err := c.Challenge(p, x.role, x.claim, now.Add(x.at)); code(err) != x.want {
			t.Errorf("%s: %v", x.role, err)
		}
	}
	if _, err := c.Answer(p, "seller", now); code(err) != pb.Code_WRONG_STATE {
		t.Errorf("answered before the challenge: %v", err)
	}
	now = now.Add(72 * time.Hour)
	bond, err := c.Challenge(p, "buyer", "delivered late, or never", now)
	if err != nil || bond.Units != 1200 || p.State != pb.PromiseState_CHALLENGED {
		t.Fatalf("%v, %v", bond, err)
	}
	if f, _, _ := c.Next(p, views, now.Add(48*time.Hour)); f != nil {
		t.Error("silence loses too early")
	}
	f, _, _ := c.Next(p, views, now.Add(48*time.Hour+1))
	if f == nil || f.Cause != pb.Settlement_UNANSWERED || f.Rule != 1 {
		t.Fatalf("%+v", f)
	}
	if b := c.Bonds(p, f); len(b) != 1 || b[0].Role != "buyer" || b[0].Units != 1200 {
		t.Errorf("bonds: %v", b)
	}
	if _, err := c.Answer(p, "buyer", now); code(err) != pb.Code_NOT_YOUR_TURN {
		t.Errorf("the challenger answers: %v", err)
	}
	if _, err := c.Answer(p, "seller", now.Add(48*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Rule(p, "nothing", views, now); code(err) != pb.Code_NOT_IN_TERMS {
		t.Errorf("ruled by no clause: %v", err)
	}
	ruled := now.Add(48*time.Hour + 120*time.Hour)
	if f, _, _ := c.Next(p, views, ruled.Add(1)); f == nil || f.Cause != pb.Settlement_NO_RULING || f.Rule != 0 || len(c.Bonds(p, f)) != 2 {
		t.Errorf("an arbiter's silence: %+v", f)
	}
	f, err = c.Rule(p, "delivered late, or never", views, ruled)
	if err != nil {
		t.Fatal(err)
	}
	b := c.Bonds(p, f)
	if len(b) != 3 || b[1].Role != "buyer" || b[1].Units != 800 || b[2].Role != "judge" || b[2].Units != 400 {
		t.Errorf("bonds: %v", b)
	}
	c.Fire(p, f, ruled, pb.Settlement_REQUEST)
	if p.Outcome != pb.Outcome_BROKEN || p.Holds[0].Paid != 12000 {
		t.Errorf("%v", p)
	}
}

func TestReleaseAndRestore(t *testing.T) {
	c, p, _, now := asserted(t)
	for _, shares := range [][]*pb.AgreedPayout{
		{{Hold: "payment", To: "seller", Units: 12001}},
		{{Hold: "payment", To: "seller", Units: 12000}, {Hold: "payment", To: "buyer", Units: 1}},
		{{Hold: "payment", To: "seller", Units: -1}},
		{{Hold: "nothing", To: "seller", Units: 1}},
		{{Hold: "payment", To: "nobody", Units: 1}},
	} {
		if _, err := c.Release(p, shares); code(err) != pb.Code_BAD_SHARES {
			t.Errorf("%v: %v", shares, err)
		}
	}
	f, err := c.Release(p, []*pb.AgreedPayout{{Hold: "payment", To: "seller", Units: 7000}})
	if err != nil {
		t.Fatal(err)
	}
	q := p.CloneVT()
	s := c.Fire(q, f, now, pb.Settlement_NO_CAUSE)
	if len(s.Payouts) != 3 || s.Payouts[1].Role != "buyer" || s.Payouts[1].Units != 5000 || s.Payouts[2].Role != "seller" || s.Cause != pb.Settlement_AGREEMENT {
		t.Errorf("%v", s)
	}
	s = c.Fire(p, c.Restore(p, pb.Outcome_EXPIRED), now, pb.Settlement_NO_CAUSE)
	if p.Outcome != pb.Outcome_EXPIRED || s.Payouts[0].Role != "buyer" || s.Payouts[0].Units != 12000 || s.Cause != pb.Settlement_NOT_ACCEPTED {
		t.Errorf("%v", s)
	}
}

package party

import (
	"math"
	"testing"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// register1 lets a party register another; m says what and how.
func register1(w *world, by actor, m *pb.CreatePartyRequest) (actor, error) {
	k := w.pair()
	m.Keys, m.Salt = []*pb.Key{k.owner()}, testSalt
	return actor{k, ID(pb.Scheme_ED25519, k.public, testSalt, by.id)}, w.do(by, m)
}

// Thousands who come at once get the newcomers' share and no more, whatever they
// try. Somebody who came two hours before them notices nothing, nor does anybody
// whom a company sponsors.
func TestSybils(t *testing.T) {
	const total = 6000
	w := newWorld(t)
	w.params.NewcomersPerMinute = 1000
	w.params.NewcomerQuotaPerMinute, w.params.NewcomerQuotaBurst, w.params.NewcomerTotalPerMinute = 10, 60, total
	shop := w.company()
	early, customer := w.person(), w.person()
	w.must(shop, &pb.SponsorRequest{Party: customer.id})
	w.later(2 * time.Hour)

	var crowd []actor
	for range 4 {
		for range 1000 {
			crowd = append(crowd, w.person())
		}
		w.later(time.Minute)
	}
	w.later(time.Hour) // every bucket is full
	const minutes = 6
	taken := 0
	c := w.context()
	for range minutes * 10 {
		w.later(6 * time.Second)
		c.Now = w.now
		for _, a := range crowd {
			c.Signer = a.id
			if Charge(c, 1) == nil {
				taken++
			}
		}
		w.must(early, &pb.SettleRequest{})
		w.must(customer, &pb.SettleRequest{}, &pb.SettleRequest{}, &pb.SettleRequest{})
	}
	if most := total * (minutes + 1); taken > most {
		t.Errorf("the crowd sent %d operations in %d minutes, above %d", taken, minutes, most)
	}
	if least := total * minutes * 9 / 10; taken < least {
		t.Errorf("the crowd sent %d operations; it has a share of about %d", taken, least)
	}

	late := w.person()
	w.want(pb.Code_QUOTA, w.do(late, &pb.SettleRequest{}))
	w.must(shop, &pb.SponsorRequest{Party: late.id})
	w.must(late, &pb.SettleRequest{})
}

// Newcomers who vouch for each other vouch for nobody.
func TestVouched(t *testing.T) {
	w := newWorld(t)
	shop, dora := w.company(), w.person()
	firm := func(by actor, sponsor bool) actor {
		a, err := register1(w, by, &pb.CreatePartyRequest{Kind: pb.PartyKind_COMPANY, Name: "Firm", Sponsor: sponsor})
		w.want(pb.Code_OK, err)
		return a
	}
	is := func(want bool, all ...actor) {
		t.Helper()
		for i, a := range all {
			if got := vouched(w.o, w.get(a.id)); got != want {
				t.Errorf("%d is vouched for: %v", i, got)
			}
		}
	}
	one, two := firm(dora, false), firm(dora, false)
	w.must(one, &pb.SponsorRequest{Party: two.id})
	w.must(two, &pb.SponsorRequest{Party: one.id})
	w.must(two, &pb.SponsorRequest{Party: dora.id})
	is(true, shop)
	is(false, dora, one, two)

	// One of the ring comes to know a company, and all have somebody; until that
	// company thinks better of it.
	w.must(one, &pb.SponsorRequest{Party: one.id, Stop: true})
	w.must(shop, &pb.SponsorRequest{Party: one.id})
	is(true, dora, one, two)
	w.must(shop, &pb.SponsorRequest{Party: one.id, Stop: true})
	is(false, dora, one, two)

	// A chain is followed so far.
	chain := []actor{shop}
	for range sponsorsMax + 1 {
		chain = append(chain, firm(chain[len(chain)-1], true))
	}
	is(true, chain[:sponsorsMax+1]...)
	is(false, chain[sponsorsMax+1])

	own := w.get(dora.id).CloneVT()
	own.QuotaPerMinute = 5
	put(w.context(), own)
	is(true, dora)
}

// A newcomer who sponsors those it registers brings no more of them than may
// come, and pays for them from the newcomers' share.
func TestNewcomersSponsor(t *testing.T) {
	w := newWorld(t)
	w.params.NewcomersPerMinute = 3
	w.params.NewcomerQuotaPerMinute, w.params.NewcomerQuotaBurst, w.params.NewcomerTotalPerMinute = 1, 10, 40
	person := &pb.CreatePartyRequest{Kind: pb.PartyKind_PERSON, Sponsor: true}
	firm, err := register1(w, w.person(), &pb.CreatePartyRequest{Kind: pb.PartyKind_COMPANY, Name: "Firm"})
	w.want(pb.Code_OK, err)
	customer, err := register1(w, firm, person)
	w.want(pb.Code_OK, err)
	_, err = register1(w, firm, person.CloneVT())
	w.want(pb.Code_TOO_MANY_NEWCOMERS, err)

	take := func(a actor, n int) error {
		c := w.context()
		c.Signer = a.id
		return Charge(c, n)
	}
	// Of 40, half is kept; 1 each went for the firm, the customer and the one
	// who did not come.
	w.want(pb.Code_OK, take(customer, 10))
	w.want(pb.Code_OK, take(customer, 3)) // the firm's
	w.want(pb.Code_QUOTA, take(customer, 3))
	for range 4 {
		w.want(pb.Code_OK, take(firm, 1))
	}
	w.want(pb.Code_QUOTA, take(firm, 1)) // its quota has one more, the share hasn't
	if p := w.get(firm.id); p.Sponsor != "" || vouched(w.o, p) {
		t.Fatal("somebody vouches for the firm")
	}
}

func TestReserved(t *testing.T) {
	for _, row := range []struct {
		total uint32
		age   time.Duration
		want  int64
	}{
		{6000, 0, 3000 * micro},
		{6000, -time.Hour, 3000 * micro}, // a genesis may say so
		{6000, seniority / 2, 1500 * micro},
		{6000, seniority - time.Hour, 1_388_888},
		{6000, seniority - 1, 1_388_888},
		{6000, seniority, 0},
		{6000, math.MaxInt64, 0},
		{6000, math.MinInt64, 3000 * micro},
		{0, 0, 0},
		{math.MaxUint32, 0, math.MaxUint32 * micro / 2},
	} {
		if got := reserved(row.total, row.age); got > row.want || got < row.want-row.want/1000 {
			t.Errorf("of %d at %s: %d, want %d", row.total, row.age, got, row.want)
		}
	}
}

// What a newcomer can't pay for takes nothing from the share, and the other way
// round.
func TestChargeBothOrNeither(t *testing.T) {
	w := newWorld(t)
	w.params.NewcomerQuotaPerMinute, w.params.NewcomerQuotaBurst, w.params.NewcomerTotalPerMinute = 1, 5, 12
	a, b := w.person(), w.person()
	c := w.context()
	for _, row := range []struct {
		a    actor
		n    int
		want pb.Code
	}{
		{a, 6, pb.Code_QUOTA}, {a, 5, pb.Code_OK}, {b, 2, pb.Code_QUOTA}, {b, 1, pb.Code_OK}, {b, 1, pb.Code_QUOTA},
	} {
		c.Signer = row.a.id
		if err := Charge(c, row.n); op.CodeOf(err) != row.want {
			t.Errorf("%d: %v, want %s", row.n, err, row.want)
		}
	}
	if q, _ := Quotas.Peek(w.o, state.Key(b.id)); q.GetMicro() != 4*micro {
		t.Errorf("b has %d millionths left", q.GetMicro())
	}
}

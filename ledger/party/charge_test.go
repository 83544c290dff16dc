package party

import (
	"math"
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

func TestCharge(t *testing.T) {
	w := newWorld(t)
	w.quota(6, 3)
	a, shop := w.person(), w.company()
	x := &pb.SettleRequest{}
	w.want(pb.Code_QUOTA, w.do(a, x, x, x, x)) // more than the burst
	w.must(a, x, x)
	w.must(a, x)
	w.want(pb.Code_QUOTA, w.do(a, x))
	w.later(10*time.Second - 1)
	w.want(pb.Code_QUOTA, w.do(a, x))
	w.later(1)
	w.must(a, x)

	// The sponsor pays when the party's own is used up.
	w.must(shop, &pb.SponsorRequest{Party: a.id})
	w.must(a, x)
	w.want(pb.Code_QUOTA, w.do(a, x)) // half of the sponsor's is its own
	w.must(shop, x)
	w.want(pb.Code_QUOTA, w.do(shop, x))
	w.later(10 * time.Second)
	w.must(a, x)
	w.must(shop, &pb.FreezeRequest{})
	w.want(pb.Code_QUOTA, w.do(a, x))
	w.later(10 * time.Second) // a frozen sponsor gives nothing
	w.must(a, x)
	w.want(pb.Code_QUOTA, w.do(a, x))

	w.later(50 * 365 * 24 * time.Hour)
	w.must(a, x, x, x)
	w.want(pb.Code_QUOTA, w.do(a, x))
}

func TestChargeOwnQuota(t *testing.T) {
	w := newWorld(t)
	w.quota(1, 1)
	a := w.company()
	p := w.get(a.id).CloneVT()
	p.QuotaPerMinute = 600
	put(w.context(), p)
	c := w.context()
	c.Signer = a.id
	w.want(pb.Code_OK, Charge(c, 600))
	w.want(pb.Code_QUOTA, Charge(c, 1))
	c.Now = c.Now.Add(time.Second)
	w.want(pb.Code_OK, Charge(c, 10))
	w.want(pb.Code_QUOTA, Charge(c, 1))
}

// A transaction that is refused after admission is charged; one refused before
// is not.
func TestChargeRefused(t *testing.T) {
	w := newWorld(t)
	w.quota(1, 2)
	a := w.person()
	w.want(pb.Code_UNKNOWN_KEY, w.submit(w.body(a.id, &pb.SettleRequest{}), w.pair()))
	w.want(pb.Code_WRONG_STATE, w.do(a, &pb.ThawRequest{}))
	w.want(pb.Code_WRONG_STATE, w.do(a, &pb.ThawRequest{}))
	w.want(pb.Code_QUOTA, w.do(a, &pb.ThawRequest{}))
}

func TestNewcomers(t *testing.T) {
	w := newWorld(t)
	w.params.NewcomersPerMinute = 3
	create := func() (actor, *pb.CreatePartyRequest) {
		k := w.pair()
		return actor{k, ID(pb.Scheme_ED25519, k.public, testSalt, "")},
			&pb.CreatePartyRequest{Kind: pb.PartyKind_PERSON, Keys: []*pb.Key{k.owner()}, Salt: testSalt}
	}
	shop := w.company()
	w.person()
	w.person()
	a, m := create()
	w.want(pb.Code_TOO_MANY_NEWCOMERS, w.do(a, m, &pb.SettleRequest{})) // two operations count as two
	w.must(a, m)
	b, n := create()
	w.want(pb.Code_TOO_MANY_NEWCOMERS, w.do(b, n))
	w.want(pb.Code_TOO_MANY_NEWCOMERS, w.do(shop, n))
	n.Sponsor = true
	w.must(shop, n)
	w.later(20 * time.Second)
	w.person()
	w.params.NewcomersPerMinute = 0
	w.later(time.Hour)
	b, n = create()
	w.want(pb.Code_TOO_MANY_NEWCOMERS, w.do(b, n))
}

// The bucket against the same with fractions: it never gives more, and loses
// less than a millionth and a nanosecond's worth at each step.
func TestBucketAgainstFractions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.Uint32().Draw(t, "rate")
		burst := rapid.Uint32().Draw(t, "burst")
		now := time.Unix(1_700_000_000, 0)
		b := bucket{int64(burst) * micro, now}
		full := new(big.Rat).SetInt64(int64(burst))
		naive := new(big.Rat).Set(full)
		slack := new(big.Rat)
		per := new(big.Rat).SetFrac64(int64(rate), int64(time.Minute))
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			d := time.Duration(rapid.OneOf(rapid.Int64Range(0, 1_000_000), rapid.Int64Range(0, int64(time.Hour)),
				rapid.Int64Range(0, 20*365*24*int64(time.Hour))).Draw(t, "passed"))
			now = now.Add(d)
			naive.Add(naive, new(big.Rat).Mul(per, new(big.Rat).SetInt64(int64(d))))
			if naive.Cmp(full) > 0 {
				naive.Set(full)
			}
			b = b.refill(now, rate, burst)
			n := rapid.OneOf(rapid.IntRange(0, 64), rapid.IntRange(0, int(burst))).Draw(t, "ops")
			var ok bool
			if b, ok = b.take(n); ok {
				naive.Sub(naive, new(big.Rat).SetInt64(int64(n)))
			}
			slack.Add(slack, per)
			have := new(big.Rat).SetFrac64(b.micro, micro)
			least := new(big.Rat).Sub(naive, slack)
			least.Sub(least, big.NewRat(1, micro))
			if have.Cmp(naive) > 0 || have.Cmp(least) < 0 {
				t.Fatalf("have %s, naive %s, slack %s", have.FloatString(9), naive.FloatString(9), slack.FloatString(9))
			}
		}
	})
}

func TestBucketEdges(t *testing.T) {
	at := time.Unix(1_700_000_000, 0)
	for name, row := range map[string]struct {
		micro       int64
		passed      time.Duration
		rate, burst uint32
		want        int64
	}{
		"time stands still": {5, 0, 60, 10, 5},
		"time goes back":    {5, -time.Hour, 60, 10, 5},
		"no refill":         {5, time.Hour, 0, 10, 5},
		"idle for ever":     {0, math.MaxInt64, math.MaxUint32, math.MaxUint32, math.MaxUint32 * micro},
		"slow and large":    {0, time.Minute, 1, math.MaxUint32, micro},
		"burst was lowered": {50 * micro, time.Second, 60, 10, 10 * micro},
		"exactly full":      {9 * micro, time.Second, 60, 10, 10 * micro},
	} {
		if got := (bucket{row.micro, at}).refill(at.Add(row.passed), row.rate, row.burst); got.micro != row.want {
			t.Errorf("%s: %d, want %d", name, got.micro, row.want)
		}
	}
}

func TestQuotaRowNeverEmpty(t *testing.T) {
	w := newWorld(t)
	w.quota(60, 1)
	w.now = time.Unix(0, 0)
	a := w.person()
	w.must(a, &pb.SettleRequest{})
	q, ok := Quotas.Get(w.o, state.Key(a.id))
	if !ok || q.Micro != 0 || len(state.Encode(q)) == 0 {
		t.Fatalf("quota %v", q)
	}
	if op.CodeOf(w.do(a, &pb.SettleRequest{})) != pb.Code_QUOTA {
		t.Fatal("not used up")
	}
}

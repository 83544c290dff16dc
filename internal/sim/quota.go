package sim

import (
	"fmt"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger"
	"github.com/troth-ledger/troth/ledger/state"
)

// quotas are what the accountant reckons that each party has left to send. Who
// paid for a transaction, the ledger's rows say; that it had so much, and that
// it was its turn to pay, is reckoned.
type quotas struct {
	parties map[string]*pb.Party // as they are before the next transaction
	params  *pb.Params           // in force
	left    map[string]left      // when it was last charged: by party, and by row for what newcomers share
	seen    map[string]int       // the report's
}

// left is how many operations somebody has left at a moment.
type left struct {
	name string
	ops  float64
	at   time.Time
}

// hair is by how many operations the accountant may be wrong, for he reckons
// with fractions.
const hair = 0.001

func newQuotas(seen map[string]int) *quotas {
	return &quotas{parties: map[string]*pb.Party{}, left: map[string]left{}, seen: seen}
}

// apply takes note of what parties became.
func (k *quotas) apply(changes []state.Change) {
	for _, ch := range changes {
		if p, ok := ch.After().(*pb.Party); ok {
			k.parties[p.Id] = p
		}
	}
}

// has is what somebody has left now, who gets so many a minute and can have most.
// It grows from when it was last charged by the rate of today, as in the ledger:
// who only looks changes nothing, or a rate that the council changed would count
// from then on.
func (k *quotas) has(name string, now time.Time, perMinute, most uint32) left {
	l, ok := k.left[name]
	if !ok {
		return left{name, float64(most), now}
	}
	l.ops, l.at = min(l.ops+now.Sub(l.at).Minutes()*float64(perMinute), float64(most)), now
	return l
}

// vouched says whether somebody answers for a party: itself, or one of four that
// sponsor each the one before.
func (k *quotas) vouched(p *pb.Party) bool {
	for range 1 + 4 {
		if p == nil {
			return false
		}
		if p.Created == nil || p.QuotaPerMinute > 0 {
			return true
		}
		p = k.parties[p.Sponsor]
	}
	return false
}

// of is what a party has left, and how much it can have.
func (k *quotas) of(p *pb.Party, now time.Time) (l left, most uint32) {
	perMinute, most := k.params.NewcomerQuotaPerMinute, k.params.NewcomerQuotaBurst
	if k.vouched(p) {
		perMinute, most = k.params.QuotaPerMinute, k.params.QuotaBurst
	}
	if own := p.QuotaPerMinute; own > 0 {
		perMinute, most = own, max(own, k.params.QuotaBurst)
	}
	return k.has(p.Id, now, perMinute, most), most
}

// charged enters what a transaction was charged, which its changes tell of, and
// what was refused for want of a quota.
func (k *quotas) charged(now time.Time, t ledger.Tx, res *pb.TxResult, changes []state.Change) {
	payer, share, came := "", false, 0
	for _, ch := range changes {
		switch ch.Table() {
		case "quotas":
			if payer != "" {
				failf("a transaction of %s is charged twice", t.Decoded.Body.Party)
			}
			payer = string(ch.Key())
		case "newcomers":
			if ch.Key() == "newcomers" {
				came++
			} else {
				share = true
			}
		}
	}
	p, n := k.parties[t.Decoded.Body.Party], t.Decoded.Weight()
	if p == nil && came > 0 {
		came += n - 1 // it is charged for all that it does as it comes
	}
	if rate := k.params.NewcomersPerMinute; came > 0 {
		k.take("parties that come without a sponsor", k.has("newcomers", now, rate, rate), came, 0)
	}
	switch {
	case payer == "" && (came == 0 || p != nil):
		if res.Code == 0 || res.FailedOp > 0 {
			failf("a transaction of %s ran and nobody was charged", t.Decoded.Body.Party)
		}
		if pb.Code(res.Code) == pb.Code_QUOTA {
			k.refused(now, p, n)
		}
	case p == nil:
		if payer != "" || share {
			failf("%s, which comes by itself, is charged to %q", t.Decoded.Body.Party, payer)
		}
	case payer == p.Id:
		own, _ := k.of(p, now)
		k.take(p.Id, own, n, 0)
		k.takeShare(now, p, n, share)
	case payer == p.Sponsor && !k.parties[payer].Frozen:
		sponsor := k.parties[payer]
		k.seen["a sponsor paid"]++
		l, most := k.of(sponsor, now)
		if k.take("the half that "+payer+" gives away", l, n, float64(most/2)) < float64(most/2+1) {
			k.seen["a sponsor gave all it gives"]++
		}
		k.takeShare(now, sponsor, n, share)
		if own, _ := k.of(p, now); own.ops > float64(n)+hair && k.vouched(p) {
			failf("%s has %.3f operations left, and its sponsor pays for %d", p.Id, own.ops, n)
		}
	default:
		failf("a transaction of %s, sponsored by %q, is charged to %s", p.Id, p.Sponsor, payer)
	}
}

// take charges operations, and returns what that leaves.
func (k *quotas) take(whose string, l left, n int, keep float64) float64 {
	if l.ops -= float64(n); l.ops < keep-hair {
		failf("%s: %d operations are charged, which leaves %.3f; %.0f is the least", whose, n, l.ops, keep)
	}
	k.left[l.name] = l
	return l.ops
}

// takeShare takes from what newcomers share. Of what lies below a half, one who
// came within the hour gets nothing.
func (k *quotas) takeShare(now time.Time, p *pb.Party, n int, share bool) {
	if k.vouched(p) == share {
		failf("%s, vouched for: %t, is charged to the newcomers' share: %t", p.Id, k.vouched(p), share)
	}
	if !share {
		return
	}
	k.seen["newcomers shared"]++
	l, keep := k.share(now), 0.0
	if now.Sub(p.Created.AsTime()) < time.Hour {
		keep = float64(k.params.NewcomerTotalPerMinute)/2 - 0.01 // which the ledger rounds by the hour
	}
	k.take("the share of newcomers, for "+p.Id, l, n, keep)
}

func (k *quotas) share(now time.Time) left {
	return k.has("operations", now, k.params.NewcomerTotalPerMinute, k.params.NewcomerTotalPerMinute)
}

// refused: whoever is refused for want of a quota has none, nor its sponsor.
func (k *quotas) refused(now time.Time, p *pb.Party, n int) {
	k.seen["a quota used up in a block"]++
	can := func(p *pb.Party, keep func(most uint32) uint32) error {
		l, most := k.of(p, now)
		free := k.vouched(p) || k.share(now).ops > float64(k.params.NewcomerTotalPerMinute/2+1)+float64(n)
		if free && l.ops-float64(n) > float64(keep(most))+hair {
			return fmt.Errorf("%s has %.3f of %d operations left", p.Id, l.ops, most)
		}
		return nil
	}
	if err := can(p, func(uint32) uint32 { return 0 }); err != nil {
		failf("a transaction of %d operations of %s is refused for want of a quota: %v", n, p.Id, err)
	}
	if s := k.parties[p.Sponsor]; s != nil && !s.Frozen {
		if err := can(s, func(most uint32) uint32 { return most / 2 }); err != nil {
			failf("a transaction of %d operations of %s is refused for want of a quota, though of its sponsor %v", n, p.Id, err)
		}
	}
}

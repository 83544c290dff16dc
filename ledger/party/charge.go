package party

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// Charge takes a transaction's operations from the signer's quota, or all of
// them from its sponsor's where its own has too little left; QUOTA otherwise.
// What a newcomer pays with comes from the newcomers' share as well. A signer
// that doesn't exist yet has no quota: its operations count as so many parties
// that come, TOO_MANY_NEWCOMERS where there are too many. A costly operation
// counts as several: see op.Weigh.
func Charge(c *op.Context, ops int) error {
	p, ok := Parties.Peek(c.State, state.Key(c.Signer))
	if !ok {
		return admitNewcomers(c, ops)
	}
	err := charge(c, p, ops, false)
	if err == nil || p.Sponsor == "" {
		return err
	}
	// A frozen sponsor gives nothing away, quota included. The other half of its
	// quota is its own: no customer, and no thief of a customer's phone, can keep
	// a company from acting.
	if s, ok := Parties.Peek(c.State, state.Key(p.Sponsor)); ok && !s.Frozen && charge(c, s, ops, true) == nil {
		return nil
	}
	return op.Errorf(pb.Code_QUOTA, "%v; neither has its sponsor %s so many to give", err, p.Sponsor)
}

// charge takes operations from a party's quota; where they are given away, from
// the first half of it.
func charge(c *op.Context, p *pb.Party, ops int, given bool) error {
	known := vouched(c.State, p)
	perMinute, burst := quotaOf(c.Params, p, known)
	b := bucket{int64(burst) * micro, c.Now}
	if q, ok := Quotas.Peek(c.State, state.Key(p.Id)); ok {
		b = bucket{q.Micro, q.At.AsTime()}.refill(c.Now, perMinute, burst)
	}
	b, ok := b.take(ops)
	if !ok || given && b.micro < int64(burst/2)*micro {
		return op.Errorf(pb.Code_QUOTA, "%s has less than %d operations of its quota left; it refills by %d a minute, up to %d", p.Id, ops, perMinute, burst)
	}
	if !known {
		if err := takeShare(c, p, ops); err != nil {
			return err
		}
	}
	Quotas.Put(c.State, state.Key(p.Id), &pb.Quota{Micro: b.micro, At: timestamppb.New(b.at)})
	return nil
}

// quotaOf is what a party's quota refills by a minute, and how much it holds:
// the chain's, or for a quota of the party's own at least a minute's worth of
// that. A large quota would be no use if it could not be sent.
func quotaOf(p *pb.Params, of *pb.Party, known bool) (perMinute, burst uint32) {
	switch {
	case of.QuotaPerMinute != 0:
		return of.QuotaPerMinute, max(p.QuotaBurst, of.QuotaPerMinute)
	case known:
		return p.QuotaPerMinute, p.QuotaBurst
	default:
		return p.NewcomerQuotaPerMinute, p.NewcomerQuotaBurst
	}
}

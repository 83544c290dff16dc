package party

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

const newcomersKey state.Key = "newcomers"

// Charge takes a transaction's operations from the signer's quota, or all of
// them from its sponsor's where its own has too little left; QUOTA otherwise. A
// signer that doesn't exist yet is a newcomer and has no quota: its operations
// count as so many newcomers, TOO_MANY_NEWCOMERS where there are too many. A
// costly operation counts as several: see op.Weigh.
func Charge(c *op.Context, ops int) error {
	p, ok := Parties.Peek(c.State, state.Key(c.Signer))
	if !ok {
		return admitNewcomers(c, ops)
	}
	if charge(c, p, ops, 0) {
		return nil
	}
	if p.Sponsor == "" {
		return op.Errorf(pb.Code_QUOTA, "%s has less than %d operations of its quota left; it refills by %d a minute, up to %d", p.Id, ops, perMinute(c, p), burst(c, p))
	}
	// A frozen sponsor gives nothing away, quota included. The other half of its
	// quota is its own: no customer, and no thief of a customer's phone, can keep
	// a company from acting.
	if s, ok := Parties.Peek(c.State, state.Key(p.Sponsor)); ok && !s.Frozen && charge(c, s, ops, int(burst(c, s))/2) {
		return nil
	}
	return op.Errorf(pb.Code_QUOTA, "neither %s nor its sponsor %s has %d operations of quota left to give; %s refills by %d a minute, up to %d",
		p.Id, p.Sponsor, ops, p.Id, perMinute(c, p), burst(c, p))
}

// charge takes operations from a party's quota where at least keep are left.
func charge(c *op.Context, p *pb.Party, ops, keep int) bool {
	b := bucket{int64(burst(c, p)) * micro, c.Now}
	if q, ok := Quotas.Peek(c.State, state.Key(p.Id)); ok {
		b = bucket{q.Micro, q.At.AsTime()}.refill(c.Now, perMinute(c, p), burst(c, p))
	}
	b, ok := b.take(ops)
	if ok = ok && b.micro >= int64(keep)*micro; ok {
		Quotas.Put(c.State, state.Key(p.Id), &pb.Quota{Micro: b.micro, At: timestamppb.New(b.at)})
	}
	return ok
}

func perMinute(c *op.Context, p *pb.Party) uint32 {
	if p.QuotaPerMinute != 0 {
		return p.QuotaPerMinute
	}
	return c.Params.QuotaPerMinute
}

// burst is the chain's, and at least a minute's worth of a quota of the
// party's own: a large quota would be no use if it could not be sent.
func burst(c *op.Context, p *pb.Party) uint32 { return max(c.Params.QuotaBurst, p.QuotaPerMinute) }

// admitNewcomers counts parties that come without a sponsor.
func admitNewcomers(c *op.Context, n int) error {
	rate := c.Params.NewcomersPerMinute
	b := bucket{int64(rate) * micro, c.Now}
	if row, ok := Newcomers.Peek(c.State, newcomersKey); ok {
		b = bucket{row.Micro, row.At.AsTime()}.refill(c.Now, rate, rate)
	}
	b, ok := b.take(n)
	if !ok {
		return op.Errorf(pb.Code_TOO_MANY_NEWCOMERS, "no more than %d parties a minute may come without a sponsor; try later, or have a company register the party as its sponsor", rate)
	}
	Newcomers.Put(c.State, newcomersKey, &pb.Newcomers{Micro: b.micro, At: timestamppb.New(b.at)})
	return nil
}

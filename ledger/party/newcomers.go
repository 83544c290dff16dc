package party

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// A newcomer is a party that came after the chain's start and that nobody
// answers for: see vouched. It costs nothing to be a thousand of them, so a
// quota for each bounds none of them together: however small, a million times it
// is more than the chain can do. What bounds them is one bucket for all,
// newcomer_total_per_minute. With newcomers_per_minute, which counts how many
// come, that is all that parties without a sponsor ever take of the chain, and
// what their records can add to its state.
//
// One bucket alone would let a crowd shut out the person who has no company
// either. Names can be had in any number, so nothing about how much each sends
// tells that person from the crowd. Time can't be had: whoever starts a crowd
// today was not here yesterday. So the crowd drains the bucket to a level only,
// and what lies below it is for those who came before: see reserved. A person
// who came two hours before the first of a crowd acts as if there were none; one
// who comes later needs a sponsor, or the patience to try again. A crowd that
// was raised ninety days ahead is level with everybody, and still within its
// share.
//
// The small quota of each newcomer's own is for the quiet times, when one
// program that runs wild should not empty the bucket of all.

// The rows of Newcomers.
const (
	comingKey  state.Key = "newcomers"
	sendingKey state.Key = "operations"
)

const (
	// sponsorsMax is how many sponsors are followed to one who was there from the
	// start. A ring of newcomers who sponsor each other has no such end.
	sponsorsMax = 4
	// seniority is the age at which a newcomer has all of the share in reach.
	seniority = 90 * 24 * time.Hour
)

// vouched says whether somebody answers for what a party sends: it was there
// from the chain's start, it was given a quota of its own, or it has a sponsor
// of whom the same is true. A sponsor's sponsor can take it all back at once.
func vouched(r state.Reader, p *pb.Party) bool {
	for range sponsorsMax + 1 {
		if p.Created == nil || p.QuotaPerMinute != 0 {
			return true
		}
		s, ok := Parties.Peek(r, state.Key(p.Sponsor))
		if !ok {
			return false
		}
		p = s
	}
	return false
}

// admitNewcomers counts parties that come without a sponsor.
func admitNewcomers(c *op.Context, n int) error {
	rate := c.Params.NewcomersPerMinute
	if !takeNewcomers(c, comingKey, rate, n, 0) {
		return op.Errorf(pb.Code_TOO_MANY_NEWCOMERS, "no more than %d parties a minute may come without a sponsor; try later, or have a company register the party as its sponsor", rate)
	}
	return nil
}

// takeShare takes operations of a newcomer's from what all newcomers share.
func takeShare(c *op.Context, p *pb.Party, ops int) error {
	total := c.Params.NewcomerTotalPerMinute
	if !takeNewcomers(c, sendingKey, total, ops, reserved(total, c.Now.Sub(p.Created.AsTime()))) {
		return op.Errorf(pb.Code_QUOTA, "parties without a sponsor share %d operations a minute, and %d more of %s are too many now; try later, or ask a company to sponsor it", total, ops, p.Id)
	}
	return nil
}

// reserved is how much of the newcomers' share, in millionths, is kept from a
// newcomer of this age for those who came earlier: half of it at first, less
// with each hour, and nothing from seniority on.
func reserved(total uint32, age time.Duration) int64 {
	const hours = int64(seniority / time.Hour)
	left := min(max(hours-int64(age/time.Hour), 0), hours)
	return int64(total) * micro / 2 / hours * left
}

// takeNewcomers takes n of a row that refills by rate a minute and holds a
// minute's worth, where at least keep millionths are left.
func takeNewcomers(c *op.Context, row state.Key, rate uint32, n int, keep int64) bool {
	b := bucket{int64(rate) * micro, c.Now}
	if r, ok := Newcomers.Peek(c.State, row); ok {
		b = bucket{r.Micro, r.At.AsTime()}.refill(c.Now, rate, rate)
	}
	b, ok := b.take(n)
	if !ok || b.micro < keep {
		return false
	}
	Newcomers.Put(c.State, row, &pb.Newcomers{Micro: b.micro, At: timestamppb.New(b.at)})
	return true
}

package promise

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/promise/contract"
)

// suspendMax is the longest a promise's clock can stand still.
const suspendMax = 366 * 24 * time.Hour

var _ = op.Register(checkSuspend, applySuspend)

func checkSuspend(m *pb.SuspendRequest) error {
	if m.Until == nil || m.Until.CheckValid() != nil {
		return op.Errorf(pb.Code_INVALID, "until is not a time: a suspension has an end")
	}
	return checkPromise(m.Promise)
}

// applySuspend stops a promise's clock once all sides agree. Facts still
// arrive, and count when it goes on. Errors: NOT_FOUND, WRONG_STATE, WRONG_TIME,
// NOT_YOURS, NOT_IN_TERMS for periods that have begun: their bounds are fixed.
func applySuspend(c *op.Context, m *pb.SuspendRequest) (*pb.SuspendResponse, error) {
	p, k, err := load(c, m.Promise)
	if err != nil {
		return nil, err
	}
	if err := inForce(c, p); err != nil {
		return nil, err
	}
	until := m.Until.AsTime()
	if !until.After(c.Now) || until.After(c.Now.Add(suspendMax)) {
		return nil, op.Errorf(pb.Code_WRONG_TIME, "until is %s; it must be within a year after now, %s", clock(until), clock(c.Now))
	}
	if start, _, _, ok := k.PeriodBounds(p, 0); ok && !start.After(c.Now) {
		return nil, op.Errorf(pb.Code_NOT_IN_TERMS, "the periods of the promise %s began at %s and can't be moved; agree on a release instead", p.Id, clock(start))
	}
	done, err := agree(c, p, pb.Agreement_SUSPEND, allSides(c.State, k, p), m)
	if err != nil {
		return nil, err
	}
	if done {
		p.State, p.SuspendedAt, p.SuspendedUntil, p.Wake = pb.PromiseState_SUSPENDED, c.Time(), m.Until, m.Until
	}
	put(c, p)
	return &pb.SuspendResponse{Suspended: done}, nil
}

// resume starts a promise's clock again at a moment. Terms that are times and
// lay ahead when it stopped move by as long as it stood: nobody loses time to a
// suspension. Then the promise is looked at.
//
// Where moving some times and not others would leave a promise that need not end,
// or a number of periods that can't be, none is moved.
func resume(k *contract.Contract, p *pb.Promise, at time.Time) {
	stopped, before := p.SuspendedAt.AsTime(), p.Terms
	p.Terms = make([]*pb.Value, len(before))
	for i, v := range before {
		p.Terms[i] = v
		if t, ok := v.GetValue().(*pb.Value_Time); ok && t.Time.AsTime().After(stopped) {
			moved := timestamppb.New(t.Time.AsTime().Add(at.Sub(stopped)))
			p.Terms[i] = &pb.Value{Value: &pb.Value_Time{Time: moved}}
		}
	}
	if _, err := k.Ends(p); err != nil {
		p.Terms = before
	}
	p.State, p.SuspendedAt, p.SuspendedUntil = pb.PromiseState_ACTIVE, nil, nil
	p.Wake = timestamppb.New(at)
}

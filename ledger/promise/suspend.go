package promise

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
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

func applySuspend(c *op.Context, m *pb.SuspendRequest) (*pb.SuspendResponse, error) {
	p, k, err := load(c, m.Promise)
	if err != nil {
		return nil, err
	}
	if err := inForce(p); err != nil {
		return nil, err
	}
	until := m.Until.AsTime()
	if !until.After(c.Now) || until.After(c.Now.Add(suspendMax)) {
		return nil, op.Errorf(pb.Code_WRONG_TIME, "until is %s; it must be within a year after now, %s", until, c.Now)
	}
	done, err := agree(c, p, pb.Agreement_SUSPEND, bothSides(k, p), m)
	if err != nil {
		return nil, err
	}
	if done {
		p.State, p.SuspendedAt, p.SuspendedUntil, p.Wake = pb.PromiseState_SUSPENDED, c.Time(), m.Until, m.Until
	}
	put(c, p)
	return &pb.SuspendResponse{Suspended: done}, nil
}

// resume starts a promise's clock again. Terms that are times and lay ahead
// when it stopped move by as long as it stood: nobody loses time to a
// suspension. Then the promise is looked at.
func resume(c *op.Context, p *pb.Promise) {
	stopped := p.SuspendedAt.AsTime()
	stood := c.Now.Sub(stopped)
	for _, v := range p.Terms {
		if t, ok := v.GetValue().(*pb.Value_Time); ok && t.Time.AsTime().After(stopped) {
			t.Time = timestamppb.New(t.Time.AsTime().Add(stood))
		}
	}
	p.State, p.SuspendedAt, p.SuspendedUntil = pb.PromiseState_ACTIVE, nil, nil
	p.Wake = c.Time()
}

package promise

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

var _ = op.Register(checkResume, applyResume)

func checkResume(m *pb.ResumeRequest) error { return checkPromise(m.Promise) }

// applyResume starts a promise's clock again; it would never have stood for
// longer than was agreed. Errors: NOT_FOUND, NOT_YOURS, WRONG_STATE.
func applyResume(c *op.Context, m *pb.ResumeRequest) (*pb.ResumeResponse, error) {
	p, k, err := load(c, m.Promise)
	if err != nil {
		return nil, err
	}
	if p.State != pb.PromiseState_SUSPENDED {
		return nil, op.Errorf(pb.Code_WRONG_STATE, "the promise %s is %s, not suspended", p.Id, p.State)
	}
	if _, err := myRole(c.State, k.Template(), p, c.Signer, ""); err != nil {
		return nil, err
	}
	at := c.Now
	if until := p.SuspendedUntil.AsTime(); at.After(until) {
		at = until
	}
	resume(k, p, at)
	put(c, p)
	return &pb.ResumeResponse{}, nil
}

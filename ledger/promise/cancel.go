package promise

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

var _ = op.Register(checkCancel, applyCancel)

func checkCancel(m *pb.CancelRequest) error { return checkPromise(m.Promise) }

// applyCancel uses the first cancellation clause of the signer's sides that
// holds now. Errors: NOT_FOUND, NOT_YOURS, WRONG_STATE, WRONG_TIME,
// NOT_IN_TERMS.
func applyCancel(c *op.Context, m *pb.CancelRequest) (*pb.CancelResponse, error) {
	p, k, err := load(c, m.Promise)
	if err != nil {
		return nil, err
	}
	if err := inForce(c, p); err != nil {
		return nil, err
	}
	if _, err := myRole(c.State, k.Template(), p, c.Signer, ""); err != nil {
		return nil, err
	}
	facts := factsOf(c, p)
	for _, r := range p.Roles {
		if !isIn(c.State, k.Template(), p, r.Role, c.Signer) {
			continue
		}
		f, err := k.CancelClause(p, facts, r.Role, c.Now)
		if err != nil {
			return nil, numbered(err)
		}
		if f != nil {
			finish(c, k, p, f, pb.Settlement_CANCELLATION)
			put(c, p)
			return &pb.CancelResponse{Clause: f.Name}, nil
		}
	}
	return nil, op.Errorf(pb.Code_NOT_IN_TERMS, "the terms of %s don't let %s cancel it now; both sides can agree on a release", p.Id, c.Signer)
}

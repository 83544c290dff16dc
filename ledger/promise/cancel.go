package promise

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

var _ = op.Register(checkCancel, applyCancel)

func checkCancel(m *pb.CancelRequest) error { return checkPromise(m.Promise) }

func applyCancel(c *op.Context, m *pb.CancelRequest) (*pb.CancelResponse, error) {
	p, k, err := load(c, m.Promise)
	if err != nil {
		return nil, err
	}
	if err := inForce(p); err != nil {
		return nil, err
	}
	if _, err := myRole(k.Template(), p, c.Signer, ""); err != nil {
		return nil, err
	}
	facts := factsOf(c, p)
	for _, r := range p.Roles {
		if !isParty(r, c.Signer) {
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

package promise

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/promise/contract"
)

var _ = op.Register(checkRelease, applyRelease)

func checkRelease(m *pb.ReleaseRequest) error {
	if len(m.Payouts) > contract.RolesMax*contract.HoldsMax {
		return op.Errorf(pb.Code_TOO_LARGE, "a release has at most %d shares", contract.RolesMax*contract.HoldsMax)
	}
	for _, x := range m.Payouts {
		if len(x.Hold) > nameMax || len(x.To) > nameMax {
			return op.Errorf(pb.Code_TOO_LARGE, "the names of a hold and of a role have at most %d bytes", nameMax)
		}
	}
	return checkPromise(m.Promise)
}

// applyRelease ends a promise as all sides agree, at any time while it is in
// force: also while its clock stands still or a challenge is open, whose bonds
// go back. Errors: NOT_FOUND, NOT_YOURS, WRONG_STATE, WRONG_TIME, BAD_SHARES.
func applyRelease(c *op.Context, m *pb.ReleaseRequest) (*pb.ReleaseResponse, error) {
	p, k, err := load(c, m.Promise)
	if err != nil {
		return nil, err
	}
	if !live(p) {
		return nil, op.Errorf(pb.Code_WRONG_STATE, "the promise %s is %s, not in force", p.Id, p.State)
	}
	if err := settledSoFar(c, p); err != nil {
		return nil, err
	}
	for _, x := range m.Payouts {
		if roleDef(k.Template(), x.To) != nil && inRole(c.State, k.Template(), p, x.To) == "" {
			return nil, op.Errorf(pb.Code_BAD_SHARES, "nobody is in the role %q who could be paid", x.To)
		}
	}
	f, err := k.Release(p, m.Payouts)
	if err != nil {
		return nil, numbered(err)
	}
	done, err := agree(c, p, pb.Agreement_RELEASE, allSides(c.State, k, p), m)
	if err != nil {
		return nil, err
	}
	if done {
		finish(c, k, p, f, pb.Settlement_AGREEMENT)
	}
	put(c, p)
	return &pb.ReleaseResponse{Released: done}, nil
}

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
	return checkPromise(m.Promise)
}

func applyRelease(c *op.Context, m *pb.ReleaseRequest) (*pb.ReleaseResponse, error) {
	p, k, err := load(c, m.Promise)
	if err != nil {
		return nil, err
	}
	if !live(p) {
		return nil, op.Errorf(pb.Code_WRONG_STATE, "the promise %s is %s, not in force", p.Id, p.State)
	}
	f, err := k.Release(p, m.Payouts)
	if err != nil {
		return nil, numbered(err)
	}
	done, err := agree(c, p, pb.Agreement_RELEASE, bothSides(k, p), m)
	if err != nil {
		return nil, err
	}
	if done {
		finish(c, k, p, f, pb.Settlement_AGREEMENT)
	}
	put(c, p)
	return &pb.ReleaseResponse{Released: done}, nil
}

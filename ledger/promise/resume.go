package promise

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

var _ = op.Register(checkResume, applyResume)

func checkResume(m *pb.ResumeRequest) error { return checkPromise(m.Promise) }

func applyResume(c *op.Context, m *pb.ResumeRequest) (*pb.ResumeResponse, error) {
	p, k, err := load(c, m.Promise)
	if err != nil {
		return nil, err
	}
	if p.State != pb.PromiseState_SUSPENDED {
		return nil, op.Errorf(pb.Code_WRONG_STATE, "the promise %s is %s, not suspended", p.Id, p.State)
	}
	if _, err := myRole(k.Template(), p, c.Signer, ""); err != nil {
		return nil, err
	}
	resume(c, p)
	put(c, p)
	return &pb.ResumeResponse{}, nil
}

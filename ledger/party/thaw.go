package party

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

var _ = op.Register(checkThaw, applyThaw)

func checkThaw(*pb.ThawRequest) error { return nil }

// applyThaw thaws the signer. The error is WRONG_STATE where it is not frozen.
func applyThaw(c *op.Context, _ *pb.ThawRequest) (*pb.ThawResponse, error) {
	p, err := get(c, c.Signer)
	if err != nil {
		return nil, err
	}
	if !p.Frozen {
		return nil, op.Errorf(pb.Code_WRONG_STATE, "%s is not frozen", p.Id)
	}
	p.Frozen = false
	put(c, p)
	return &pb.ThawResponse{}, nil
}

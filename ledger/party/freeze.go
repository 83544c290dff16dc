package party

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

var _ = op.Register(checkFreeze, applyFreeze)

func checkFreeze(*pb.FreezeRequest) error { return nil }

// applyFreeze freezes the signer; see Authorise for what goes through then. The
// error is WRONG_STATE where it is frozen.
func applyFreeze(c *op.Context, _ *pb.FreezeRequest) (*pb.FreezeResponse, error) {
	p, err := get(c, c.Signer)
	if err != nil {
		return nil, err
	}
	if p.Frozen {
		return nil, op.Errorf(pb.Code_WRONG_STATE, "%s is frozen already", p.Id)
	}
	p.Frozen = true
	put(c, p)
	return &pb.FreezeResponse{}, nil
}

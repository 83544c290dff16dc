package party

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

var _ = op.Register(checkRefuseRecovery, applyRefuseRecovery)

func checkRefuseRecovery(*pb.RefuseRecoveryRequest) error { return nil }

// applyRefuseRecovery ends a recovery of the signer. Its last moment is just
// before it is due; at that time it has happened. The error is WRONG_STATE
// where none is under way.
func applyRefuseRecovery(c *op.Context, _ *pb.RefuseRecoveryRequest) (*pb.RefuseRecoveryResponse, error) {
	p, err := get(c, c.Signer)
	if err != nil {
		return nil, err
	}
	if p.Recovery == nil {
		return nil, op.Errorf(pb.Code_WRONG_STATE, "no recovery of %s is under way", p.Id)
	}
	p.Recovery = nil
	put(c, p)
	return &pb.RefuseRecoveryResponse{}, nil
}

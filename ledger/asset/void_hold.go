package asset

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

var _ = op.Register(checkVoidHold, applyVoidHold)

func checkVoidHold(m *pb.VoidHoldRequest) error { return checkHoldID(m.Hold) }

// applyVoidHold gives a hold back. An overdue one too: that is what happens to
// it anyway.
func applyVoidHold(c *op.Context, m *pb.VoidHoldRequest) (*pb.VoidHoldResponse, error) {
	h, err := held(c, m.Hold)
	if err != nil {
		return nil, err
	}
	return &pb.VoidHoldResponse{}, Release(c, h.Id, h.Party, h.Units)
}

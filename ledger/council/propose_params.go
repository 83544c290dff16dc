package council

import (
	"bytes"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

var _ = op.Register(checkProposeParams, applyProposeParams)

func checkProposeParams(m *pb.ProposeParamsRequest) error {
	if len(m.Fields) == 0 || len(m.Fields) > changeFieldMax {
		return op.Errorf(pb.Code_INVALID, "fields names %d parameters, not 1 to %d", len(m.Fields), changeFieldMax)
	}
	return nil
}

// applyProposeParams proposes other parameters. Errors: INVALID for an unknown
// field or a value out of bounds; WRONG_STATE where nothing would change; those
// of propose.
func applyProposeParams(c *op.Context, m *pb.ProposeParamsRequest) (*pb.ProposeParamsResponse, error) {
	m = m.CloneVT()
	p, err := propose(c, &pb.Proposal{ChangeParams: &pb.ParamsChange{Fields: m.Fields, Params: m.Params}})
	return &pb.ProposeParamsResponse{Proposed: p}, err
}

// changeParams changes parameters; the next block is the first with them.
func changeParams(c *op.Context, change *pb.ParamsChange) error {
	now, _ := Params.Peek(c.State, ParamsKey)
	next, err := changed(now, change)
	if err != nil {
		return err
	}
	if bytes.Equal(state.Encode(next), state.Encode(now)) {
		return op.Errorf(pb.Code_WRONG_STATE, "the parameters are so already")
	}
	Params.Put(c.State, ParamsKey, next)
	return nil
}

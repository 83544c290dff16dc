package fact

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/sig"
)

// CarryMax is the most statements of one CarryFact: each costs a signature
// check while the block waits.
const CarryMax = 16

var _ = op.Register(checkCarryFact, applyCarryFact)

// A signature checked while the block waits is an operation.
var _ = op.Weigh(func(m *pb.CarryFactRequest) int { return len(m.Carried) })

func checkCarryFact(m *pb.CarryFactRequest) error {
	switch n := len(m.Carried); {
	case n > CarryMax:
		return op.Errorf(pb.Code_TOO_LARGE, "there are %d statements; %d is the most", n, CarryMax)
	case n == 0:
		return op.Errorf(pb.Code_INVALID, "there is no statement")
	}
	for _, s := range m.Carried {
		if _, err := Decode(s.Statement); err != nil {
			return err
		}
		switch {
		case s.Signature == nil:
			return op.Errorf(pb.Code_BAD_SIGNATURE, "a statement is not signed")
		case !op.IsID("p", s.Attester):
			return op.Errorf(pb.Code_INVALID, "attester: %.60q is no party's id", s.Attester)
		}
	}
	return nil
}

// applyCarryFact: the carrier vouches for nothing, so all that counts is
// checked against the attester.
func applyCarryFact(c *op.Context, m *pb.CarryFactRequest) (*pb.CarryFactResponse, error) {
	if err := verify(c, m.Carried); err != nil {
		return nil, err
	}
	out := &pb.CarryFactResponse{Facts: make([]string, len(m.Carried))}
	for i, s := range m.Carried {
		id, err := carry(c, s)
		if err != nil {
			return nil, err
		}
		out.Facts[i] = id
	}
	return out, nil
}

// verify checks the statements' signatures together.
func verify(c *op.Context, carried []*pb.CarriedStatement) error {
	var b sig.Batch
	for _, s := range carried {
		op.AddSignature(&b, s.Signature, Message(c.ChainID, s.Statement))
	}
	return op.Verdict(b.Verify())
}

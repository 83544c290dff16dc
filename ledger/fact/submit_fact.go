package fact

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

// SubmitMax is the most statements of one SubmitFact.
const SubmitMax = 64

var _ = op.Register(checkSubmitFact, applySubmitFact)

// Four statements are one operation: a batch saves the envelope and the
// signature, not the rows and the look for promises.
var _ = op.Weigh(func(m *pb.SubmitFactRequest) int { return (len(m.Statements) + 3) / 4 })

func checkSubmitFact(m *pb.SubmitFactRequest) error {
	switch n := len(m.Statements); {
	case n > SubmitMax:
		return op.Errorf(pb.Code_TOO_LARGE, "there are %d statements; %d is the most", n, SubmitMax)
	case n == 0:
		return op.Errorf(pb.Code_INVALID, "there is no statement")
	}
	for _, s := range m.Statements {
		if err := Check(s); err != nil {
			return err
		}
	}
	return nil
}

func applySubmitFact(c *op.Context, m *pb.SubmitFactRequest) (*pb.SubmitFactResponse, error) {
	out := &pb.SubmitFactResponse{Facts: make([]string, len(m.Statements))}
	for i, s := range m.Statements {
		id, err := record(c, c.Signer, s, Encode(s))
		if err != nil {
			return nil, err
		}
		out.Facts[i] = id
	}
	return out, nil
}

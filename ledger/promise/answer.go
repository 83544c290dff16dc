package promise

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/promise/contract"
)

var _ = op.Register(checkAnswer, applyAnswer)

func checkAnswer(m *pb.AnswerRequest) error { return checkPromise(m.Promise) }

// applyAnswer enters that a side stands by the rule that fired. Whoever has
// challenged doesn't answer itself, in whichever role. Errors: NOT_FOUND,
// NOT_IN_TERMS, NOT_YOURS, NOT_YOUR_TURN, WRONG_STATE, WRONG_TIME, and those of
// asset.Hold for the bond.
func applyAnswer(c *op.Context, m *pb.AnswerRequest) (*pb.AnswerResponse, error) {
	p, k, err := load(c, m.Promise)
	if err != nil {
		return nil, err
	}
	role, err := disputant(c, k, p)
	if err != nil {
		return nil, err
	}
	if by := p.Assertion.GetChallenger(); by != "" && isIn(c.State, k.Template(), p, by, c.Signer) {
		return nil, op.Errorf(pb.Code_NOT_YOUR_TURN, "%s has challenged; another side answers", c.Signer)
	}
	bond, err := k.Answer(p, role, c.Now)
	if err != nil {
		return nil, numbered(err)
	}
	if err := putDown(c, p, contract.AnswerBond, bond); err != nil {
		return nil, err
	}
	p.Agreement = nil
	put(c, p)
	return &pb.AnswerResponse{RuleBy: p.Assertion.Until}, nil
}

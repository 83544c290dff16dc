package promise

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

var _ = op.Register(checkAnswer, applyAnswer)

func checkAnswer(m *pb.AnswerRequest) error { return checkPromise(m.Promise) }

func applyAnswer(c *op.Context, m *pb.AnswerRequest) (*pb.AnswerResponse, error) {
	p, k, err := load(c, m.Promise)
	if err != nil {
		return nil, err
	}
	role, err := disputant(k, p, c.Signer, p.Assertion.GetChallenger())
	if err != nil {
		return nil, err
	}
	bond, err := k.Answer(p, role, c.Now)
	if err != nil {
		return nil, numbered(err)
	}
	if err := putDown(c, p, answerBond, bond); err != nil {
		return nil, err
	}
	put(c, p)
	return &pb.AnswerResponse{RuleBy: p.Assertion.Until}, nil
}

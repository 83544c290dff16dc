package promise

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/promise/contract"
)

var _ = op.Register(checkChallenge, applyChallenge)

func checkChallenge(m *pb.ChallengeRequest) error {
	if m.Claim == "" || len(m.Claim) > 256 {
		return op.Errorf(pb.Code_INVALID, "claim the rule that should have fired, by its name")
	}
	return checkPromise(m.Promise)
}

// applyChallenge enters that another rule should have fired. Errors: NOT_FOUND,
// NOT_IN_TERMS, NOT_YOURS, WRONG_STATE, WRONG_TIME, and those of asset.Hold for
// the bond.
func applyChallenge(c *op.Context, m *pb.ChallengeRequest) (*pb.ChallengeResponse, error) {
	p, k, err := load(c, m.Promise)
	if err != nil {
		return nil, err
	}
	role, err := disputant(c, k, p)
	if err != nil {
		return nil, err
	}
	bond, err := k.Challenge(p, role, m.Claim, c.Now)
	if err != nil {
		return nil, numbered(err)
	}
	if err := putDown(c, p, contract.ChallengeBond, bond); err != nil {
		return nil, err
	}
	p.Agreement = nil
	put(c, p)
	return &pb.ChallengeResponse{AnswerBy: p.Assertion.Until}, nil
}

// disputant finds the role in which the signer may challenge or answer.
func disputant(c *op.Context, k *contract.Contract, p *pb.Promise) (string, error) {
	d, ok := k.Dispute(p)
	if !ok {
		return "", op.Errorf(pb.Code_NOT_IN_TERMS, "nothing of the promise %s can be challenged", p.Id)
	}
	for _, role := range d.By {
		if isIn(c.State, k.Template(), p, role, c.Signer) {
			return role, nil
		}
	}
	return "", op.Errorf(pb.Code_NOT_YOURS, "%s has no part in a dispute of the promise %s", c.Signer, p.Id)
}

package promise

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/asset"
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

func applyChallenge(c *op.Context, m *pb.ChallengeRequest) (*pb.ChallengeResponse, error) {
	p, k, err := load(c, m.Promise)
	if err != nil {
		return nil, err
	}
	role, err := disputant(k, p, c.Signer, "")
	if err != nil {
		return nil, err
	}
	bond, err := k.Challenge(p, role, m.Claim, c.Now)
	if err != nil {
		return nil, numbered(err)
	}
	if err := putDown(c, p, challengeBond, bond); err != nil {
		return nil, err
	}
	put(c, p)
	return &pb.ChallengeResponse{AnswerBy: p.Assertion.Until}, nil
}

// disputant finds the role in which a party may challenge or answer. A party
// in several roles doesn't answer itself: not is left out where it can be.
func disputant(k *contract.Contract, p *pb.Promise, who, not string) (string, error) {
	d, ok := k.Dispute(p)
	if !ok {
		return "", op.Errorf(pb.Code_NOT_IN_TERMS, "nothing of the promise %s can be challenged", p.Id)
	}
	found := ""
	for _, role := range d.By {
		if isParty(binding(p, role), who) && (found == "" || found == not) {
			found = role
		}
	}
	if found == "" {
		return "", op.Errorf(pb.Code_NOT_YOURS, "%s has no part in a dispute of the promise %s", who, p.Id)
	}
	return found, nil
}

// putDown sets a bond aside.
func putDown(c *op.Context, p *pb.Promise, name string, bond *pb.Amount) error {
	if bond == nil {
		return nil
	}
	return asset.Hold(c, holdID(p, name), c.Signer, bond.Asset, bond.Units, p.Id)
}

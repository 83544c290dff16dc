package promise

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

var _ = op.Register(checkRule, applyRule)

func checkRule(m *pb.RuleRequest) error {
	if m.Rule == "" || len(m.Rule) > 256 {
		return op.Errorf(pb.Code_INVALID, "name the rule that applies")
	}
	return checkPromise(m.Promise)
}

// applyRule settles as the arbiter rules. Errors: NOT_FOUND, NOT_YOURS, also for
// an arbiter who came to own the device and so is a side; WRONG_STATE,
// WRONG_TIME, NOT_IN_TERMS.
func applyRule(c *op.Context, m *pb.RuleRequest) (*pb.RuleResponse, error) {
	p, k, err := load(c, m.Promise)
	if err != nil {
		return nil, err
	}
	d, ok := k.Dispute(p)
	if !ok {
		return nil, op.Errorf(pb.Code_NOT_IN_TERMS, "nothing of the promise %s can be challenged", p.Id)
	}
	if !isIn(c.State, k.Template(), p, d.Arbiter, c.Signer) {
		return nil, op.Errorf(pb.Code_NOT_YOURS, "%s is not the arbiter of the promise %s", c.Signer, p.Id)
	}
	if r, err := myRole(c.State, k.Template(), p, c.Signer, ""); err == nil {
		return nil, op.Errorf(pb.Code_NOT_YOURS, "%s is now the %s of the promise %s; nobody rules in their own case", c.Signer, r.Role, p.Id)
	}
	f, err := k.Rule(p, m.Rule, factsOf(c, p), c.Now)
	if err != nil {
		return nil, numbered(err)
	}
	finish(c, k, p, f, pb.Settlement_RULING)
	look(c, p) // where it goes on, what comes next is found at once
	put(c, p)
	return &pb.RuleResponse{}, nil
}

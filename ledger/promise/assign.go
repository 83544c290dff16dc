package promise

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/party"
)

var _ = op.Register(checkAssign, applyAssign)

func checkAssign(m *pb.AssignRequest) error {
	if m.Role == "" || len(m.Role) > 64 {
		return op.Errorf(pb.Code_INVALID, "name the role to hand over")
	}
	if err := checkPromise(m.Promise); err != nil {
		return err
	}
	return checkID("p", "party", m.To)
}

// applyAssign hands a side over. Where the terms ask for another side's
// consent, that side makes the same request, before or after.
func applyAssign(c *op.Context, m *pb.AssignRequest) (*pb.AssignResponse, error) {
	p, k, err := load(c, m.Promise)
	if err != nil {
		return nil, err
	}
	if err := inForce(p); err != nil {
		return nil, err
	}
	if _, err := party.Get(c.State, m.To); err != nil {
		return nil, err
	}
	for _, d := range k.Template().Transfer {
		if d.Role != m.Role {
			continue
		}
		need := []string{d.Role}
		if d.Consent != "" {
			need = append(need, d.Consent)
		}
		done, err := agree(c, p, pb.Agreement_ASSIGN, need, m)
		if err != nil {
			return nil, err
		}
		if done {
			binding(p, m.Role).Parties = []string{m.To}
		}
		put(c, p)
		return &pb.AssignResponse{Done: done}, nil
	}
	return nil, op.Errorf(pb.Code_NOT_IN_TERMS, "the terms of %s don't let the %s hand over its side", p.Id, clip(m.Role))
}

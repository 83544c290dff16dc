package promise

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/party"
)

var _ = op.Register(checkAssign, applyAssign)

func checkAssign(m *pb.AssignRequest) error {
	if m.Role == "" || len(m.Role) > nameMax {
		return op.Errorf(pb.Code_INVALID, "name the role to hand over")
	}
	if err := checkPromise(m.Promise); err != nil {
		return err
	}
	return checkID("p", "party", m.To)
}

// applyAssign hands a side over, with all it is owed and all it owes. Where the
// terms ask for another role's consent, that party makes the same request,
// before or after; and nobody becomes a promisor without asking for it.
//
// Errors: NOT_FOUND, UNKNOWN_PARTY, NOT_YOURS, WRONG_STATE, WRONG_TIME,
// NOT_IN_TERMS, BAD_ROLES for who may not take the side.
func applyAssign(c *op.Context, m *pb.AssignRequest) (*pb.AssignResponse, error) {
	p, k, err := load(c, m.Promise)
	if err != nil {
		return nil, err
	}
	if err := inForce(c, p); err != nil {
		return nil, err
	}
	if _, err := party.Get(c.State, m.To); err != nil {
		return nil, err
	}
	need, err := assigning(c, k.Template(), p, m)
	if err != nil {
		return nil, err
	}
	done, err := agree(c, p, pb.Agreement_ASSIGN, need, m)
	if err != nil {
		return nil, err
	}
	if done {
		binding(p, m.Role).Parties = []string{m.To}
		if err := resubject(k, p); err != nil {
			return nil, err
		}
	}
	put(c, p)
	return &pb.AssignResponse{Done: done}, nil
}

// assigning lists who must agree to a side being handed over.
func assigning(c *op.Context, t *pb.Template, p *pb.Promise, m *pb.AssignRequest) ([]voice, error) {
	for _, d := range t.Transfer {
		if d.Role != m.Role {
			continue
		}
		role := roleDef(t, m.Role)
		if role.OwnerOf != "" {
			return nil, op.Errorf(pb.Code_NOT_IN_TERMS, "the %s of %s is whoever owns the device; hand that over", m.Role, p.Id)
		}
		if err := checkJoin(c, t, p, m.Role, m.To); err != nil {
			return nil, err
		}
		need := []voice{{d.Role, inRole(c.State, t, p, d.Role)}}
		if d.Consent != "" {
			need = append(need, voice{d.Consent, inRole(c.State, t, p, d.Consent)})
		}
		if role.Kind == pb.RoleKind_PROMISOR {
			need = append(need, voice{"new " + d.Role, m.To})
		}
		return need, nil
	}
	return nil, op.Errorf(pb.Code_NOT_IN_TERMS, "the terms of %s don't let the %s hand over its side", p.Id, clip(m.Role))
}

package promise

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/party"
)

// roleDef finds a role of a template, nil where it has none of the name.
func roleDef(t *pb.Template, name string) *pb.RoleDef {
	for _, d := range t.Roles {
		if d.Name == name {
			return d
		}
	}
	return nil
}

// sides says whether a role is one of the two sides of a promise.
func sides(d *pb.RoleDef) bool {
	return d.Kind == pb.RoleKind_PROMISOR || d.Kind == pb.RoleKind_BENEFICIARY
}

// binding finds a promise's binding of a role.
func binding(p *pb.Promise, role string) *pb.RoleBinding {
	for _, r := range p.Roles {
		if r.Role == role {
			return r
		}
	}
	return nil
}

func isParty(r *pb.RoleBinding, id string) bool {
	return r != nil && len(r.Parties) > 0 && r.Parties[0] == id
}

// bind puts an offer's bindings into the template's order and checks them. In
// a standing offer one beneficiary may be open: whoever accepts.
func bind(c *op.Context, t *pb.Template, asked []*pb.RoleBinding, standing bool) ([]*pb.RoleBinding, error) {
	out := make([]*pb.RoleBinding, len(t.Roles))
	used, open := 0, 0
	for i, d := range t.Roles {
		out[i] = &pb.RoleBinding{Role: d.Name}
		for _, a := range asked {
			if a.Role != d.Name {
				continue
			}
			if out[i].Parties != nil {
				return nil, op.Errorf(pb.Code_BAD_ROLES, "the role %q is given twice", d.Name)
			}
			out[i].Parties = a.Parties
			used++
		}
		if err := checkBinding(c, d, out[i]); err != nil {
			return nil, err
		}
		if len(out[i].Parties) > 0 || d.OwnerOf != "" || d.Kind == pb.RoleKind_ATTESTER {
			continue
		}
		if !standing || d.Kind != pb.RoleKind_BENEFICIARY || open > 0 {
			return nil, op.Errorf(pb.Code_BAD_ROLES, "nobody is in the role %q", d.Name)
		}
		open++
	}
	if used != len(asked) {
		return nil, op.Errorf(pb.Code_BAD_ROLES, "%d of the %d roles given are not the template's", len(asked)-used, len(asked))
	}
	if standing && open == 0 {
		return nil, op.Errorf(pb.Code_BAD_ROLES, "a standing offer leaves one beneficiary open; this one names them all")
	}
	return out, nil
}

func checkBinding(c *op.Context, d *pb.RoleDef, r *pb.RoleBinding) error {
	most := 1
	if d.Kind == pb.RoleKind_ATTESTER {
		most = attestersMax
		if len(r.Parties) == 0 && d.Class == "" {
			return op.Errorf(pb.Code_BAD_ROLES, "nobody is in the role %q", d.Name)
		}
	}
	if d.OwnerOf != "" && len(r.Parties) > 0 {
		return op.Errorf(pb.Code_BAD_ROLES, "the role %q is whoever owns the device; leave it out", d.Name)
	}
	if len(r.Parties) > most {
		return op.Errorf(pb.Code_BAD_ROLES, "the role %q has %d parties; %d is the most", d.Name, len(r.Parties), most)
	}
	for i, id := range r.Parties {
		if _, err := party.Get(c.State, id); err != nil {
			return err
		}
		for _, other := range r.Parties[:i] {
			if other == id {
				return op.Errorf(pb.Code_BAD_ROLES, "%s is twice in the role %q", id, d.Name)
			}
		}
	}
	return nil
}

// myRole finds the side that a party takes: the one named, or the only one.
func myRole(t *pb.Template, p *pb.Promise, who, named string) (*pb.RoleBinding, error) {
	for _, r := range p.Roles {
		if d := roleDef(t, r.Role); sides(d) && isParty(r, who) && (named == "" || named == r.Role) {
			return r, nil
		}
	}
	return nil, op.Errorf(pb.Code_NOT_YOURS, "%s has no side in the promise %s", who, p.Id)
}

// payee is the party that a role's money goes to.
func payee(c *op.Context, t *pb.Template, p *pb.Promise, role string) string {
	d := roleDef(t, role)
	if d.OwnerOf != "" {
		device := binding(p, d.OwnerOf)
		if len(device.Parties) > 0 {
			if owner := party.OwnerOfDevice(c.State, device.Parties[0]); owner != "" {
				return owner
			}
			return device.Parties[0]
		}
	}
	if r := binding(p, role); len(r.Parties) > 0 {
		return r.Parties[0]
	}
	return ""
}

package promise

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/party"
	"github.com/troth-ledger/troth/ledger/state"
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

// first is the first party of a binding, empty where there is none.
func first(r *pb.RoleBinding) string {
	if r == nil || len(r.Parties) == 0 {
		return ""
	}
	return r.Parties[0]
}

// inRole is the party that a role is now: the one bound to it, or whoever owns
// its device at this moment. A device that nobody owns stands for itself. It is
// empty where nobody is in the role.
func inRole(r state.Reader, t *pb.Template, p *pb.Promise, role string) string {
	d := roleDef(t, role)
	if d == nil {
		return ""
	}
	if d.OwnerOf == "" {
		return first(binding(p, role))
	}
	device := first(binding(p, d.OwnerOf))
	if owner := party.OwnerOfDevice(r, device); owner != "" {
		return owner
	}
	return device
}

// isIn says whether a party is in a role.
func isIn(r state.Reader, t *pb.Template, p *pb.Promise, role, who string) bool {
	return who != "" && inRole(r, t, p, role) == who
}

// myRole finds the side that a party takes: the one named, or its first.
func myRole(r state.Reader, t *pb.Template, p *pb.Promise, who, named string) (*pb.RoleBinding, error) {
	for i, b := range p.Roles {
		if sides(t.Roles[i]) && (named == "" || named == b.Role) && isIn(r, t, p, b.Role, who) {
			return b, nil
		}
	}
	if named != "" {
		return nil, op.Errorf(pb.Code_NOT_YOURS, "%s is not the %s of the promise %s", who, clip(named), p.Id)
	}
	return nil, op.Errorf(pb.Code_NOT_YOURS, "%s has no side in the promise %s", who, p.Id)
}

// payee is the party that a leg's money goes to. What goes back into a pool is
// its owner's, whoever took over the role since; and what was put in goes back
// where nobody is in the role, rather than nowhere. Offers are refused that
// could come to the latter.
func payee(r state.Reader, t *pb.Template, p *pb.Promise, h *pb.PromiseHold, role string) string {
	if h.Pool != "" && holdDef(t, h.Name).From == role {
		return h.Party
	}
	if to := inRole(r, t, p, role); to != "" {
		return to
	}
	return h.Party
}

// holdDef finds a hold of a template.
func holdDef(t *pb.Template, name string) *pb.HoldDef {
	for _, d := range t.Holds {
		if d.Name == name {
			return d
		}
	}
	return nil
}

// holdOf finds a hold of a promise, nil where it has none of the name.
func holdOf(p *pb.Promise, name string) *pb.PromiseHold {
	for _, h := range p.Holds {
		if h.Name == name {
			return h
		}
	}
	return nil
}

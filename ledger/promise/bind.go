package promise

import (
	"slices"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/fact"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/party"
	"github.com/troth-ledger/troth/ledger/state"
)

// Who may be what. A promise to oneself proves nothing and would be a way to
// look reliable; a judge has no side; and a party that attests in two roles
// could not say in which one it speaks. An attester may well be a side: both
// sides have seen that, and accepted it, or nothing is asked of the one that
// has not. Whoever joins later, and was seen by nobody, may not: see checkJoin.

// bind puts an offer's bindings into the template's order and checks them. In
// a standing offer one beneficiary is open: whoever accepts.
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
	return out, checkTogether(c, t, out)
}

// checkBinding checks one role by itself.
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
		if slices.Contains(r.Parties[:i], id) {
			return op.Errorf(pb.Code_BAD_ROLES, "%s is twice in the role %q", id, d.Name)
		}
	}
	return nil
}

// checkTogether checks the roles against each other.
func checkTogether(c *op.Context, t *pb.Template, roles []*pb.RoleBinding) error {
	for i, d := range t.Roles {
		if d.OwnerOf != "" {
			if err := checkOwned(c, t, roles, d); err != nil {
				return err
			}
			continue
		}
		for j := range i {
			for _, id := range roles[i].Parties {
				if slices.Contains(roles[j].Parties, id) && clash(t.Roles[j].Kind, d.Kind) {
					return op.Errorf(pb.Code_BAD_ROLES, "%s can't be both %q and %q", id, t.Roles[j].Name, d.Name)
				}
			}
		}
	}
	return nil
}

// clash says whether nobody may be in two roles of these kinds.
func clash(a, b pb.RoleKind) bool {
	if a > b {
		a, b = b, a
	}
	switch b {
	case pb.RoleKind_BENEFICIARY:
		return a == pb.RoleKind_PROMISOR
	case pb.RoleKind_ATTESTER:
		return a == pb.RoleKind_ATTESTER
	case pb.RoleKind_ARBITER:
		return a == pb.RoleKind_PROMISOR || a == pb.RoleKind_BENEFICIARY
	}
	return false
}

// checkOwned: whoever owns the device is somebody only where there is one
// device, in use; and no money can be asked of somebody who is not asked.
func checkOwned(c *op.Context, t *pb.Template, roles []*pb.RoleBinding, d *pb.RoleDef) error {
	for i, r := range roles {
		if t.Roles[i].Name != d.OwnerOf {
			continue
		}
		if len(r.Parties) != 1 {
			return op.Errorf(pb.Code_BAD_ROLES, "the role %q is one device, since %q is who owns it; %d are named", d.OwnerOf, d.Name, len(r.Parties))
		}
		if m, err := party.Get(c.State, r.Parties[0]); err != nil || m.Kind != pb.PartyKind_DEVICE || m.Retired {
			return op.Errorf(pb.Code_BAD_ROLES, "the role %q is a device in use, since %q is who owns it; %s is none", d.OwnerOf, d.Name, r.Parties[0])
		}
	}
	return nil
}

// checkJoin says whether a party may take a side that was open, or another's
// until now. The others have not seen who comes: it must be none whose word
// they count on.
func checkJoin(c *op.Context, t *pb.Template, p *pb.Promise, role, who string) error {
	mine := roleDef(t, role)
	for i, r := range p.Roles {
		d := t.Roles[i]
		if r.Role == role {
			continue
		}
		there := d.OwnerOf == "" && slices.Contains(r.Parties, who)
		if d.Kind == pb.RoleKind_ATTESTER {
			if there || len(r.Parties) == 0 && d.Class != "" && fact.InClass(c.State, d.Class, who) {
				return op.Errorf(pb.Code_BAD_ROLES, "%s states the facts of the promise %s as its %s; it can't become its %s", who, p.Id, r.Role, role)
			}
			continue
		}
		if there && clash(d.Kind, mine.Kind) {
			return op.Errorf(pb.Code_BAD_ROLES, "%s is the %s of the promise %s; it can't become its %s", who, r.Role, p.Id, role)
		}
	}
	return nil
}

// ownerPays says which hold asks money of whoever owns a device, if any does.
func ownerPays(t *pb.Template, p *pb.Promise) (hold string, ok bool) {
	for i, d := range t.Holds {
		if p.Holds[i].Put > 0 && roleDef(t, d.From).OwnerOf != "" {
			return d.Name, true
		}
	}
	return "", false
}

// asks says whether a role has to put something in.
func asks(t *pb.Template, p *pb.Promise, role string) bool {
	for i, d := range t.Holds {
		if d.From == role && p.Holds[i].Put > 0 {
			return true
		}
	}
	return false
}

// checkRoleIDs checks the form of what an offer says about roles.
func checkRoleIDs(roles []*pb.RoleBinding) error {
	for _, r := range roles {
		if len(r.Role) > nameMax || len(r.Parties) > attestersMax {
			return op.Errorf(pb.Code_TOO_LARGE, "a role's name has at most %d bytes, and a role at most %d parties", nameMax, attestersMax)
		}
		for _, id := range r.Parties {
			if err := checkID("p", "party", id); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkPools checks the form of a choice of pools.
func checkPools(pools []*pb.PoolChoice) error {
	for i, x := range pools {
		if len(x.Hold) > nameMax {
			return op.Errorf(pb.Code_TOO_LARGE, "a hold's name has at most %d bytes", nameMax)
		}
		if err := checkID("pl", "pool", x.Pool); err != nil {
			return err
		}
		if slices.ContainsFunc(pools[:i], func(y *pb.PoolChoice) bool { return y.Hold == x.Hold }) {
			return op.Errorf(pb.Code_INVALID, "the hold %q is given two pools", x.Hold)
		}
	}
	return nil
}

// checkChosen refuses a pool for a hold that none of the signer's sides draws
// from a pool: it was meant for another, or for nothing.
func checkChosen(r state.Reader, t *pb.Template, p *pb.Promise, who string, pools []*pb.PoolChoice) error {
	for _, x := range pools {
		if d := holdDef(t, x.Hold); d == nil || !d.Pool || !isIn(r, t, p, d.From, who) {
			return op.Errorf(pb.Code_BAD_TERMS, "the template draws no hold %q of yours from a pool", x.Hold)
		}
	}
	return nil
}

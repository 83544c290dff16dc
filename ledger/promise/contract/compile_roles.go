package contract

import (
	"fmt"

	"github.com/troth-ledger/troth/gen/pb"
)

// role checks one role by itself.
func (b *builder) role(path string, r *pb.RoleDef, seen map[string]bool) {
	b.unique(path, "role", r.Name, seen)
	switch {
	case r.Kind < pb.RoleKind_PROMISOR || r.Kind > pb.RoleKind_PAYEE:
		b.fail(path, "role %q has no kind; use promisor, beneficiary, attester, arbiter or payee", r.Name)
	case r.Unasked && r.Kind != pb.RoleKind_BENEFICIARY:
		b.fail(path+".unasked", "only a beneficiary can be unasked, and %q is %s", r.Name, kindWord(r.Kind))
	case r.OwnerOf != "" && r.Kind != pb.RoleKind_BENEFICIARY:
		b.fail(path+".owner_of", "only a beneficiary can be whoever owns a device, and %q is %s", r.Name, kindWord(r.Kind))
	case r.OwnerOf != "" && b.roleKind(r.OwnerOf) != pb.RoleKind_ATTESTER:
		b.fail(path+".owner_of", "%q is not an attester's role of this template", r.OwnerOf)
	case r.Class != "" && r.Kind != pb.RoleKind_ATTESTER:
		b.fail(path+".class", "only an attester can be of a class, and %q is %s", r.Name, kindWord(r.Kind))
	case len(r.Class) > 128 || hasControl(r.Class):
		b.fail(path+".class", "the class %q is not of the form name@handle", r.Class)
	}
}

// sides checks that somebody promises and somebody is promised.
func (b *builder) sides() {
	n := [pb.RoleKind_PAYEE + 1]int{}
	for _, r := range b.t.Roles {
		if r.Kind >= 0 && int(r.Kind) < len(n) {
			n[r.Kind]++
		}
	}
	if n[pb.RoleKind_PROMISOR] == 0 {
		b.fail("roles", "nobody promises: give a role the kind promisor")
	}
	if n[pb.RoleKind_BENEFICIARY] == 0 {
		b.fail("roles", "nobody is promised anything: give a role the kind beneficiary")
	}
}

// handover checks who may hand over a side and replace a device.
func (b *builder) handover() {
	seen := map[string]bool{}
	for i, x := range b.t.Transfer {
		path := fmt.Sprintf("transfer[%d]", i)
		if !b.isSide(x.Role) {
			b.fail(path+".role", "%q is not a promisor's or beneficiary's role", x.Role)
		}
		if seen[x.Role] {
			b.fail(path+".role", "the side of %q is listed twice", x.Role)
		}
		seen[x.Role] = true
		if x.Consent != "" && (!b.isRole(x.Consent) || x.Consent == x.Role) {
			b.fail(path+".consent", "%q is not another role of this template", x.Consent)
		}
	}
	if n := b.t.Novation; n != nil {
		if b.roleKind(n.Role) != pb.RoleKind_ATTESTER {
			b.fail("novation.role", "%q is not an attester's role: only a device can be replaced", n.Role)
		}
		if !b.isRole(n.By) {
			b.fail("novation.by", "%q is not a role of this template", n.By)
		}
	}
}

// payees checks that whoever is paid is somebody: an attester of a class may be
// anyone in it.
func (b *builder) payees() {
	check := func(path, role string) {
		for _, r := range b.t.Roles {
			if r.Name == role && r.Class != "" {
				b.fail(path, "%q is whoever is in the class %s, and nobody in particular can be paid; pay another role, or leave its class out", role, r.Class)
			}
		}
	}
	for i, r := range b.t.Rules {
		for j, l := range r.Pay {
			check(fmt.Sprintf("rules[%d].pay[%d].to", i, j), l.To)
		}
	}
	for i, x := range b.t.Cancel {
		for j, l := range x.Pay {
			check(fmt.Sprintf("cancel[%d].pay[%d].to", i, j), l.To)
		}
	}
	for i, h := range b.t.Holds {
		check(fmt.Sprintf("holds[%d].rest", i), h.Rest)
	}
}

// isSide reports whether role is one of the two sides.
func (b *builder) isSide(role string) bool {
	k := b.roleKind(role)
	return k == pb.RoleKind_PROMISOR || k == pb.RoleKind_BENEFICIARY
}

// roleNames lists the roles for messages.
func (b *builder) roleNames() []string {
	var out []string
	for _, r := range b.t.Roles {
		out = append(out, r.Name)
	}
	return out
}

func kindWord(k pb.RoleKind) string {
	switch k {
	case pb.RoleKind_PROMISOR:
		return "a promisor"
	case pb.RoleKind_BENEFICIARY:
		return "a beneficiary"
	case pb.RoleKind_ATTESTER:
		return "an attester"
	case pb.RoleKind_ARBITER:
		return "an arbiter"
	case pb.RoleKind_PAYEE:
		return "a payee"
	}
	return "of no kind"
}

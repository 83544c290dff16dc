package fact

import (
	"slices"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/party"
	"github.com/troth-ledger/troth/ledger/state"
)

var _ = op.Register(checkSetAttesters, applySetAttesters)

// The whole class is written anew, and each party looked up.
var _ = op.Weigh(func(m *pb.SetAttestersRequest) int { return 4 + len(m.Add)/16 })

func checkSetAttesters(m *pb.SetAttestersRequest) error {
	if n := len(m.Add) + len(m.Remove); n > MembersMax {
		return op.Errorf(pb.Code_TOO_LARGE, "there are %d parties to add and take out; %d is the most", n, MembersMax)
	}
	if m.Class == "" || len(m.Class) > ClassMax || !every(m.Class, classByte) {
		return op.Errorf(pb.Code_INVALID, "%.60q is no class: 1 to %d of a-z, 0-9 and -", m.Class, ClassMax)
	}
	all := slices.Concat(m.Add, m.Remove)
	if len(all) == 0 {
		return op.Errorf(pb.Code_INVALID, "there is nobody to add or take out")
	}
	slices.Sort(all)
	for i, p := range all {
		switch {
		case !op.IsID("p", p):
			return op.Errorf(pb.Code_INVALID, "%.60q is no party's id", p)
		case i > 0 && p == all[i-1]:
			return op.Errorf(pb.Code_INVALID, "%s is named twice", p)
		}
	}
	return nil
}

func classByte(c byte) bool { return lower(c) || digit(c) || c == '-' }

// applySetAttesters says who belongs to the class afterwards, whether or not
// they did before: who keeps a list need not know what the ledger has.
func applySetAttesters(c *op.Context, m *pb.SetAttestersRequest) (*pb.SetAttestersResponse, error) {
	for _, id := range m.Add {
		if _, err := party.Get(c.State, id); err != nil {
			return nil, err
		}
	}
	owner, err := party.Get(c.State, c.Signer)
	if err != nil {
		return nil, err
	}
	if owner.Handle == "" {
		return nil, op.Errorf(pb.Code_WRONG_STATE, "%s has no handle to put into the class's id; claim one first", c.Signer)
	}
	id := m.Class + "@" + owner.Handle
	k, ok := Classes.Get(c.State, state.Key(id))
	if !ok {
		k = &pb.AttesterClass{Id: id, Owner: c.Signer}
	}
	k.Members = slices.DeleteFunc(append(k.Members, m.Add...), func(p string) bool { return slices.Contains(m.Remove, p) })
	slices.Sort(k.Members)
	k.Members = slices.Compact(k.Members)
	if n := len(k.Members); n > MembersMax {
		return nil, op.Errorf(pb.Code_LIMIT, "%s would have %d members; %d is the most", id, n, MembersMax)
	}
	Classes.Put(c.State, state.Key(id), k)
	return &pb.SetAttestersResponse{Class: id}, nil
}

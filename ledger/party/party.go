package party

import (
	"time"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// Get returns a party, not to be changed. The error is UNKNOWN_PARTY.
func Get(r state.Reader, id string) (*pb.Party, error) {
	p, ok := Parties.Peek(r, state.Key(id))
	if !ok {
		return nil, unknown(id)
	}
	return p, nil
}

func unknown(id string) error {
	return op.Errorf(pb.Code_UNKNOWN_PARTY, "there is no party %q", id)
}

// Exists says whether there is a party with this id.
func Exists(r state.Reader, id string) bool { return Parties.Has(r, state.Key(id)) }

// HandleOf is the party's handle without the @; empty where it has none.
func HandleOf(r state.Reader, id string) string {
	p, _ := Parties.Peek(r, state.Key(id))
	return p.GetHandle()
}

// ByHandle finds a party by its handle without the @. It is not to be changed.
// The error is UNKNOWN_PARTY.
func ByHandle(r state.Reader, name string) (*pb.Party, error) {
	h, ok := Handles.Peek(r, state.Key(name))
	if !ok {
		return nil, op.Errorf(pb.Code_UNKNOWN_PARTY, "nobody has the handle @%s", name)
	}
	return Get(r, h.Party)
}

// OwnerOfDevice is the party that a device belongs to: empty where it belongs
// to nobody, is no device or doesn't exist.
func OwnerOfDevice(r state.Reader, device string) string {
	p, _ := Parties.Peek(r, state.Key(device))
	return p.GetOwner()
}

// named says whether a party of this kind may have a name and a handle, and
// sponsor others.
func named(k pb.PartyKind) bool {
	return k == pb.PartyKind_COMPANY || k == pb.PartyKind_PROGRAMME
}

// get returns a copy of a party for a handler to change, as it is now: see
// inForce.
func get(c *op.Context, id string) (*pb.Party, error) {
	p, ok := Parties.Get(c.State, state.Key(id))
	if !ok {
		return nil, unknown(id)
	}
	return inForce(p, c.Now), nil
}

func put(c *op.Context, p *pb.Party) { Parties.Put(c.State, state.Key(p.Id), p) }

// inForce is the party with a recovery that is due, where the ledger has not
// come round to it: from that moment the old keys are worth nothing. The
// result is p itself or a copy.
func inForce(p *pb.Party, now time.Time) *pb.Party {
	if due := p.GetRecovery().GetDue(); due == nil || due.AsTime().After(now) {
		return p
	}
	p = p.CloneVT()
	recovered(p)
	return p
}

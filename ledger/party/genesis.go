package party

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// Genesis installs the parties that a chain starts with, and their handles. It
// refuses what no operation could have made, but for a licence, a quota of its
// own and a retired device. Nothing is to be used of o after an error.
func Genesis(o *state.Overlay, parties []*pb.Party) error {
	for i, p := range parties {
		if err := checkGenesis(o, p); err != nil {
			return op.Errorf(op.CodeOf(err), "genesis party %d: %v", i+1, err)
		}
		Parties.Put(o, state.Key(p.Id), p.CloneVT())
		if p.Handle != "" {
			Handles.Put(o, state.Key(p.Handle), &pb.Handle{Name: p.Handle, Party: p.Id})
		}
	}
	for i, p := range parties {
		if err := checkRelations(o, p); err != nil {
			return op.Errorf(op.CodeOf(err), "genesis party %d: %v", i+1, err)
		}
	}
	return nil
}

// checkGenesis checks a party by itself.
func checkGenesis(o *state.Overlay, p *pb.Party) error {
	if err := checkID("id", p.GetId()); err != nil {
		return err
	}
	if Exists(o, p.Id) {
		return op.Errorf(pb.Code_EXISTS, "%s is there twice", p.Id)
	}
	if err := checkKind(p.Kind, p.Name); err != nil {
		return err
	}
	if err := checkKeys(p.Keys); err != nil {
		return err
	}
	if err := checkPolicies(p.Policies); err != nil {
		return err
	}
	if err := checkPossible(pb.Code_INVALID, p.Keys, p.Policies); err != nil {
		return err
	}
	if err := checkGuardians(p.Guardians); err != nil {
		return err
	}
	switch {
	case p.Recovery != nil:
		return op.Errorf(pb.Code_INVALID, "%s has a recovery under way", p.Id)
	case p.Created != nil && p.Created.CheckValid() != nil:
		return op.Errorf(pb.Code_INVALID, "created of %s is not a time", p.Id)
	case p.Licensed && p.Kind != pb.PartyKind_COMPANY:
		return op.Errorf(pb.Code_INVALID, "only a COMPANY is licensed to issue money; %s is a %s", p.Id, p.Kind)
	case p.Kind != pb.PartyKind_DEVICE && (p.Owner != "" || p.Retired):
		return op.Errorf(pb.Code_INVALID, "only a DEVICE has an owner or is retired; %s is a %s", p.Id, p.Kind)
	case p.Handle == "":
		return nil
	case !named(p.Kind):
		return noHandles(p)
	case Handles.Has(o, state.Key(p.Handle)):
		return op.Errorf(pb.Code_HANDLE_TAKEN, "two parties have the handle @%s", p.Handle)
	}
	return checkHandle(p.Handle)
}

// checkRelations checks a party's references, once all parties are there.
func checkRelations(o *state.Overlay, p *pb.Party) error {
	if p.Owner != "" {
		if err := checkOwner(o, p.Owner); err != nil {
			return err
		}
	}
	if p.Sponsor != "" {
		s, err := Get(o, p.Sponsor)
		if err != nil {
			return err
		}
		if err := checkSponsor(s); err != nil {
			return err
		}
		if s.Id == p.Id {
			return op.Errorf(pb.Code_INVALID, "%s can't sponsor itself", p.Id)
		}
	}
	return checkGuardianParties(o, p.Id, p.Guardians)
}

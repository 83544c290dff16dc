package party

import (
	"slices"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// Limits of guardians.
const (
	// GuardiansMax is the most guardians of a party.
	GuardiansMax = 9
	// DelayMin and DelayMax bound the time an owner has to refuse.
	DelayMin, DelayMax = time.Hour, 90 * 24 * time.Hour
)

var _ = op.Register(checkSetGuardians, applySetGuardians)

func checkSetGuardians(m *pb.SetGuardiansRequest) error { return checkGuardians(m.Guardians) }

func checkGuardians(g *pb.Guardians) error {
	if g == nil {
		return nil
	}
	if len(g.Parties) > GuardiansMax {
		return op.Errorf(pb.Code_TOO_LARGE, "there are %d guardians; %d is the most", len(g.Parties), GuardiansMax)
	}
	for i, id := range g.Parties {
		if err := checkID("guardian", id); err != nil {
			return err
		}
		if slices.Contains(g.Parties[:i], id) {
			return op.Errorf(pb.Code_INVALID, "guardian %s is there twice", id)
		}
	}
	if g.Threshold == 0 || int64(g.Threshold) > int64(len(g.Parties)) {
		return op.Errorf(pb.Code_INVALID, "threshold is %d, not 1 to %d, the number of guardians; leave guardians unset for none", g.Threshold, len(g.Parties))
	}
	if g.Delay == nil || g.Delay.CheckValid() != nil || g.Delay.AsDuration() < DelayMin || g.Delay.AsDuration() > DelayMax {
		return op.Errorf(pb.Code_INVALID, "delay is %s, not %s to %s", g.Delay.AsDuration(), DelayMin, DelayMax)
	}
	return nil
}

// checkGuardianParties checks that guardians are parties that can help.
func checkGuardianParties(r state.Reader, id string, g *pb.Guardians) error {
	for _, who := range g.GetParties() {
		p, err := Get(r, who)
		if err != nil {
			return err
		}
		if p.Id == id || p.Kind == pb.PartyKind_DEVICE {
			return op.Errorf(pb.Code_INVALID, "guardian %s is the party itself or a device; it could not help", who)
		}
	}
	return nil
}

// applySetGuardians replaces the guardians at once. Errors: WRONG_STATE while a
// recovery is under way, so that whoever stole a key has to refuse it openly;
// UNKNOWN_PARTY, INVALID for guardians that could not help.
func applySetGuardians(c *op.Context, m *pb.SetGuardiansRequest) (*pb.SetGuardiansResponse, error) {
	p, err := get(c, c.Signer)
	if err != nil {
		return nil, err
	}
	if p.Recovery != nil {
		return nil, op.Errorf(pb.Code_WRONG_STATE, "a recovery of %s is under way; refuse it first", p.Id)
	}
	if err := checkGuardianParties(c.State, p.Id, m.Guardians); err != nil {
		return nil, err
	}
	p.Guardians = m.Guardians.CloneVT()
	put(c, p)
	return &pb.SetGuardiansResponse{}, nil
}

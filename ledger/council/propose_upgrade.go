package council

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

var _ = op.Register(checkProposeUpgrade, applyProposeUpgrade)

// upgradeAheadMax is how many blocks ahead an upgrade may be: at 30 blocks a
// second, three weeks.
const upgradeAheadMax = 50_000_000

func checkProposeUpgrade(m *pb.ProposeUpgradeRequest) error {
	if m.Height < 1 || m.Protocol < 2 {
		return op.Errorf(pb.Code_INVALID, "height is %d and protocol %d; they are at least 1 and 2", m.Height, m.Protocol)
	}
	return checkUpgradeName(m.Name)
}

func checkUpgradeName(name string) error {
	if len(name) < 1 || len(name) > 64 {
		return op.Errorf(pb.Code_INVALID, "the upgrade's name has %d bytes, not 1 to 64", len(name))
	}
	for _, b := range []byte(name) {
		if !(b >= 'a' && b <= 'z' || b >= '0' && b <= '9' || b == '-' || b == '.') {
			return op.Errorf(pb.Code_INVALID, "the upgrade's name %q has a %q; a-z, 0-9, - and dots are allowed", name, b)
		}
	}
	return nil
}

// applyProposeUpgrade proposes an upgrade. Errors: those of schedule and
// propose.
func applyProposeUpgrade(c *op.Context, m *pb.ProposeUpgradeRequest) (*pb.ProposeUpgradeResponse, error) {
	p, err := propose(c, &pb.Proposal{ScheduleUpgrade: &pb.Upgrade{Name: m.Name, Height: m.Height, Protocol: m.Protocol}})
	return &pb.ProposeUpgradeResponse{Proposed: p}, err
}

// schedule sets the upgrade. Errors: WRONG_STATE where one is scheduled, or the
// rules are of that version; WRONG_TIME for a height that is past or too far.
func schedule(c *op.Context, u *pb.Upgrade) error {
	council := edit(c)
	switch {
	case council.Upgrade != nil:
		return op.Errorf(pb.Code_WRONG_STATE, "upgrade %s is scheduled for height %d; cancel it first", council.Upgrade.Name, council.Upgrade.Height)
	case u.Protocol <= c.Protocol:
		return op.Errorf(pb.Code_WRONG_STATE, "the chain runs protocol %d already; an upgrade goes to a later one, not to %d", c.Protocol, u.Protocol)
	case u.Height <= c.Height || u.Height > c.Height+upgradeAheadMax:
		return op.Errorf(pb.Code_WRONG_TIME, "the upgrade's height is %d, not %d to %d", u.Height, c.Height+1, c.Height+upgradeAheadMax)
	}
	council.Upgrade = u.CloneVT()
	put(c, council)
	return nil
}

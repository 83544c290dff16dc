package council

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

var _ = op.Register(checkProposeNoUpgrade, applyProposeNoUpgrade)

func checkProposeNoUpgrade(m *pb.ProposeNoUpgradeRequest) error { return checkUpgradeName(m.Name) }

// applyProposeNoUpgrade proposes to cancel the scheduled upgrade. Errors:
// NOT_FOUND where another one or none is scheduled; those of propose.
func applyProposeNoUpgrade(c *op.Context, m *pb.ProposeNoUpgradeRequest) (*pb.ProposeNoUpgradeResponse, error) {
	p, err := propose(c, &pb.Proposal{CancelUpgrade: &pb.Upgrade{Name: m.Name}})
	return &pb.ProposeNoUpgradeResponse{Proposed: p}, err
}

// unschedule cancels the upgrade.
func unschedule(c *op.Context, u *pb.Upgrade) error {
	council := edit(c)
	if council.Upgrade.GetName() != u.Name {
		return op.Errorf(pb.Code_NOT_FOUND, "no upgrade %q is scheduled", u.Name)
	}
	council.Upgrade = nil
	put(c, council)
	return nil
}

package council

import (
	"fmt"
	"strconv"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// migrations bring the state from each version of the rules to the next: the
// first from 1 to 2. Whoever changes what a block does adds one, and asks
// Context.Protocol where the new rules differ from the old: the program runs
// the old ones until the height of the upgrade, and in replaying what was
// before it.
var migrations []func(*op.Context)

// rehearsal is a version of the rules that a program says to have and that
// changes nothing: to rehearse an upgrade, with
//
//	go build -ldflags "-X github.com/troth-ledger/troth/ledger/council.rehearsal=2" ./cmd/troth
var rehearsal string

// Newest is the last version of the rules that this program has.
func Newest() uint32 {
	own := uint32(len(migrations)) + 1
	if n, err := strconv.ParseUint(rehearsal, 10, 32); err == nil {
		return max(own, uint32(n))
	}
	return own
}

// Protocol is the version of the rules in force: the first one before the
// chain's first block, when there is no council yet.
func Protocol(r state.Reader) uint32 { return max(Get(r).GetProtocol(), 1) }

// UpgradeNeeded says that a height runs by rules that this program doesn't have.
type UpgradeNeeded struct {
	// Name is the upgrade's; empty where it is past.
	Name string
	// Height is the first height that this program can't execute.
	Height int64
	// Protocol is the version needed, Newest the last one this program has.
	Protocol, Newest uint32
}

// Error says what to do.
func (e *UpgradeNeeded) Error() string {
	if e.Name == "" {
		return fmt.Sprintf("the chain runs protocol %d; this program has %d at most: start a program that has it on the same folder", e.Protocol, e.Newest)
	}
	return fmt.Sprintf("upgrade %s: from height %d on the chain runs protocol %d; this program has %d at most. "+
		"It executes nothing from there on: start a program with protocol %d on the same folder, and the node goes on where it stopped",
		e.Name, e.Height, e.Protocol, e.Newest, e.Protocol)
}

// Ready says whether this program can execute a height. The error is an
// *UpgradeNeeded.
func Ready(r state.Reader, height int64) error {
	switch c := Get(r); {
	case c.GetProtocol() > Newest():
		return &UpgradeNeeded{Height: height, Protocol: c.Protocol, Newest: Newest()}
	case due(c.GetUpgrade(), height) && c.Upgrade.Protocol > Newest():
		return &UpgradeNeeded{Name: c.Upgrade.Name, Height: c.Upgrade.Height, Protocol: c.Upgrade.Protocol, Newest: Newest()}
	}
	return nil
}

func due(u *pb.Upgrade, height int64) bool { return u != nil && height >= u.Height }

// Begin does what a block begins with: the upgrade that is due, and what
// consensus found out about validators. It returns the version of the rules
// where the block is the first that runs by it, else 0.
func Begin(c *op.Context, evidence []Evidence) (upgraded uint32) {
	if due(Get(c.State).GetUpgrade(), c.Height) {
		upgraded = upgrade(c)
	}
	for _, e := range evidence {
		record(c, e)
	}
	return upgraded
}

func upgrade(c *op.Context) uint32 {
	council := edit(c)
	for i := council.Protocol - 1; i < council.Upgrade.Protocol-1 && int(i) < len(migrations); i++ {
		migrations[i](c)
	}
	council = edit(c) // a migration may have changed it
	council.Protocol, council.Upgrade = council.Upgrade.Protocol, nil
	put(c, council)
	return council.Protocol
}

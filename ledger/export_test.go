package ledger

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/state"
)

// JudgesBy is what a machine admits transactions by, besides the state.
func (m *Machine) JudgesBy() (*pb.Params, uint32) { return m.params, m.protocol }

// Chain is the name of the machine's chain.
func (m *Machine) Chain() string { return m.chainID }

// Overlay is where the trial admits.
func (t *Trial) Overlay() *state.Overlay { return t.overlay }

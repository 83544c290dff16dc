package ledger

import "github.com/troth-ledger/troth/gen/pb"

// JudgesBy is what a machine admits transactions by, besides the state.
func (m *Machine) JudgesBy() (*pb.Params, uint32) { return m.params, m.protocol }

// Chain is the name of the machine's chain.
func (m *Machine) Chain() string { return m.chainID }

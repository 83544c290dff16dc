package ledger

import (
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/council"
	"github.com/troth-ledger/troth/ledger/party"
	"github.com/troth-ledger/troth/ledger/state"
)

// DefaultParams are the parameters of a new chain.
func DefaultParams() *pb.Params {
	return &pb.Params{
		QuotaPerMinute:         60,
		QuotaBurst:             120,
		NewcomersPerMinute:     600,
		FactAheadMax:           durationpb.New(2 * time.Minute),
		WorkPerBlock:           20000,
		WebauthnOrigins:        []string{"http://localhost:8700"},
		WebauthnRpIds:          []string{"localhost"},
		NewcomerQuotaPerMinute: 10,
		NewcomerQuotaBurst:     60,
		NewcomerTotalPerMinute: 6000,
		VotePeriod:             durationpb.New(7 * 24 * time.Hour),
		RotationPause:          durationpb.New(30 * 24 * time.Hour),
		ChangeWindow:           durationpb.New(24 * time.Hour),
	}
}

// Begin writes the genesis state. It becomes part of the first block.
func (m *Machine) Begin(g *pb.Genesis) error {
	o := m.store.Begin()
	if err := party.Genesis(o, g.Parties); err != nil {
		return err
	}
	if err := council.Genesis(o, g); err != nil {
		return err
	}
	m.overlay = o
	return nil
}

// paramsOf are the parameters and the version of the rules that a state says; the
// machine's own where it says none yet.
func (m *Machine) paramsOf(r state.Reader) (*pb.Params, uint32) {
	if p, ok := council.Params.Peek(r, council.ParamsKey); ok {
		return p, council.Get(r).GetProtocol()
	}
	return m.params, m.protocol
}

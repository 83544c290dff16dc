package ledger

import (
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/party"
	"github.com/troth-ledger/troth/ledger/state"
)

// params holds the chain's parameters in its one row.
var params = state.NewTable[pb.Params](100, "params", nil)

const paramsKey state.Key = "params"

// DefaultParams are the parameters of a new chain.
func DefaultParams() *pb.Params {
	return &pb.Params{
		QuotaPerMinute:     60,
		QuotaBurst:         120,
		NewcomersPerMinute: 600,
		FactAheadMax:       durationpb.New(2 * time.Minute),
		WorkPerBlock:       5000,
		WebauthnOrigins:    []string{"http://localhost:8700"},
		WebauthnRpIds:      []string{"localhost"},
	}
}

// CheckParams says whether parameters make sense.
func CheckParams(p *pb.Params) error {
	switch {
	case p == nil:
		return op.Errorf(pb.Code_INVALID, "there are no parameters")
	case p.QuotaPerMinute == 0 || p.QuotaBurst == 0:
		return op.Errorf(pb.Code_INVALID, "quota_per_minute and quota_burst must be above 0, or nobody can do anything")
	case p.WorkPerBlock == 0:
		return op.Errorf(pb.Code_INVALID, "work_per_block must be above 0, or no deadline is ever kept")
	case p.FactAheadMax.AsDuration() < 0 || p.FactAheadMax.AsDuration() > time.Hour:
		return op.Errorf(pb.Code_INVALID, "fact_ahead_max is %s, not 0 to 1h", p.FactAheadMax.AsDuration())
	}
	return nil
}

// Begin writes the genesis state. It becomes part of the first block.
func (m *Machine) Begin(g *pb.Genesis) error {
	if err := CheckParams(g.Params); err != nil {
		return err
	}
	o := m.store.Begin()
	params.Put(o, paramsKey, g.Params)
	if err := party.Genesis(o, g.Parties); err != nil {
		return err
	}
	m.overlay = o
	return nil
}

// loadParams reads the parameters in force: those of the last height.
func (m *Machine) loadParams(o *state.Overlay) {
	if o != nil {
		if p, ok := params.Peek(o, paramsKey); ok {
			m.params = p
		}
		return
	}
	v := m.store.View()
	defer v.Release()
	if p, ok := params.Peek(v, paramsKey); ok {
		m.params = p
	}
}

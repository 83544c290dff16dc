package asset

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/party"
	"github.com/troth-ledger/troth/ledger/state"
)

var _ = op.Register(checkCreateAsset, applyCreateAsset)

func checkCreateAsset(m *pb.CreateAssetRequest) error {
	switch {
	case !isSymbol(m.Symbol):
		return op.Errorf(pb.Code_INVALID, "%.40q is no symbol: 1 to %d letters, digits and -, a letter first", m.Symbol, SymbolMax)
	case m.Kind != pb.AssetKind_MONEY && m.Kind != pb.AssetKind_POINTS && m.Kind != pb.AssetKind_CAPACITY:
		return op.Errorf(pb.Code_INVALID, "kind is %s, not MONEY, POINTS or CAPACITY", m.Kind)
	case m.Decimals > DecimalsMax:
		return op.Errorf(pb.Code_INVALID, "decimals is %d, not 0 to %d", m.Decimals, DecimalsMax)
	case m.SupplyMax > 0 && m.HoldingMax > m.SupplyMax:
		return op.Errorf(pb.Code_INVALID, "holding_max is %d, more than the %d there may ever be", m.HoldingMax, m.SupplyMax)
	}
	for _, limit := range []int64{m.SupplyMax, m.HoldingMax} {
		if limit == 0 {
			continue // no bound
		}
		if err := CheckUnits(limit); err != nil {
			return err
		}
	}
	return nil
}

func applyCreateAsset(c *op.Context, m *pb.CreateAssetRequest) (*pb.CreateAssetResponse, error) {
	p, err := party.Get(c.State, c.Signer)
	if err != nil {
		return nil, err
	}
	if p.Handle == "" {
		return nil, op.Errorf(pb.Code_WRONG_STATE, "%s has no handle to put into the asset's id; claim one first", c.Signer)
	}
	id := m.Symbol + "@" + p.Handle
	if Assets.Has(c.State, state.Key(id)) {
		return nil, op.Errorf(pb.Code_EXISTS, "there is an asset %s already", id)
	}
	if m.Kind == pb.AssetKind_MONEY && !p.Licensed {
		return nil, op.Errorf(pb.Code_NOT_LICENSED, "@%s is not licensed to issue money", p.Handle)
	}
	Assets.Put(c.State, state.Key(id), &pb.Asset{
		Id: id, Issuer: c.Signer, Kind: m.Kind, Decimals: m.Decimals,
		SupplyMax: m.SupplyMax, HoldingMax: m.HoldingMax, Freezable: m.Freezable, Created: c.Time(),
	})
	return &pb.CreateAssetResponse{Asset: id}, nil
}

package asset

import (
	"slices"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/party"
	"github.com/troth-ledger/troth/ledger/state"
)

var _ = op.Ahead(func(_ string, m *pb.IssueRequest, row func(state.Ref)) {
	row(party.Parties.Ref(state.Key(m.To)))
	row(Holdings.Ref(HoldingKey(m.To, m.Amount.Asset)))
})

var _ = op.Register(checkIssue, applyIssue)

func checkIssue(m *pb.IssueRequest) error {
	return first(checkParty("to", m.To), CheckAmount(m.Amount))
}

func applyIssue(c *op.Context, m *pb.IssueRequest) (*pb.IssueResponse, error) {
	if _, err := party.Get(c.State, m.To); err != nil {
		return nil, err
	}
	a, ok := Assets.Get(c.State, state.Key(m.Amount.Asset))
	if !ok {
		return nil, op.Errorf(pb.Code_NOT_FOUND, "there is no asset %s", m.Amount.Asset)
	}
	if err := mayIssue(c, a); err != nil {
		return nil, err
	}
	supply, err := add(a.Supply, m.Amount.Units)
	if err != nil {
		return nil, err
	}
	if a.SupplyMax > 0 && supply > a.SupplyMax {
		return nil, op.Errorf(pb.Code_SUPPLY_LIMIT, "there are %d of %s; %d more would be beyond its limit of %d", a.Supply, a.Id, m.Amount.Units, a.SupplyMax)
	}
	a.Supply = supply
	Assets.Put(c.State, state.Key(a.Id), a)
	return &pb.IssueResponse{}, Credit(c, m.To, a.Id, m.Amount.Units)
}

// mayIssue says whether the signer may issue the asset. Money needs the
// issuer's licence each time: it may have been withdrawn since.
func mayIssue(c *op.Context, a *pb.Asset) error {
	if a.Kind == pb.AssetKind_MONEY {
		issuer, err := party.Get(c.State, a.Issuer)
		if err != nil {
			return err
		}
		if !issuer.Licensed {
			return op.Errorf(pb.Code_NOT_LICENSED, "@%s is not licensed to issue money any more", issuer.Handle)
		}
	}
	if c.Signer != a.Issuer && !slices.Contains(a.Minters, c.Signer) {
		return op.Errorf(pb.Code_NOT_MINTER, "%s is not one of those who may issue %s", c.Signer, a.Id)
	}
	return nil
}

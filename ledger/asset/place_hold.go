package asset

import (
	"time"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/party"
)

// ExpiresMax is how far ahead a hold may expire: a year.
const ExpiresMax = 365 * 24 * time.Hour

var _ = op.Register(checkPlaceHold, applyPlaceHold)

func checkPlaceHold(m *pb.PlaceHoldRequest) error {
	if m.Payee != "" {
		if err := checkParty("payee", m.Payee); err != nil {
			return err
		}
	}
	if m.Expires == nil || m.Expires.CheckValid() != nil {
		return op.Errorf(pb.Code_INVALID, "expires is not a time")
	}
	return first(checkParty("holder", m.Holder), CheckAmount(m.Amount))
}

func applyPlaceHold(c *op.Context, m *pb.PlaceHoldRequest) (*pb.PlaceHoldResponse, error) {
	payee := m.Payee
	if payee == "" {
		payee = m.Holder
	}
	for _, id := range []string{m.Holder, payee} {
		if _, err := party.Get(c.State, id); err != nil {
			return nil, err
		}
	}
	if payee == c.Signer {
		return nil, op.Errorf(pb.Code_INVALID, "the payee is the signer; a hold is for another party")
	}
	switch at := m.Expires.AsTime(); {
	case at.Before(c.Now):
		return nil, op.Errorf(pb.Code_WRONG_TIME, "expires is %s, before block time %s", show(at), show(c.Now))
	case at.After(c.Now.Add(ExpiresMax)):
		return nil, op.Errorf(pb.Code_WRONG_TIME, "expires is %s, more than a year ahead of block time %s", show(at), show(c.Now))
	}
	h := &pb.Hold{
		Id: c.NewID("h", 0), Party: c.Signer, Asset: m.Amount.Asset, Units: m.Amount.Units,
		Holder: m.Holder, Payee: payee, Expires: m.Expires,
	}
	return &pb.PlaceHoldResponse{Hold: h.Id}, hold(c, h)
}

func show(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

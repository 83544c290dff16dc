package asset

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

var _ = op.Register(checkPostHold, applyPostHold)

func checkPostHold(m *pb.PostHoldRequest) error {
	return first(checkHoldID(m.Hold), CheckUnits(m.Units))
}

// checkHoldID: the form of a hold between parties. A promise's hold has
// another form, so that no operation on holds can name one.
func checkHoldID(s string) error {
	if !op.IsID("h", s) {
		return op.Errorf(pb.Code_INVALID, "%.80q is no id of a hold between parties: h_ and 26 characters", s)
	}
	return nil
}

// applyPostHold pays the payee. Unlike a settlement it keeps to holding_max: a
// refused posting leaves the hold as it was, to be posted in part, voided, or
// given back when it expires.
func applyPostHold(c *op.Context, m *pb.PostHoldRequest) (*pb.PostHoldResponse, error) {
	h, err := held(c, m.Hold)
	if err != nil {
		return nil, err
	}
	if c.Now.After(h.Expires.AsTime()) {
		// Overdue, and the ledger's own sweep has not come to it yet.
		return nil, op.Errorf(pb.Code_WRONG_TIME, "hold %s expired at %s", h.Id, show(h.Expires.AsTime()))
	}
	if _, err := enough(c.State, h.Id, m.Units); err != nil {
		return nil, err
	}
	a, err := Get(c.State, h.Asset)
	if err != nil {
		return nil, err
	}
	if err := creditable(a, HoldingOf(c.State, h.Payee, h.Asset), m.Units); err != nil {
		return nil, err
	}
	left := h.Units - m.Units
	if err := Release(c, h.Id, h.Payee, m.Units); err != nil {
		return nil, err
	}
	if m.Final && left > 0 {
		return &pb.PostHoldResponse{}, Release(c, h.Id, h.Party, left)
	}
	return &pb.PostHoldResponse{Left: left}, nil
}

// held returns a hold of which the signer is the holder.
func held(c *op.Context, id string) (*pb.Hold, error) {
	h, err := GetHold(c.State, id)
	if err != nil {
		return nil, err
	}
	if h.Holder != c.Signer {
		return nil, op.Errorf(pb.Code_NOT_YOURS, "hold %s is for %s to post or void, not for %s", id, h.Holder, c.Signer)
	}
	if h.Expires == nil {
		return nil, op.Errorf(pb.Code_NOT_YOURS, "hold %s belongs to a promise, which alone releases it", id)
	}
	return h, nil
}

package asset

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/party"
	"github.com/troth-ledger/troth/ledger/state"
)

// referenceMax is the longest reference of a transfer, in bytes.
const referenceMax = 64

var _ = op.Register(checkTransfer, applyTransfer)

var _ = op.Ahead(func(by string, m *pb.TransferRequest, row func(state.Ref)) {
	row(party.Parties.Ref(state.Key(m.To)))
	row(Holdings.Ref(HoldingKey(by, m.Amount.Asset)))
	row(Holdings.Ref(HoldingKey(m.To, m.Amount.Asset)))
})

func checkTransfer(m *pb.TransferRequest) error {
	return first(checkReference(m.Reference), checkParty("to", m.To), CheckAmount(m.Amount))
}

// checkReference: printable ASCII, so that it can be shown anywhere and looks
// like nothing else.
func checkReference(s string) error {
	if len(s) > referenceMax {
		return op.Errorf(pb.Code_TOO_LARGE, "the reference has %d bytes; %d is the most", len(s), referenceMax)
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return op.Errorf(pb.Code_INVALID, "the reference %q has a character that is not printable ASCII", s)
		}
	}
	return nil
}

func applyTransfer(c *op.Context, m *pb.TransferRequest) (*pb.TransferResponse, error) {
	if _, err := party.Get(c.State, m.To); err != nil {
		return nil, err
	}
	if m.To == c.Signer {
		return nil, op.Errorf(pb.Code_INVALID, "to is the signer; a transfer goes to another party")
	}
	return &pb.TransferResponse{}, Pay(c, c.Signer, m.To, m.Amount.Asset, m.Amount.Units)
}

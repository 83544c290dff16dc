package party

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

var _ = op.Register(checkTransferDevice, applyTransferDevice)

func checkTransferDevice(m *pb.TransferDeviceRequest) error {
	if err := checkID("device", m.Device); err != nil {
		return err
	}
	return checkID("to", m.To)
}

// applyTransferDevice hands a device to its new owner. Errors: see ownDevice;
// UNKNOWN_PARTY, INVALID where a device can't go.
func applyTransferDevice(c *op.Context, m *pb.TransferDeviceRequest) (*pb.TransferDeviceResponse, error) {
	d, err := ownDevice(c, m.Device)
	if err != nil {
		return nil, err
	}
	if err := checkOwner(c.State, m.To); err != nil {
		return nil, err
	}
	if d.Owner == m.To {
		return nil, op.Errorf(pb.Code_INVALID, "device %s belongs to %s already", d.Id, m.To)
	}
	d.Owner = m.To
	put(c, d)
	return &pb.TransferDeviceResponse{}, nil
}

// checkOwner says whether a party can own devices.
func checkOwner(r state.Reader, id string) error {
	p, err := Get(r, id)
	if err != nil {
		return err
	}
	if p.Kind == pb.PartyKind_DEVICE {
		return op.Errorf(pb.Code_INVALID, "%s is a device; devices belong to people, companies and programmes", id)
	}
	return nil
}

// ownDevice returns a device of the signer's for a handler to change. A device
// that belongs to nobody speaks for itself. Errors: UNKNOWN_PARTY; NOT_YOURS;
// WRONG_STATE for what is no device, or retired.
func ownDevice(c *op.Context, id string) (*pb.Party, error) {
	d, err := get(c, id)
	if err != nil {
		return nil, err
	}
	if d.Kind != pb.PartyKind_DEVICE {
		return nil, op.Errorf(pb.Code_WRONG_STATE, "%s is a %s, not a DEVICE", d.Id, d.Kind)
	}
	if d.Owner != c.Signer && !(d.Owner == "" && d.Id == c.Signer) {
		return nil, op.Errorf(pb.Code_NOT_YOURS, "device %s doesn't belong to %s", d.Id, c.Signer)
	}
	if d.Retired {
		return nil, op.Errorf(pb.Code_WRONG_STATE, "device %s is retired", d.Id)
	}
	return d, nil
}

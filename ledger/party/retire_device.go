package party

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

var _ = op.Register(checkRetireDevice, applyRetireDevice)

func checkRetireDevice(m *pb.RetireDeviceRequest) error { return checkID("device", m.Device) }

// applyRetireDevice retires a device for good. Errors: see ownDevice.
func applyRetireDevice(c *op.Context, m *pb.RetireDeviceRequest) (*pb.RetireDeviceResponse, error) {
	d, err := ownDevice(c, m.Device)
	if err != nil {
		return nil, err
	}
	d.Retired = true
	put(c, d)
	return &pb.RetireDeviceResponse{}, nil
}

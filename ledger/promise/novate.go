package promise

import (
	"slices"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/party"
)

var _ = op.Register(checkNovate, applyNovate)

func checkNovate(m *pb.NovateRequest) error {
	if err := checkPromise(m.Promise); err != nil {
		return err
	}
	return checkID("p", "device", m.Device)
}

// applyNovate puts a replacement in a device's place: the remaining term moves
// with the promise, what the old device has stated stays, and what it states
// from now on no longer counts.
//
// Errors: NOT_FOUND, UNKNOWN_PARTY, NOT_YOURS, WRONG_STATE, WRONG_TIME,
// NOT_IN_TERMS, INVALID for what can't be a replacement.
func applyNovate(c *op.Context, m *pb.NovateRequest) (*pb.NovateResponse, error) {
	p, k, err := load(c, m.Promise)
	if err != nil {
		return nil, err
	}
	if err := inForce(c, p); err != nil {
		return nil, err
	}
	n := k.Template().Novation
	if n == nil {
		return nil, op.Errorf(pb.Code_NOT_IN_TERMS, "the terms of %s don't provide for a replacement", p.Id)
	}
	if !isIn(c.State, k.Template(), p, n.By, c.Signer) {
		return nil, op.Errorf(pb.Code_NOT_YOURS, "only the %s replaces the device of %s", n.By, p.Id)
	}
	device, err := party.Get(c.State, m.Device)
	if err != nil {
		return nil, err
	}
	r := binding(p, n.Role)
	if len(r.Parties) != 1 {
		return nil, op.Errorf(pb.Code_WRONG_STATE, "the promise %s is not about one device", p.Id)
	}
	old := r.Parties[0]
	switch {
	case device.Kind != pb.PartyKind_DEVICE || device.Retired:
		return nil, op.Errorf(pb.Code_INVALID, "%s is not a device in use", m.Device)
	case m.Device == old:
		return nil, op.Errorf(pb.Code_INVALID, "%s is the promise's device already", m.Device)
	case device.Owner == "" || device.Owner != party.OwnerOfDevice(c.State, old):
		return nil, op.Errorf(pb.Code_NOT_YOURS, "%s is not of the same owner as %s; hand it over first", m.Device, old)
	}
	r.Parties = []string{m.Device}
	p.Subjects = slices.Clone(p.Subjects)
	for i, s := range p.Subjects {
		if s == "device:"+old {
			p.Subjects[i] = "device:" + m.Device
		}
	}
	if err := resubject(k, p); err != nil {
		return nil, err
	}
	p.Agreement = nil
	put(c, p)
	return &pb.NovateResponse{}, nil
}

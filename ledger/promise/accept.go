package promise

import (
	"encoding/binary"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/asset"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/promise/contract"
)

var _ = op.Register(checkAccept, applyAccept)

func checkAccept(m *pb.AcceptRequest) error {
	if len(m.Role) > 64 || len(m.Pools) > contract.HoldsMax {
		return op.Errorf(pb.Code_TOO_LARGE, "a role has at most 64 bytes, and there are at most %d pools", contract.HoldsMax)
	}
	return checkPromise(m.Promise)
}

func applyAccept(c *op.Context, m *pb.AcceptRequest) (*pb.AcceptResponse, error) {
	p, k, err := load(c, m.Promise)
	if err != nil {
		return nil, err
	}
	if err := acceptable(c, p); err != nil {
		return nil, err
	}
	if p.Copies > 0 {
		if p, err = copyFor(c, k, p); err != nil {
			return nil, err
		}
	}
	r, err := waiting(k.Template(), p, c.Signer, m.Role)
	if err != nil {
		return nil, err
	}
	if err := fund(c, k, p, r.Role, m.Pools, 1); err != nil {
		return nil, err
	}
	r.Accepted = true
	if allAccepted(p) {
		activate(c, p)
	}
	put(c, p)
	return &pb.AcceptResponse{Promise: p.Id, Active: p.State == pb.PromiseState_ACTIVE}, nil
}

// acceptable checks the deadline at the point of use, too: the sweep may be a
// block behind.
func acceptable(c *op.Context, p *pb.Promise) error {
	switch {
	case p.State != pb.PromiseState_OFFERED:
		return op.Errorf(pb.Code_WRONG_STATE, "the promise %s is %s; only an offer can be accepted", p.Id, p.State)
	case c.Now.After(p.AcceptBy.AsTime()):
		return op.Errorf(pb.Code_WRONG_TIME, "the offer %s could be accepted until %s", p.Id, p.AcceptBy.AsTime())
	}
	return nil
}

// waiting finds the side of a party that hasn't accepted yet.
func waiting(t *pb.Template, p *pb.Promise, who, named string) (*pb.RoleBinding, error) {
	r, err := myRole(t, p, who, named)
	if err != nil {
		return nil, err
	}
	for _, other := range p.Roles {
		if r.Accepted && !other.Accepted && isParty(other, who) && (named == "" || named == other.Role) {
			r = other
		}
	}
	if r.Accepted {
		return nil, op.Errorf(pb.Code_NOT_YOUR_TURN, "%s has accepted %s as %s already", who, p.Id, r.Role)
	}
	return r, nil
}

// copyFor makes the signer's own promise of a standing offer. The money that
// the offer set aside for it moves with it.
func copyFor(c *op.Context, k *contract.Contract, offer *pb.Promise) (*pb.Promise, error) {
	p := offer.CloneVT()
	p.Id = op.MakeID("pr", []byte(offer.Id), binary.BigEndian.AppendUint32(nil, offer.Copies))
	p.Offer, p.Copies, p.Offered = offer.Id, 0, c.Time()
	for _, r := range p.Roles {
		d := roleDef(k.Template(), r.Role)
		if len(r.Parties) == 0 && d.Kind == pb.RoleKind_BENEFICIARY && d.OwnerOf == "" {
			r.Parties = []string{c.Signer}
		}
		if !isParty(r, offer.OfferedBy) || !sides(d) {
			continue
		}
		for i, h := range p.Holds {
			if k.Template().Holds[i].From == r.Role && h.Put > 0 && h.Pool == "" {
				if err := asset.MoveHold(c, holdID(offer, h.Name), holdID(p, h.Name), h.Put, p.Id); err != nil {
					return nil, err
				}
			}
		}
	}
	if err := recopySubject(k, p); err != nil {
		return nil, err
	}
	offer.Copies--
	if offer.Copies == 0 {
		offer.State, offer.Outcome, offer.Settled, offer.Wake = pb.PromiseState_SETTLED, pb.Outcome_DISCHARGED, c.Time(), nil
		for _, h := range offer.Holds {
			h.Put = 0
		}
	}
	put(c, offer)
	return p, nil
}

// recopySubject fills in a subject that depends on who accepted.
func recopySubject(k *contract.Contract, p *pb.Promise) error {
	own, err := k.Subject(p)
	if err != nil {
		return numbered(err)
	}
	if own != "" {
		p.Subjects = []string{own}
	}
	return nil
}

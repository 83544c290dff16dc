package promise

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/promise/contract"
)

var _ = op.Register(checkAccept, applyAccept)

func checkAccept(m *pb.AcceptRequest) error {
	if len(m.Role) > nameMax || len(m.Pools) > contract.HoldsMax {
		return op.Errorf(pb.Code_TOO_LARGE, "a role's name has at most %d bytes, and there are at most %d pools", nameMax, contract.HoldsMax)
	}
	if err := checkPools(m.Pools); err != nil {
		return err
	}
	return checkPromise(m.Promise)
}

// applyAccept takes the signer's side in an offer, or in a copy of a standing
// one. Errors: NOT_FOUND, NOT_YOURS, NOT_YOUR_TURN where it has accepted,
// WRONG_STATE, WRONG_TIME, BAD_ROLES for who may not take the open side, and
// those of fund.
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
	r, err := waiting(c, k.Template(), p, m.Role)
	if err != nil {
		return nil, err
	}
	if err := fund(c, k, p, r.Role, m.Pools, 1); err != nil {
		return nil, err
	}
	if err := checkChosen(c.State, k.Template(), p, c.Signer, m.Pools); err != nil {
		return nil, err
	}
	r.Accepted = true
	active := allAccepted(p)
	if active {
		activate(c, k, p)
	}
	put(c, p)
	return &pb.AcceptResponse{Promise: p.Id, Active: active}, nil
}

// acceptable checks the deadline at the point of use, too: the sweep may be a
// block behind.
func acceptable(c *op.Context, p *pb.Promise) error {
	switch {
	case p.State != pb.PromiseState_OFFERED:
		return op.Errorf(pb.Code_WRONG_STATE, "the promise %s is %s; only an offer can be accepted", p.Id, p.State)
	case c.Now.After(p.AcceptBy.AsTime()):
		return op.Errorf(pb.Code_WRONG_TIME, "the offer %s could be accepted until %s", p.Id, clock(p.AcceptBy.AsTime()))
	}
	return nil
}

// waiting finds the side of the signer that hasn't accepted yet.
func waiting(c *op.Context, t *pb.Template, p *pb.Promise, named string) (*pb.RoleBinding, error) {
	if _, err := myRole(c.State, t, p, c.Signer, named); err != nil {
		return nil, err
	}
	for _, r := range p.Roles {
		if !r.Accepted && first(r) == c.Signer && (named == "" || named == r.Role) {
			return r, nil
		}
	}
	return nil, op.Errorf(pb.Code_NOT_YOUR_TURN, "%s has accepted %s already, or is not asked to", c.Signer, p.Id)
}

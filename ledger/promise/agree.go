package promise

import (
	"bytes"
	"crypto/sha256"
	"slices"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/promise/contract"
	"github.com/troth-ledger/troth/ledger/state"
)

// agree enters the signer's agreement to something, and says whether now all of
// the roles in need have agreed on the same. Proposing something else starts
// anew.
func agree(c *op.Context, p *pb.Promise, kind pb.Agreement_Kind, need []string, what state.Record) (bool, error) {
	digest := sha256.Sum256(append([]byte{byte(kind)}, state.Encode(what)...))
	a := p.Agreement
	if a == nil || a.Kind != kind || !bytes.Equal(a.Digest, digest[:]) {
		a = &pb.Agreement{Kind: kind, Digest: digest[:]}
	}
	mine := false
	for _, role := range need {
		if isParty(binding(p, role), c.Signer) {
			mine = true
			if !slices.Contains(a.By, role) {
				a.By = append(a.By, role)
			}
		}
	}
	if !mine {
		return false, op.Errorf(pb.Code_NOT_YOURS, "%s is not asked about the promise %s", c.Signer, p.Id)
	}
	p.Agreement = a
	for _, role := range need {
		if !slices.Contains(a.By, role) {
			return false, nil
		}
	}
	p.Agreement = nil
	return true, nil
}

// bothSides lists the roles whose agreement changes a promise: every side that
// is a party of its own.
func bothSides(k *contract.Contract, p *pb.Promise) []string {
	var out []string
	for i, d := range k.Template().Roles {
		if sides(d) && d.OwnerOf == "" && len(p.Roles[i].Parties) > 0 {
			out = append(out, d.Name)
		}
	}
	return out
}

// inForce refuses what only a promise in force allows.
func inForce(p *pb.Promise) error {
	if p.State != pb.PromiseState_ACTIVE {
		return op.Errorf(pb.Code_WRONG_STATE, "the promise %s is %s, not in force", p.Id, p.State)
	}
	return nil
}

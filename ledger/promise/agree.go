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

// voice is somebody whose agreement is needed.
type voice struct{ role, party string }

// agree enters the signer's agreement to something, and says whether now all
// who are needed have agreed on the same. Proposing something else starts anew,
// and so does a change of who is needed, for nobody agrees for a successor.
// Whatever changes what a promise holds forgets what was agreed until then.
func agree(c *op.Context, p *pb.Promise, kind pb.Agreement_Kind, need []voice, what state.Record) (bool, error) {
	h := sha256.New()
	h.Write([]byte{byte(kind)})
	mine := false
	for _, v := range need {
		h.Write([]byte(v.party + "\x00"))
		mine = mine || v.party == c.Signer
	}
	if !mine {
		return false, op.Errorf(pb.Code_NOT_YOURS, "%s is not asked about the promise %s", c.Signer, p.Id)
	}
	h.Write(state.Encode(what))
	digest := h.Sum(nil)
	a := p.Agreement
	if a == nil || a.Kind != kind || !bytes.Equal(a.Digest, digest) {
		a = &pb.Agreement{Kind: kind, Digest: digest}
	}
	all := true
	for _, v := range need {
		if v.party == c.Signer && !slices.Contains(a.By, v.role) {
			a.By = append(a.By, v.role)
		}
		all = all && slices.Contains(a.By, v.role)
	}
	p.Agreement = a
	if all {
		p.Agreement = nil
	}
	return all, nil
}

// allSides lists whose agreement changes a promise: every side's, whoever owns
// a device included.
func allSides(r state.Reader, k *contract.Contract, p *pb.Promise) []voice {
	var out []voice
	for _, d := range k.Template().Roles {
		if who := inRole(r, k.Template(), p, d.Name); sides(d) && who != "" {
			out = append(out, voice{d.Name, who})
		}
	}
	return out
}

// inForce refuses what only a promise in force allows.
func inForce(c *op.Context, p *pb.Promise) error {
	if p.State != pb.PromiseState_ACTIVE {
		return op.Errorf(pb.Code_WRONG_STATE, "the promise %s is %s, not in force", p.Id, p.State)
	}
	return settledSoFar(c, p)
}

// settledSoFar refuses to touch a promise of which something fell due that the
// ledger has not come to yet. It happens only where the ledger is behind with
// its work, and then deadlines are kept all the same.
func settledSoFar(c *op.Context, p *pb.Promise) error {
	if live(p) && p.Wake != nil && p.Wake.AsTime().Before(c.Now) {
		return op.Errorf(pb.Code_WRONG_TIME, "something of the promise %s fell due at %s, and the ledger settles that first; try again in a moment",
			p.Id, clock(p.Wake.AsTime()))
	}
	return nil
}

// look has the ledger look at a promise in this block, unless its clock stands
// still or something else is being waited for.
func look(c *op.Context, p *pb.Promise) {
	if p.State == pb.PromiseState_ACTIVE {
		p.Wake = c.Time()
	}
}

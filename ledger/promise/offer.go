package promise

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/promise/contract"
)

// Limits of an offer.
const (
	acceptDefault = 24 * time.Hour
	acceptMax     = 366 * 24 * time.Hour
	subjectsMax   = 4
	attestersMax  = 8
	copiesMax     = 1_000_000
)

var _ = op.Register(checkOffer, applyOffer)

func checkOffer(m *pb.OfferRequest) error {
	if len(m.Template) == 0 || len(m.Template) > 160 {
		return op.Errorf(pb.Code_INVALID, "%q is no template's id", clip(m.Template))
	}
	if len(m.Roles) > contract.RolesMax || len(m.Terms) > contract.TermsMax || len(m.Pools) > contract.HoldsMax {
		return op.Errorf(pb.Code_TOO_LARGE, "an offer has at most %d roles, %d terms and %d pools", contract.RolesMax, contract.TermsMax, contract.HoldsMax)
	}
	if len(m.Subjects) > subjectsMax {
		return op.Errorf(pb.Code_TOO_LARGE, "an offer has at most %d subjects", subjectsMax)
	}
	for _, s := range m.Subjects {
		if !contract.IsSubject(s) {
			return op.Errorf(pb.Code_INVALID, "%q is no subject: 1 to 128 letters, digits and -_.:/@", clip(s))
		}
	}
	if m.Copies > copiesMax {
		return op.Errorf(pb.Code_TOO_LARGE, "a standing offer is for %d at most", copiesMax)
	}
	if m.AcceptBy != nil && m.AcceptBy.CheckValid() != nil {
		return op.Errorf(pb.Code_INVALID, "accept_by is not a time")
	}
	return nil
}

func applyOffer(c *op.Context, m *pb.OfferRequest) (*pb.OfferResponse, error) {
	k, err := contractOf(c.State, m.Template)
	if err != nil {
		return nil, err
	}
	p, err := k.Begin(m.Terms)
	if err != nil {
		return nil, numbered(err)
	}
	p.Id, p.Template, p.State = c.NewID("pr", 0), m.Template, pb.PromiseState_OFFERED
	p.Offered, p.OfferedBy, p.Copies = c.Time(), c.Signer, m.Copies
	if err := setAcceptBy(c, p, m.AcceptBy); err != nil {
		return nil, err
	}
	if p.Roles, err = bind(c, k.Template(), m.Roles, m.Copies > 0); err != nil {
		return nil, err
	}
	if err := setSubjects(k, p, m.Subjects); err != nil {
		return nil, err
	}
	took := false
	for _, r := range p.Roles {
		d := roleDef(k.Template(), r.Role)
		switch {
		case !sides(d):
			r.Accepted = true
		case isParty(r, c.Signer):
			took, r.Accepted = true, true
			if err := fund(c, k, p, r.Role, m.Pools, max(int64(m.Copies), 1)); err != nil {
				return nil, err
			}
		case d.Unasked || d.OwnerOf != "":
			r.Accepted = true
		}
	}
	if !took {
		return nil, op.Errorf(pb.Code_NOT_YOURS, "the offering party takes one of the sides itself; %s takes none", c.Signer)
	}
	p.Wake = timestamppb.New(p.AcceptBy.AsTime().Add(1))
	if p.Copies == 0 && allAccepted(p) {
		activate(c, p)
	}
	put(c, p)
	return &pb.OfferResponse{Promise: p.Id}, nil
}

func setAcceptBy(c *op.Context, p *pb.Promise, by *timestamppb.Timestamp) error {
	at := c.Now.Add(acceptDefault)
	if by != nil {
		at = by.AsTime()
	}
	if at.Before(c.Now) || at.After(c.Now.Add(acceptMax)) {
		return op.Errorf(pb.Code_WRONG_TIME, "accept_by is %s; it must be within a year from now, %s",
			at.Format(time.RFC3339), c.Now.Format(time.RFC3339))
	}
	p.AcceptBy = timestamppb.New(at)
	return nil
}

// setSubjects takes the offer's subjects where the template leaves them open.
func setSubjects(k *contract.Contract, p *pb.Promise, asked []string) error {
	own, err := k.Subject(p)
	if err != nil {
		return numbered(err)
	}
	switch {
	case own == "":
		p.Subjects = asked
	case len(asked) > 0 && (len(asked) != 1 || asked[0] != own):
		return op.Errorf(pb.Code_BAD_TERMS, "the template says what it is about: %s; leave subjects out", own)
	default:
		p.Subjects = []string{own}
	}
	return nil
}

func allAccepted(p *pb.Promise) bool {
	for _, r := range p.Roles {
		if !r.Accepted {
			return false
		}
	}
	return true
}

// activate brings a promise into force. It is looked at at once: a rule may
// hold already, and otherwise its first deadline is found.
func activate(c *op.Context, p *pb.Promise) {
	p.State, p.Active, p.Wake = pb.PromiseState_ACTIVE, c.Time(), c.Time()
}

package promise

import (
	"slices"
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
	nameMax       = 64
)

var _ = op.Register(checkOffer, applyOffer)

func checkOffer(m *pb.OfferRequest) error {
	if len(m.Template) == 0 || len(m.Template) > 160 {
		return op.Errorf(pb.Code_INVALID, "%q is no template's id", clip(m.Template))
	}
	if len(m.Roles) > contract.RolesMax || len(m.Terms) > contract.TermsMax || len(m.Pools) > contract.HoldsMax {
		return op.Errorf(pb.Code_TOO_LARGE, "an offer has at most %d roles, %d terms and %d pools", contract.RolesMax, contract.TermsMax, contract.HoldsMax)
	}
	for _, t := range m.Terms {
		if len(t.Name) > nameMax {
			return op.Errorf(pb.Code_TOO_LARGE, "a term's name has at most %d bytes", nameMax)
		}
	}
	if err := checkRoleIDs(m.Roles); err != nil {
		return err
	}
	if err := checkPools(m.Pools); err != nil {
		return err
	}
	if m.Copies > copiesMax {
		return op.Errorf(pb.Code_TOO_LARGE, "a standing offer is for %d at most", copiesMax)
	}
	if m.AcceptBy != nil && m.AcceptBy.CheckValid() != nil {
		return op.Errorf(pb.Code_INVALID, "accept_by is not a time")
	}
	return checkSubjects(m.Subjects)
}

func checkSubjects(subjects []string) error {
	if len(subjects) > subjectsMax {
		return op.Errorf(pb.Code_TOO_LARGE, "an offer has at most %d subjects", subjectsMax)
	}
	for i, s := range subjects {
		if !contract.IsSubject(s) {
			return op.Errorf(pb.Code_INVALID, "%q is no subject: 1 to 128 letters, digits and -_.:/@", clip(s))
		}
		if slices.Contains(subjects[:i], s) {
			return op.Errorf(pb.Code_INVALID, "the subject %s is given twice", s)
		}
	}
	return nil
}

// applyOffer writes an offer and sets the offering side's money aside. Errors:
// NOT_FOUND for the template, BAD_TERMS, WRONG_TIME for accept_by, BAD_ROLES,
// UNKNOWN_PARTY, NOT_YOURS, and those of fund.
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
	if hold, ok := ownerPays(k.Template(), p); ok {
		return nil, op.Errorf(pb.Code_BAD_ROLES, "the hold %q asks money of whoever owns the device, who is not asked", hold)
	}
	if err := setSubjects(k, p, m.Subjects); err != nil {
		return nil, err
	}
	if err := takeSides(c, k, p, m); err != nil {
		return nil, err
	}
	p.Wake = timestamppb.New(p.AcceptBy.AsTime().Add(1))
	if p.Copies == 0 && allAccepted(p) {
		activate(c, k, p)
	}
	put(c, p)
	return &pb.OfferResponse{Promise: p.Id}, nil
}

// takeSides enters that the signer accepts all its own sides, and that nobody
// else has to who is asked for nothing.
func takeSides(c *op.Context, k *contract.Contract, p *pb.Promise, m *pb.OfferRequest) error {
	took := false
	for i, r := range p.Roles {
		d := k.Template().Roles[i]
		switch {
		case !sides(d) || d.OwnerOf != "":
			r.Accepted = true
		case first(r) == c.Signer:
			took, r.Accepted = true, true
			if err := fund(c, k, p, r.Role, m.Pools, max(int64(m.Copies), 1)); err != nil {
				return err
			}
		case d.Unasked && len(r.Parties) > 0 && !asks(k.Template(), p, r.Role):
			r.Accepted = true
		}
	}
	if !took {
		return op.Errorf(pb.Code_NOT_YOURS, "the offering party takes one of the sides itself; %s takes none", c.Signer)
	}
	return checkChosen(c.State, k.Template(), p, c.Signer, m.Pools)
}

func setAcceptBy(c *op.Context, p *pb.Promise, by *timestamppb.Timestamp) error {
	at := c.Now.Add(acceptDefault)
	if by != nil {
		at = by.AsTime()
	}
	if at.Before(c.Now) || at.After(c.Now.Add(acceptMax)) {
		return op.Errorf(pb.Code_WRONG_TIME, "accept_by is %s; it must be within a year from now, %s",
			clock(at), clock(c.Now))
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

// resubject fills in a subject again that depends on who is who.
func resubject(k *contract.Contract, p *pb.Promise) error {
	own, err := k.Subject(p)
	if err != nil {
		return numbered(err)
	}
	if own != "" {
		p.Subjects = []string{own}
	}
	return nil
}

func allAccepted(p *pb.Promise) bool {
	return !slices.ContainsFunc(p.Roles, func(r *pb.RoleBinding) bool { return !r.Accepted })
}

// activate brings a promise into force. It is looked at at once: a rule may
// hold already, and otherwise its first deadline is found.
func activate(c *op.Context, k *contract.Contract, p *pb.Promise) {
	p.State, p.Active, p.Wake = pb.PromiseState_ACTIVE, c.Time(), nil
	evaluate(c, k, p, pb.Settlement_ACCEPTANCE, c.Now)
}

// clock writes a time in a message.
func clock(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

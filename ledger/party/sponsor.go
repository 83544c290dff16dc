package party

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

var _ = op.Register(checkSponsorRequest, applySponsor)

func checkSponsorRequest(m *pb.SponsorRequest) error { return checkID("party", m.Party) }

// applySponsor starts or stops paying for a party's quota. The sponsor stops;
// so may the customer, who need not stay in anybody's debt. Errors:
// UNKNOWN_PARTY, NOT_YOURS, WRONG_STATE, EXISTS.
func applySponsor(c *op.Context, m *pb.SponsorRequest) (*pb.SponsorResponse, error) {
	p, err := get(c, m.Party)
	if err != nil {
		return nil, err
	}
	if m.Stop {
		err = stopSponsor(c, p)
	} else {
		err = startSponsor(c, p)
	}
	if err != nil {
		return nil, err
	}
	put(c, p)
	return &pb.SponsorResponse{}, nil
}

func stopSponsor(c *op.Context, p *pb.Party) error {
	if p.Sponsor == "" {
		return op.Errorf(pb.Code_WRONG_STATE, "%s has no sponsor", p.Id)
	}
	if p.Sponsor != c.Signer && p.Id != c.Signer {
		return op.Errorf(pb.Code_NOT_YOURS, "%s is sponsored by %s; one of the two can stop it", p.Id, p.Sponsor)
	}
	p.Sponsor = ""
	return nil
}

func startSponsor(c *op.Context, p *pb.Party) error {
	s, err := Get(c.State, c.Signer)
	if err != nil {
		return err
	}
	if err := checkSponsor(s); err != nil {
		return err
	}
	switch p.Sponsor {
	case "":
	case s.Id:
		return op.Errorf(pb.Code_EXISTS, "%s is sponsored by %s already", p.Id, s.Id)
	default:
		return op.Errorf(pb.Code_NOT_YOURS, "%s is sponsored by %s, who would have to stop first", p.Id, p.Sponsor)
	}
	if p.Id == s.Id {
		return op.Errorf(pb.Code_INVALID, "%s can't sponsor itself", s.Id)
	}
	p.Sponsor = s.Id
	return nil
}

// checkSponsor says whether a party may sponsor others.
func checkSponsor(s *pb.Party) error {
	if !named(s.Kind) {
		return op.Errorf(pb.Code_WRONG_STATE, "only companies and programmes sponsor others; %s is a %s", s.Id, s.Kind)
	}
	return nil
}

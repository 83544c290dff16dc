package promise

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/promise/contract"
)

var _ = op.Register(checkDecline, applyDecline)

func checkDecline(m *pb.DeclineRequest) error { return checkPromise(m.Promise) }

// applyDecline ends an offer: any side may, since without it there is no
// promise. Errors: NOT_FOUND, NOT_YOURS, WRONG_STATE.
func applyDecline(c *op.Context, m *pb.DeclineRequest) (*pb.DeclineResponse, error) {
	p, k, err := load(c, m.Promise)
	if err != nil {
		return nil, err
	}
	if p.State != pb.PromiseState_OFFERED {
		return nil, op.Errorf(pb.Code_WRONG_STATE, "the promise %s is %s; only an offer can be declined", p.Id, p.State)
	}
	outcome, why := pb.Outcome_DISCHARGED, "the offer was withdrawn"
	if c.Signer != p.OfferedBy {
		if _, err := myRole(c.State, k.Template(), p, c.Signer, ""); err != nil {
			return nil, err
		}
		why = "the offer was declined"
	}
	if c.Now.After(p.AcceptBy.AsTime()) {
		outcome, why = pb.Outcome_EXPIRED, notInTime
	}
	withdraw(c, k, p, outcome, why)
	put(c, p)
	return &pb.DeclineResponse{}, nil
}

// notInTime is the clause of an offer that nobody accepted.
const notInTime = "the offer was not accepted in time"

// withdraw ends an offer and gives back what was set aside for it.
func withdraw(c *op.Context, k *contract.Contract, p *pb.Promise, outcome pb.Outcome, why string) {
	for i, h := range p.Holds {
		if r := binding(p, k.Template().Holds[i].From); h.Party == "" || !r.Accepted {
			h.Put = 0 // nothing was put in yet
		}
	}
	returnCopies(c, p)
	f := k.Restore(p, outcome)
	f.Name = why
	finish(c, k, p, f, pb.Settlement_NOT_ACCEPTED)
}

package promise

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/asset"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/promise/contract"
	"github.com/troth-ledger/troth/ledger/state"
)

var _ = op.Register(checkDecline, applyDecline)

func checkDecline(m *pb.DeclineRequest) error { return checkPromise(m.Promise) }

func applyDecline(c *op.Context, m *pb.DeclineRequest) (*pb.DeclineResponse, error) {
	p, k, err := load(c, m.Promise)
	if err != nil {
		return nil, err
	}
	if p.State != pb.PromiseState_OFFERED {
		return nil, op.Errorf(pb.Code_WRONG_STATE, "the promise %s is %s; only an offer can be declined", p.Id, p.State)
	}
	why := "the offer was withdrawn"
	if c.Signer != p.OfferedBy {
		if _, err := myRole(k.Template(), p, c.Signer, ""); err != nil {
			return nil, err
		}
		why = "the offer was declined"
	}
	withdraw(c, k, p, pb.Outcome_DISCHARGED, why)
	put(c, p)
	return &pb.DeclineResponse{}, nil
}

// withdraw ends an offer and gives back what was set aside for it.
func withdraw(c *op.Context, k *contract.Contract, p *pb.Promise, outcome pb.Outcome, why string) {
	for i, h := range p.Holds {
		if r := binding(p, k.Template().Holds[i].From); h.Party == "" || !r.Accepted {
			h.Put = 0 // nothing was put in yet
		}
	}
	if p.Copies > 1 {
		returnCopies(c, p)
	}
	f := k.Restore(p, outcome)
	f.Name = why
	finish(c, k, p, f, pb.Settlement_NOT_ACCEPTED)
}

// returnCopies gives back what a standing offer holds beyond its first copy,
// which the settlement accounts for.
func returnCopies(c *op.Context, p *pb.Promise) {
	more := int64(p.Copies) - 1
	for _, h := range p.Holds {
		if h.Put == 0 {
			continue
		}
		if h.Pool != "" {
			pool, _ := Pools.Get(c.State, state.Key(h.Pool))
			pool.Committed -= h.Put * more
			Pools.Put(c.State, state.Key(pool.Id), pool)
			continue
		}
		if err := asset.Release(c, holdID(p, h.Name), h.Party, h.Put*more); err != nil {
			panic("promise: giving back a standing offer: " + err.Error())
		}
	}
	p.Copies = 0
}

package promise

import (
	"encoding/binary"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/asset"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/promise/contract"
	"github.com/troth-ledger/troth/ledger/state"
)

// A standing offer's books say what one copy puts in; what is held, or promised
// out of a pool, is that so many times over.

// copyFor makes the signer's own promise of a standing offer. The money that
// the offer set aside for it moves with it: it stands in the copy's books from
// then on, and one copy less in the offer's.
func copyFor(c *op.Context, k *contract.Contract, offer *pb.Promise) (*pb.Promise, error) {
	p := offer.CloneVT()
	p.Id = op.MakeID("pr", []byte(offer.Id), binary.BigEndian.AppendUint32(nil, offer.Copies))
	p.Offer, p.Copies, p.Offered = offer.Id, 0, c.Time()
	for i, r := range p.Roles {
		d := k.Template().Roles[i]
		if len(r.Parties) == 0 && d.Kind == pb.RoleKind_BENEFICIARY && d.OwnerOf == "" {
			if err := checkJoin(c, k.Template(), p, r.Role, c.Signer); err != nil {
				return nil, err
			}
			r.Parties = []string{c.Signer}
		}
	}
	if err := resubject(k, p); err != nil {
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

// returnCopies gives back what a standing offer holds beyond its first copy,
// which the settlement accounts for.
func returnCopies(c *op.Context, p *pb.Promise) {
	more := int64(p.Copies) - 1
	p.Copies = 0
	if more <= 0 {
		return
	}
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
		if err := asset.PayOut(c, h.Party, h.Asset, h.Party, h.Put*more); err != nil {
			panic("promise: giving back a standing offer: " + err.Error())
		}
	}
}

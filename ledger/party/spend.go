package party

import (
	"slices"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// CheckSpend says whether the keys that signed may take what the transaction
// took. spent is how many units of each asset left the signer's available
// amount; what came in is negative or left out. The machine calls it after the
// operations ran and undoes them on an error: KEY_NOT_ALLOWED where it is more
// than every key's limit, MORE_SIGNATURES where a policy asks for more keys.
func CheckSpend(c *op.Context, t *op.Tx, spent []*pb.Amount) error {
	if !slices.ContainsFunc(spent, func(a *pb.Amount) bool { return a.Units > 0 }) {
		return nil
	}
	if slices.ContainsFunc(t.Body.Ops, func(o *pb.Operation) bool { return guarded(o.Code) }) {
		// The keys may have changed under our feet. An OWNER key signed, and as
		// many as the strongest policy needs: there is nothing more to ask.
		return nil
	}
	p, ok := Parties.Peek(c.State, state.Key(c.Signer))
	if !ok {
		return unknown(c.Signer)
	}
	p = inForce(p, c.Now)
	keys, err := signing(c, p, t.Signatures)
	if err != nil {
		return err
	}
	for _, a := range spent {
		if a.Units <= 0 {
			continue
		}
		if err := checkLimit(t, keys, a); err != nil {
			return err
		}
		if err := checkAmountPolicies(t, p, keys, a); err != nil {
			return err
		}
	}
	return nil
}

// checkLimit asks the most permissive of the keys that may spend here at all.
func checkLimit(t *op.Tx, keys []*pb.Key, a *pb.Amount) error {
	most := int64(-1)
	for _, k := range keys {
		if !maySpend(t, k) {
			continue
		}
		if len(k.Limits) == 0 {
			return nil
		}
		for _, l := range k.Limits {
			if l.Asset == a.Asset {
				most = max(most, l.Units)
			}
		}
	}
	switch {
	case most < 0:
		return op.Errorf(pb.Code_KEY_NOT_ALLOWED, "no key that signed may spend %s; the transaction would take %d", a.Asset, a.Units)
	case a.Units > most:
		return op.Errorf(pb.Code_KEY_NOT_ALLOWED, "the keys that signed may spend %d of %s in a transaction; this one would take %d", most, a.Asset, a.Units)
	}
	return nil
}

// maySpend says whether a key may sign one of the operations that can have
// spent: a key signing beside it lends its limits to no other operation.
func maySpend(t *op.Tx, k *pb.Key) bool {
	return slices.ContainsFunc(t.Body.Ops, func(o *pb.Operation) bool {
		row, ok := op.Find(o.Code)
		return ok && slices.Contains(row.May, pb.Op_SPEND) && inScope(k, o.Code)
	})
}

func checkAmountPolicies(t *op.Tx, p *pb.Party, keys []*pb.Key, a *pb.Amount) error {
	for i, pol := range p.Policies {
		if pol.Asset != a.Asset || a.Units <= pol.Above {
			continue
		}
		for _, o := range t.Body.Ops {
			if !covers(pol, o.Code) {
				continue
			}
			have := 0
			for _, k := range keys {
				if counts(k, o.Code) {
					have++
				}
			}
			if have < int(pol.Threshold) {
				return op.Errorf(pb.Code_MORE_SIGNATURES, "policy %d of %s: more than %d of %s needs %d keys with the role OWNER or AGENT; the transaction would take %d and %d signed",
					i+1, p.Id, pol.Above, a.Asset, pol.Threshold, a.Units, have)
			}
		}
	}
	return nil
}

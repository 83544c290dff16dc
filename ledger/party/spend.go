package party

import (
	"math"
	"slices"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// Spent is what a transaction's operations took of an asset from the signer's
// available amount.
type Spent struct {
	Asset string
	// Units is how many left, whatever came in.
	Units int64
	// Codes are the operations that took some.
	Codes []uint32
}

// CheckSpend says whether the keys that signed may take what the transaction
// took. The machine calls it after the operations ran and undoes them on an
// error: KEY_NOT_ALLOWED where it is more than every key's limit,
// MORE_SIGNATURES where a policy asks for more keys.
func CheckSpend(c *op.Context, t *op.Tx, spent []Spent) error {
	if len(spent) == 0 {
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
	for i := range spent {
		if err := checkLimit(keys, &spent[i]); err != nil {
			return err
		}
		if err := checkAmountPolicies(p, keys, &spent[i]); err != nil {
			return err
		}
	}
	return nil
}

// spendsFreely says whether nothing bounds what operations may spend that keys of a
// party signed, neither now nor by what they do.
func spendsFreely(p *pb.Party, keys []*pb.Key, ops []*pb.Operation) bool {
	if len(p.Policies) > 0 {
		return false
	}
	for _, o := range ops {
		row, ok := op.Find(o.Code)
		if !ok || slices.Contains(row.May, pb.Op_CHANGE_PARTY) || slices.Contains(row.May, pb.Op_CREATE_PARTY) {
			return false
		}
		if !slices.ContainsFunc(keys, func(k *pb.Key) bool { return len(k.Limits) == 0 && inScope(k, o.Code) }) {
			return false
		}
	}
	return true
}

// checkLimit asks, for each operation that spent, the most permissive of the
// keys that may sign it: a key beside them lends its limits to no operation but
// its own.
func checkLimit(keys []*pb.Key, s *Spent) error {
	for _, code := range s.Codes {
		switch most := mostOf(keys, s.Asset, code); {
		case most < 0:
			return op.Errorf(pb.Code_KEY_NOT_ALLOWED, "no key that signed may spend %s; the transaction would take %d", s.Asset, s.Units)
		case s.Units > most:
			return op.Errorf(pb.Code_KEY_NOT_ALLOWED, "the keys that signed may spend %d of %s in a transaction; this one would take %d", most, s.Asset, s.Units)
		}
	}
	return nil
}

// mostOf is the most that a transaction may spend of an asset with an
// operation, as far as keys are limited; -1 for nothing at all.
func mostOf(keys []*pb.Key, asset string, code uint32) int64 {
	most := int64(-1)
	for _, k := range keys {
		if !inScope(k, code) {
			continue
		}
		if len(k.Limits) == 0 {
			return math.MaxInt64
		}
		for _, l := range k.Limits {
			if l.Asset == asset {
				most = max(most, l.Units)
			}
		}
	}
	return most
}

func checkAmountPolicies(p *pb.Party, keys []*pb.Key, s *Spent) error {
	for i, pol := range p.Policies {
		if pol.Asset != s.Asset || s.Units <= pol.Above {
			continue
		}
		for _, code := range s.Codes {
			if !covers(pol, code) {
				continue
			}
			have := 0
			for _, k := range keys {
				if counts(k, code) {
					have++
				}
			}
			if have < int(pol.Threshold) {
				return op.Errorf(pb.Code_MORE_SIGNATURES, "policy %d of %s: more than %d of %s needs %d keys with the role OWNER or AGENT; the transaction would take %d and %d signed",
					i+1, p.Id, pol.Above, s.Asset, pol.Threshold, s.Units, have)
			}
		}
	}
	return nil
}

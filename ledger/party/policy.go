package party

import (
	"slices"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

// PoliciesMax is the most policies of a party.
const PoliciesMax = 16

// Codes of the area that have a meaning of their own here.
const (
	codeFirst, codeLast     = 100, 149 // operations on parties
	codeCreate              = 100
	codeFreeze              = 109
	codeGuarded, guardedEnd = 102, 106 // keys, policies, guardians
)

// guarded says whether an operation changes who may act for the party.
func guarded(code uint32) bool { return code >= codeGuarded && code <= guardedEnd }

// covers says whether a policy speaks about an operation. Freezing must be
// quick: it is covered only where it is named.
func covers(pol *pb.KeyPolicy, code uint32) bool {
	if len(pol.Ops) == 0 {
		return code != codeFreeze
	}
	return slices.Contains(pol.Ops, code)
}

// counts says whether a key counts towards a policy for an operation.
func counts(k *pb.Key, code uint32) bool {
	return k.Role != pb.KeyRole_DEVICE_KEY && inScope(k, code)
}

// required is how many keys must sign an operation, apart from what it spends,
// and 0 where no policy says anything.
func required(p *pb.Party, code uint32) (n int) {
	strongest := 0
	for _, pol := range p.Policies {
		strongest = max(strongest, int(pol.Threshold))
		if pol.Asset == "" && covers(pol, code) {
			n = max(n, int(pol.Threshold))
		}
	}
	if guarded(code) && strongest > n {
		n = max(n, min(strongest, lasting(p.Keys, code)))
	}
	return n
}

// lasting counts the keys that can always sign an operation towards a policy:
// those that don't expire.
func lasting(keys []*pb.Key, code uint32) (n int) {
	for _, k := range keys {
		if k.Expires == nil && counts(k, code) {
			n++
		}
	}
	return n
}

// possible is how many lasting keys a policy can count on, whichever of its
// operations is signed.
func possible(keys []*pb.Key, pol *pb.KeyPolicy) int {
	if len(pol.Ops) == 0 {
		return lasting(keys, 0) // no key names the code 0: unscoped keys alone
	}
	n := KeysMax
	for _, code := range pol.Ops {
		n = min(n, lasting(keys, code))
	}
	return n
}

// unmet is the index of the first policy that the party's keys could never
// satisfy, -1 where there is none.
func unmet(keys []*pb.Key, policies []*pb.KeyPolicy) int {
	return slices.IndexFunc(policies, func(pol *pb.KeyPolicy) bool { return possible(keys, pol) < int(pol.Threshold) })
}

// checkPolicies checks policies by themselves.
func checkPolicies(policies []*pb.KeyPolicy) error {
	if len(policies) > PoliciesMax {
		return op.Errorf(pb.Code_TOO_LARGE, "there are %d policies; %d is the most", len(policies), PoliciesMax)
	}
	for i, pol := range policies {
		if pol.Threshold == 0 || pol.Threshold > op.SignaturesMax {
			return op.Errorf(pb.Code_INVALID, "policy %d: threshold is %d, not 1 to %d", i+1, pol.Threshold, op.SignaturesMax)
		}
		if err := checkScope(pol.Ops); err != nil {
			return err
		}
		if pol.Above < 0 {
			return op.Errorf(pb.Code_BAD_AMOUNT, "policy %d: above is %d; 0 is the least", i+1, pol.Above)
		}
		if pol.Asset == "" && pol.Above != 0 {
			return op.Errorf(pb.Code_INVALID, "policy %d: above is %d of no asset; name the asset", i+1, pol.Above)
		}
		if err := checkText("asset", pol.Asset, assetMax); err != nil {
			return err
		}
	}
	return nil
}

// checkPossible refuses policies that the keys could never satisfy.
func checkPossible(code pb.Code, keys []*pb.Key, policies []*pb.KeyPolicy) error {
	i := unmet(keys, policies)
	if i < 0 {
		return nil
	}
	return op.Errorf(code, "policy %d needs %d keys with the role OWNER or AGENT, without an expiry and with its operations in scope; there would be %d",
		i+1, policies[i].Threshold, possible(keys, policies[i]))
}

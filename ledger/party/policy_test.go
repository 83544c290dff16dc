package party

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/troth-ledger/troth/gen/pb"
)

func TestPolicies(t *testing.T) {
	w := newWorld(t)
	second, third, phone := w.pair(), w.pair(), w.pair()
	phoneKey := phone.key(pb.KeyRole_DEVICE_KEY)
	phoneKey.Expires = in(w, time.Hour)
	a := w.company(second.key(pb.KeyRole_AGENT), third.owner(), phoneKey)
	set := func(p ...*pb.KeyPolicy) *pb.SetPoliciesRequest { return &pb.SetPoliciesRequest{Policies: p} }
	transfer := &pb.TransferRequest{}

	w.want(pb.Code_INVALID, w.do(a, set(&pb.KeyPolicy{Threshold: 4})))
	w.must(a, set(&pb.KeyPolicy{Ops: []uint32{codeTransfer}, Threshold: 2}))
	w.want(pb.Code_MORE_SIGNATURES, w.do(a, transfer))
	w.want(pb.Code_MORE_SIGNATURES, w.submit(w.body(a.id, transfer), a, phone))
	w.want(pb.Code_OK, w.submit(w.body(a.id, transfer), a, second))
	w.want(pb.Code_OK, w.do(a, &pb.SettleRequest{}))

	// One key can't lift what two are needed for, nor bring in a second.
	w.want(pb.Code_MORE_SIGNATURES, w.do(a, set()))
	w.want(pb.Code_MORE_SIGNATURES, w.do(a, &pb.AddKeyRequest{Key: w.pair().owner()}))
	w.want(pb.Code_MORE_SIGNATURES, w.do(a, &pb.SetGuardiansRequest{}))
	w.want(pb.Code_OK, w.submit(w.body(a.id, set(&pb.KeyPolicy{Threshold: 3})), a, second))

	w.want(pb.Code_MORE_SIGNATURES, w.submit(w.body(a.id, &pb.SettleRequest{}), a, second))
	w.want(pb.Code_WRONG_STATE, w.submit(w.body(a.id, &pb.RemoveKeyRequest{PublicKey: second.public}), a, second, third))
	w.want(pb.Code_OK, w.submit(w.body(a.id, &pb.FreezeRequest{}), phone))
	w.want(pb.Code_MORE_SIGNATURES, w.do(a, &pb.ThawRequest{}))
	w.want(pb.Code_OK, w.submit(w.body(a.id, &pb.ThawRequest{}, set(&pb.KeyPolicy{Ops: []uint32{codeFreeze}, Threshold: 2})), a, second, third))
	w.want(pb.Code_MORE_SIGNATURES, w.submit(w.body(a.id, &pb.FreezeRequest{}), phone))
}

// A scoped agent counts for what it may sign, and doesn't stand in the way of
// the owner changing the keys.
func TestPolicyScoped(t *testing.T) {
	w := newWorld(t)
	agent := w.pair()
	k := agent.key(pb.KeyRole_AGENT)
	k.Ops = []uint32{codeTransfer}
	a := w.company(k)
	w.want(pb.Code_INVALID, w.do(a, &pb.SetPoliciesRequest{Policies: []*pb.KeyPolicy{{Threshold: 2}}}))
	w.must(a, &pb.SetPoliciesRequest{Policies: []*pb.KeyPolicy{{Ops: []uint32{codeTransfer}, Threshold: 2}}})
	w.want(pb.Code_OK, w.submit(w.body(a.id, &pb.TransferRequest{}), a, agent))
	w.must(a, &pb.SetPoliciesRequest{})
}

func TestPolicyChecks(t *testing.T) {
	many := make([]*pb.KeyPolicy, PoliciesMax+1)
	for i := range many {
		many[i] = &pb.KeyPolicy{Threshold: 1}
	}
	w := &world{t: t}
	for name, row := range map[string]struct {
		policies []*pb.KeyPolicy
		want     pb.Code
	}{
		"most":           {many[1:], pb.Code_OK},
		"too many":       {many, pb.Code_TOO_LARGE},
		"no threshold":   {[]*pb.KeyPolicy{{}}, pb.Code_INVALID},
		"more than a tx": {[]*pb.KeyPolicy{{Threshold: 9}}, pb.Code_INVALID},
		"op 0":           {[]*pb.KeyPolicy{{Threshold: 1, Ops: []uint32{0}}}, pb.Code_INVALID},
		"op twice":       {[]*pb.KeyPolicy{{Threshold: 1, Ops: []uint32{5, 5}}}, pb.Code_INVALID},
		"ops too many":   {[]*pb.KeyPolicy{{Threshold: 1, Ops: make([]uint32, ScopeMax+1)}}, pb.Code_TOO_LARGE},
		"negative":       {[]*pb.KeyPolicy{{Threshold: 1, Asset: "EUR@x", Above: -1}}, pb.Code_BAD_AMOUNT},
		"above nothing":  {[]*pb.KeyPolicy{{Threshold: 1, Above: 1}}, pb.Code_INVALID},
		"bad asset":      {[]*pb.KeyPolicy{{Threshold: 1, Asset: "\x00"}}, pb.Code_INVALID},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			w.want(row.want, checkSetPolicies(&pb.SetPoliciesRequest{Policies: row.policies}))
		})
	}
}

func TestCheckSpend(t *testing.T) {
	w := newWorld(t)
	small, large, other := w.pair(), w.pair(), w.pair()
	limited := func(p pair, l ...*pb.SpendLimit) *pb.Key {
		k := p.key(pb.KeyRole_AGENT)
		k.Limits = l
		return k
	}
	otherKey := other.key(pb.KeyRole_AGENT) // unlimited, but can't spend
	otherKey.Ops = []uint32{codeSettle}
	a := w.company(limited(small, &pb.SpendLimit{Asset: "EUR", Units: 10}, &pb.SpendLimit{Asset: "pts", Units: 5}),
		limited(large, &pb.SpendLimit{Asset: "EUR", Units: 100}), otherKey)
	w.must(a, &pb.SetPoliciesRequest{Policies: []*pb.KeyPolicy{{Ops: []uint32{codeTransfer}, Asset: "EUR", Above: 50, Threshold: 2}}})

	for _, row := range []struct {
		name    string
		asset   string
		units   int64
		signers []signer
		want    pb.Code
	}{
		{"at the limit", "EUR", 10, []signer{small}, pb.Code_OK},
		{"above it", "EUR", 11, []signer{small}, pb.Code_KEY_NOT_ALLOWED},
		{"another asset", "pts", 6, []signer{small}, pb.Code_KEY_NOT_ALLOWED},
		{"an asset not named", "gold", 1, []signer{small}, pb.Code_KEY_NOT_ALLOWED},
		{"most permissive", "EUR", 50, []signer{small, large}, pb.Code_OK},
		{"each its own", "pts", 5, []signer{small, large}, pb.Code_OK},
		{"who can't spend lends nothing", "EUR", 11, []signer{small, other}, pb.Code_KEY_NOT_ALLOWED},
		{"owner", "gold", math.MaxInt64, []signer{a}, pb.Code_OK},
		{"at the policy's bound", "EUR", 50, []signer{a}, pb.Code_OK},
		{"above it, one key", "EUR", 51, []signer{a}, pb.Code_MORE_SIGNATURES},
		{"above it, one that counts", "EUR", 51, []signer{a, other}, pb.Code_MORE_SIGNATURES},
		{"above it, two keys", "EUR", 51, []signer{a, small}, pb.Code_OK},
	} {
		t.Run(row.name, func(t *testing.T) {
			w.t, w.spent = t, []Spent{{row.asset, row.units, []uint32{codeTransfer}}}
			w.want(row.want, w.submit(w.body(a.id, &pb.TransferRequest{}), row.signers...))
		})
	}
	w.t = t

	// The policy goes with as many keys as it needs, spending included.
	w.spent = []Spent{{"EUR", 1000, []uint32{codeTransfer}}}
	w.want(pb.Code_MORE_SIGNATURES, w.do(a, &pb.SetPoliciesRequest{}, &pb.TransferRequest{}))
	w.want(pb.Code_OK, w.submit(w.body(a.id, &pb.SetPoliciesRequest{}, &pb.TransferRequest{}), a, small))
}

// k of n: whoever signs, an operation goes through when and only when enough
// keys that count have signed.
func TestPolicyThreshold(t *testing.T) {
	base := newWorld(t)
	rapid.Check(t, func(rt *rapid.T) {
		w := worldOver(rt, base.store)
		n := rapid.IntRange(1, 7).Draw(rt, "keys")
		k := rapid.IntRange(1, n).Draw(rt, "threshold")
		pairs := make([]pair, n)
		keys := make([]*pb.Key, n)
		for i := range pairs {
			pairs[i] = w.pair()
			keys[i] = pairs[i].key(rapid.SampledFrom([]pb.KeyRole{pb.KeyRole_OWNER, pb.KeyRole_AGENT}).Draw(rt, "role"))
		}
		a := w.company(keys...)
		w.must(a, &pb.SetPoliciesRequest{Policies: []*pb.KeyPolicy{{Threshold: uint32(k)}}})
		var signers []signer
		for _, p := range pairs {
			if rapid.Bool().Draw(rt, "signs") {
				signers = append(signers, p)
			}
		}
		want := pb.Code_OK
		switch {
		case len(signers) == 0:
			want = pb.Code_BAD_SIGNATURE
		case len(signers) < k:
			want = pb.Code_MORE_SIGNATURES
		}
		w.want(want, w.submit(w.body(a.id, &pb.TransferRequest{}), signers...))
	})
}

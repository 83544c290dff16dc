package asset

import (
	"testing"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/party"
	"github.com/troth-ledger/troth/ledger/state"
)

// fataler is what tests and property tests have in common.
type fataler interface {
	Helper()
	Fatalf(string, ...any)
}

// names are the parties that every test has; the first issues coin@bank.
var names = []string{"p_bank", "p_ana", "p_ben", "p_cem"}

const coin = "coin@bank"

// world is a state with some parties and an asset.
func world(t *testing.T, a *pb.Asset) *op.Context {
	t.Helper()
	s, err := state.Open("", state.Options{InMemory: true, CacheBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return populate(s.Begin(), a)
}

func populate(o *state.Overlay, a *pb.Asset) *op.Context {
	c := &op.Context{State: o, Now: time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC), Signer: names[0]}
	for _, id := range names {
		party.Parties.Put(o, state.Key(id), &pb.Party{Id: id})
	}
	a.Id, a.Issuer = coin, names[0]
	Assets.Put(o, coin, a)
	return c
}

// issue gives a party units without asking any operation.
func issue(t fataler, c *op.Context, to string, units int64) {
	t.Helper()
	a, _ := Assets.Get(c.State, coin)
	a.Supply += units
	Assets.Put(c.State, coin, a)
	h := own(c.State, to, coin)
	h.Available += units
	put(c.State, h)
}

func wantCode(t fataler, err error, code pb.Code) {
	t.Helper()
	if op.CodeOf(err) != code {
		t.Fatalf("error %v (%v), want %v", err, op.CodeOf(err), code)
	}
}

func wantHolding(t fataler, c *op.Context, who string, available, held int64) {
	t.Helper()
	h := HoldingOf(c.State, who, coin)
	if h.Available != available || h.Held != held {
		t.Fatalf("%s has %d available and %d held, want %d and %d", who, h.Available, h.Held, available, held)
	}
}

package asset

import (
	"testing"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/state"
)

// TestSetAsideAndPayOut is what the area of promises does with what a promise
// holds.
func TestSetAsideAndPayOut(t *testing.T) {
	c := world(t, &pb.Asset{})
	issue(t, c, "p_ana", 100)
	wantCode(t, SetAside(c, "p_ana", coin, 60), pb.Code_OK)
	wantCode(t, SetAside(c, "p_ana", coin, 10), pb.Code_OK)
	wantHolding(t, c, "p_ana", 30, 70)
	wantCode(t, PayOut(c, "p_ana", coin, "p_ben", 50), pb.Code_OK)
	wantHolding(t, c, "p_ana", 30, 20)
	wantHolding(t, c, "p_ben", 50, 0)
	wantCode(t, PayOut(c, "p_ana", coin, "p_ana", 20), pb.Code_OK)
	wantHolding(t, c, "p_ana", 50, 0)
	for _, k := range HoldsByParty.Keys(c.State, "", "") {
		t.Fatalf("there is a row of hold %s", k)
	}
}

// TestHoldAndRelease is what the area of promises does with pools and bonds.
func TestHoldAndRelease(t *testing.T) {
	c := world(t, &pb.Asset{})
	issue(t, c, "p_ana", 100)

	wantCode(t, Hold(c, "pr_x/bond", "p_ana", coin, 60, "pr_x"), pb.Code_OK)
	wantHolding(t, c, "p_ana", 40, 60)
	wantCode(t, Hold(c, "pr_x/bond", "p_ana", coin, 10, "pr_x"), pb.Code_OK)
	if h, err := GetHold(c.State, "pr_x/bond"); h.GetUnits() != 70 {
		t.Fatalf("70 were held, %v are left (%v)", h, err)
	}

	wantCode(t, Release(c, "pr_x/bond", "p_ben", 71), pb.Code_INSUFFICIENT)
	wantCode(t, Release(c, "pr_x/bond", "p_ben", 50), pb.Code_OK)
	wantHolding(t, c, "p_ana", 30, 20)
	wantHolding(t, c, "p_ben", 50, 0)
	wantCode(t, Release(c, "pr_x/bond", "p_ana", 20), pb.Code_OK)
	wantHolding(t, c, "p_ana", 50, 0)
	if Holds.Has(c.State, "pr_x/bond") {
		t.Fatal("a hold with nothing left stays")
	}
	wantCode(t, Release(c, "pr_x/bond", "p_ana", 1), pb.Code_NOT_FOUND)
}

// TestHoldRefuses: each refusal leaves everything as it was.
func TestHoldRefuses(t *testing.T) {
	c := world(t, &pb.Asset{})
	issue(t, c, "p_ana", 100)
	wantCode(t, Hold(c, "pr_x/a", "p_ana", coin, 10, "pr_x"), pb.Code_OK)
	mark := c.State.Mark()

	wantCode(t, Hold(c, "pr_x/b", "p_ana", coin, 0, "pr_x"), pb.Code_BAD_AMOUNT)
	wantCode(t, Hold(c, "pr_x/b", "p_ana", coin, UnitsMax+1, "pr_x"), pb.Code_OVERFLOW)
	wantCode(t, Hold(c, "pr_x/b", "p_ana", "none@bank", 1, "pr_x"), pb.Code_NOT_FOUND)
	wantCode(t, Hold(c, "pr_x/b", "p_ana", coin, 91, "pr_x"), pb.Code_INSUFFICIENT)
	wantCode(t, Hold(c, "pr_x/a", "p_ben", coin, 1, "pr_x"), pb.Code_WRONG_STATE)
	wantCode(t, Hold(c, "pr_x/a", "p_ana", coin, 1, "pr_y"), pb.Code_WRONG_STATE)
	wantCode(t, Release(c, "pr_x/a", "p_ben", 0), pb.Code_BAD_AMOUNT)
	wantCode(t, SetAside(c, "p_ana", coin, 0), pb.Code_BAD_AMOUNT)
	wantCode(t, SetAside(c, "p_ana", "none@bank", 1), pb.Code_NOT_FOUND)
	wantCode(t, SetAside(c, "p_ana", coin, 91), pb.Code_INSUFFICIENT)
	wantCode(t, PayOut(c, "p_ana", coin, "p_ben", 0), pb.Code_BAD_AMOUNT)
	wantCode(t, PayOut(c, "p_ana", coin, "p_ben", 11), pb.Code_INSUFFICIENT)
	wantCode(t, Spend(c, "p_ana", coin, 91), pb.Code_INSUFFICIENT)
	wantCode(t, Credit(c, "p_ana", "none@bank", 1), pb.Code_NOT_FOUND)
	wantCode(t, Pay(c, "p_ana", "p_ben", coin, -1), pb.Code_BAD_AMOUNT)
	if c.State.Mark() != mark {
		t.Fatal("a refusal changed something")
	}
}

// TestMoneyOwedIsNeverStuck: neither a limit nor a freeze stops a settlement.
func TestMoneyOwedIsNeverStuck(t *testing.T) {
	c := world(t, &pb.Asset{HoldingMax: 100, Freezable: true})
	issue(t, c, "p_ana", 100)
	issue(t, c, "p_ben", 100)
	wantCode(t, Hold(c, "pr_x/bond", "p_ana", coin, 60, "pr_x"), pb.Code_OK)
	for _, id := range []string{"p_ana", "p_ben"} {
		h := own(c.State, id, coin)
		h.Frozen = true
		put(c.State, h)
	}
	wantCode(t, Hold(c, "pr_x/bond", "p_ana", coin, 1, "pr_x"), pb.Code_HOLDING_FROZEN)
	wantCode(t, SetAside(c, "p_ana", coin, 1), pb.Code_HOLDING_FROZEN)
	wantCode(t, Pay(c, "p_ana", "p_cem", coin, 1), pb.Code_HOLDING_FROZEN)
	wantCode(t, Pay(c, "p_ana", "p_ben", coin, 1), pb.Code_HOLDING_LIMIT) // the lower number
	wantCode(t, Release(c, "pr_x/bond", "p_ben", 50), pb.Code_OK)
	wantCode(t, PayOut(c, "p_ana", coin, "p_ana", 10), pb.Code_OK)
	wantHolding(t, c, "p_ben", 150, 0)
	wantHolding(t, c, "p_ana", 50, 0)
}

// TestHoldsOfPoolsAndDisputesAreOutOfReach: even a party that could name such a
// hold and is its holder does not get at it.
func TestHoldsOfPoolsAndDisputesAreOutOfReach(t *testing.T) {
	c := world(t, &pb.Asset{})
	issue(t, c, "p_ana", 100)
	const id = "h_aaaaaaaaaaaaaaaaaaaaaaaaaa"
	wantCode(t, Hold(c, id, "p_ana", coin, 60, "p_bank"), pb.Code_OK)
	_, err := applyPostHold(c, &pb.PostHoldRequest{Hold: id, Units: 1})
	wantCode(t, err, pb.Code_NOT_YOURS)
	_, err = applyVoidHold(c, &pb.VoidHoldRequest{Hold: id})
	wantCode(t, err, pb.Code_NOT_YOURS)
	for _, k := range HoldsByExpiry.Keys(c.State, "", "") {
		t.Fatalf("hold %s would expire", state.Key(k))
	}
}

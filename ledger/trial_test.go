package ledger_test

import (
	"slices"
	"testing"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/party"
	"github.com/troth-ledger/troth/ledger/state"
)

// TestTrial: what admitting a transaction found is had again when the block is
// executed, and found anew where something came in between.
func TestTrial(t *testing.T) {
	c := newCosts(t)
	alice, bob := c.who[2], c.who[3]
	quota := func(r state.Reader, a *actor) *pb.Quota {
		q, _ := party.Quotas.Peek(r, state.Key(a.id))
		return q
	}
	pay := func(a *actor) ledger.Tx {
		return c.decoded(c.sign(a, &pb.TransferRequest{To: c.who[4].id, Amount: &pb.Amount{Asset: c.euro, Units: 1}}))
	}
	// Runs a block after a trial of others, and says whose charge is the trial's.
	run := func(at time.Duration, tried, block []ledger.Tx) (again []bool, codes []pb.Code) {
		c.height++
		c.now = c.now.Add(time.Second)
		trial := c.machine.Trial(c.height, c.now)
		for _, tx := range tried {
			if err := trial.Admits(tx.Decoded); err != nil {
				t.Fatal(err)
			}
		}
		before := []*pb.Quota{quota(trial.Overlay(), alice), quota(trial.Overlay(), bob)}
		x := c.machine.Execute(ledger.Block{Height: c.height, Time: c.now.Add(at), Txs: block})
		if err := c.machine.Commit(nil); err != nil {
			t.Fatal(err)
		}
		for i, a := range []*actor{alice, bob} {
			again = append(again, quota(c.machine.Store().Begin(), a) == before[i])
		}
		for _, r := range x.Results {
			codes = append(codes, pb.Code(r.Code))
		}
		return again, codes
	}
	want := func(name string, again []bool, codes []pb.Code, wantAgain []bool, wantCodes ...pb.Code) {
		t.Helper()
		if !slices.Equal(again, wantAgain) || !slices.Equal(codes, wantCodes) {
			t.Errorf("%s: charges of the trial %v, want %v; %v, want %v", name, again, wantAgain, codes, wantCodes)
		}
	}

	a, b := pay(alice), pay(bob)
	again, codes := run(0, []ledger.Tx{a, b}, []ledger.Tx{a, b})
	want("as tried", again, codes, []bool{true, true}, 0, 0)

	a, b = pay(alice), pay(bob)
	again, codes = run(time.Millisecond, []ledger.Tx{a, b}, []ledger.Tx{a, b})
	want("at another time", again, codes, []bool{false, false}, 0, 0)

	a, b = pay(alice), pay(bob)
	again, codes = run(0, []ledger.Tx{a, b}, []ledger.Tx{b, a})
	want("in another order, from where it differs", again, codes, []bool{true, false}, 0, 0)

	a, b = pay(alice), pay(bob)
	again, codes = run(0, []ledger.Tx{a, b}, []ledger.Tx{a, a, b})
	want("one twice", again, codes, []bool{true, true}, 0, pb.Code_REPEATED, 0)

	frozen := c.decoded(c.sign(alice, &pb.FreezeRequest{}))
	a, b = pay(alice), pay(bob)
	again, codes = run(0, []ledger.Tx{frozen, a, b}, []ledger.Tx{frozen, a, b})
	want("with the party changed in the block", again, codes, []bool{false, true}, 0, pb.Code_PARTY_FROZEN, 0)
}

// decoded is a transaction as the door hands it on.
func (c *costs) decoded(raw []byte) ledger.Tx {
	c.t.Helper()
	d, err := op.Decode(raw)
	if err != nil {
		c.t.Fatal(err)
	}
	return ledger.Tx{Decoded: d, Err: d.Verify()}
}

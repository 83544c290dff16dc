package testnode_test

import (
	"testing"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/internal/testnode"
)

// TestRestart: a node goes on where it stopped.
func TestRestart(t *testing.T) {
	n := testnode.Start(t)
	if _, err := n.Ada.Do(t.Context(), &pb.TransferRequest{To: n.Ben.Party, Amount: testnode.Euros(5)}); err != nil {
		t.Fatal(err)
	}
	was := n.Height()
	n.Restart()
	if h := n.Height(); h < was {
		t.Errorf("height %d after the restart, %d before", h, was)
	}
	r, err := n.API.GetHolding(t.Context(), connect.NewRequest(&pb.GetHoldingRequest{Party: n.Ben.Party, Asset: testnode.EUR}))
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Msg.Holding.Available; got != testnode.Funds+5 {
		t.Errorf("Ben has %d, not %d", got, testnode.Funds+5)
	}
}

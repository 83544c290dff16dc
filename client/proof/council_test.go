package proof_test

import (
	"bytes"
	"testing"

	"connectrpc.com/connect"
	"github.com/cometbft/cometbft/crypto/ed25519"

	"github.com/troth-ledger/troth/client/proof"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/internal/testnode"
	members "github.com/troth-ledger/troth/ledger/council"
)

// TestStepFollowsTheCouncil: trust in the genesis' validator leads to the set
// that the council made of it on a real chain.
func TestStepFollowsTheCouncil(t *testing.T) {
	n := testnode.Start(t)
	trust := pinned(t, n)
	key := ed25519.GenPrivKey()
	signature, err := key.Sign(members.Possession(n.ChainID, n.Shop.Party, key.PubKey().Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	// The newcomer's node doesn't run: less than a third of the power.
	rec, err := n.Bank.Do(t.Context(), &pb.ProposeMemberRequest{Party: n.Shop.Party, Validator: key.PubKey().Bytes(), Power: 4, Possession: signature})
	if err != nil {
		t.Fatal(err)
	}
	// The set changes two blocks later: that one's header is the first with it.
	for n.Height() < rec.Height+2 {
		if _, err := n.Ada.Do(t.Context(), &pb.TransferRequest{To: n.Ben.Party, Amount: testnode.Euros(1)}); err != nil {
			t.Fatal(err)
		}
	}
	b, holding := read(t, n, n.Ada.Party)
	if _, err := proof.Verify(b, holding, trust); err == nil {
		t.Error("the genesis' validators still count")
	}
	next, err := trust.Step(b)
	if err != nil {
		t.Fatal(err)
	}
	r, err := proof.Verify(b, holding, next)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(next.ValidatorsHash, trust.ValidatorsHash) || r.Validators != 2 || r.Power != 14 || r.SignedPower != 10 {
		t.Errorf("after the change: %+v", r)
	}

	res, err := n.API.GetCouncil(t.Context(), connect.NewRequest(&pb.GetCouncilRequest{Options: &pb.ReadOptions{Prove: true}}))
	if err != nil {
		t.Fatal(err)
	}
	about, err := proof.KeyFor(&pb.Council{})
	if err != nil {
		t.Fatal(err)
	}
	proven, err := proof.Verify(res.Msg.Read.Proof, about, next)
	if err != nil {
		t.Fatal(err)
	}
	if c := proven.Record.(*pb.Council); c.Power != 14 || c.Members != 2 || c.Protocol != 1 {
		t.Errorf("the council: %v", c)
	}
}

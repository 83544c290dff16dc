package testnode

import (
	"path/filepath"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/node"
)

// Rotate gives the chain's only validator, the bank's, another key, and starts
// the node with it. It returns the key's public half, which signs by then.
func (n *Node) Rotate() []byte {
	n.t.Helper()
	file := filepath.Join(n.Home, "keys", "validator-next.json")
	public, err := node.NewValidator(file)
	if err != nil {
		n.t.Fatal(err)
	}
	_, signature, err := node.Possession(file, n.ChainID, n.Bank.Party)
	if err != nil {
		n.t.Fatal(err)
	}
	rec, err := n.Bank.Do(n.t.Context(), &pb.RotateValidatorRequest{Validator: public, Possession: signature})
	if err != nil {
		n.t.Fatal(err)
	}
	// The old key signs the block after as well, and no other.
	for end := time.Now().Add(20 * time.Second); n.Height() < rec.Height+1; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			n.t.Fatal("the old key doesn't sign what it has to")
		}
	}
	n.Stop()
	if _, err := node.UseValidator(n.Home, file); err != nil {
		n.t.Fatal(err)
	}
	n.Restart()
	for n.Height() < rec.Height+10 {
		if _, err := n.Ada.Do(n.t.Context(), &pb.TransferRequest{To: n.Ben.Party, Amount: Euros(1)}); err != nil {
			n.t.Fatal(err)
		}
	}
	return public
}

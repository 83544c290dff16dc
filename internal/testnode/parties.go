package testnode

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/client/keyfile"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/sig"
)

// Key is a party's signing key.
type Key = keyfile.Key

// quota lets a party of a test send as much as it likes.
const quota = 600_000

// people are the parties that have neither handle nor name.
var people = map[string]bool{"ada": true, "ben": true}

var names = []string{"bank", "shop", "carrier", "ada", "ben"}

func newKeys(t testing.TB) map[string]*Key {
	t.Helper()
	out := map[string]*Key{}
	for _, name := range names {
		k, err := keyfile.Generate(sig.Ed25519, "", name)
		if err != nil {
			t.Fatal(err)
		}
		k.Party = client.PartyID(k.Scheme(), k.Public(), []byte("test-"+name), "")
		out[name] = k
	}
	return out
}

func genesisParties(keys map[string]*Key) []*pb.Party {
	var out []*pb.Party
	for _, name := range names {
		k := keys[name]
		p := &pb.Party{Id: k.Party, Kind: pb.PartyKind_COMPANY, Handle: name, Name: name, Licensed: name == "bank", QuotaPerMinute: quota,
			Keys: []*pb.Key{{Scheme: pb.Scheme(k.Scheme()), PublicKey: k.Public(), Role: pb.KeyRole_OWNER}}}
		if people[name] {
			p.Kind, p.Handle, p.Name = pb.PartyKind_PERSON, "", ""
		}
		out = append(out, p)
	}
	return out
}

func (n *Node) wallet(name string) *client.Wallet {
	k := n.keys[name]
	w := client.New(n.URL, n.ChainID, k.Party, k)
	w.API = n.API
	return w
}

// fund makes EUR and gives it to everybody but the bank.
func (n *Node) fund() {
	n.t.Helper()
	ops := []op.Message{&pb.CreateAssetRequest{Symbol: "EUR", Kind: pb.AssetKind_MONEY, Decimals: 2}}
	for _, name := range names[1:] {
		ops = append(ops, &pb.IssueRequest{To: n.keys[name].Party, Amount: Euros(Funds)})
	}
	if _, err := n.Bank.Do(context.Background(), ops...); err != nil {
		n.t.Fatalf("funding the wallets: %v", err)
	}
}

// Euros is an amount of EUR in cents.
func Euros(cents int64) *pb.Amount { return &pb.Amount{Asset: EUR, Units: cents} }

// KeyFile writes a party's key, unencrypted, into the node's folder and returns
// the path. The name is one of bank, shop, carrier, ada and ben.
func (n *Node) KeyFile(name string) string {
	n.t.Helper()
	path := filepath.Join(n.Home, "keys", name+".key")
	if err := keyfile.Save(path, n.keys[name], keyfile.Options{NoPassphrase: true}); err != nil {
		n.t.Fatal(err)
	}
	return path
}

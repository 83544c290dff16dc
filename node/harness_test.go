package node

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/client/keyfile"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger"
	"github.com/troth-ledger/troth/ledger/asset"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/sig"
)

const testChain = "troth-test"

// actor is a party of the genesis with its key.
type actor struct {
	id  string
	key *keyfile.Key
}

// tx signs a transaction of the actor's.
func (a *actor) tx(t testing.TB, ops ...op.Message) []byte {
	t.Helper()
	return a.body(t, client.Body{Ops: ops})
}

// body signs a body; chain and party are filled in where they are empty.
func (a *actor) body(t testing.TB, b client.Body) []byte {
	t.Helper()
	if b.ChainID == "" {
		b.ChainID = testChain
	}
	if b.Party == "" {
		b.Party = a.id
	}
	out, err := b.Sign(a.key)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// world is a node alone on a chain, with a bank and some people.
type world struct {
	*Node
	t      testing.TB
	c      *Config
	bank   *actor
	people []*actor
}

// newActor makes a party for the genesis.
func newActor(t testing.TB, name string) (*actor, *pb.Party) {
	t.Helper()
	k, err := keyfile.Generate(sig.Ed25519, "", name)
	if err != nil {
		t.Fatal(err)
	}
	a := &actor{id: client.PartyID(k.Scheme(), k.Public(), []byte(name), ""), key: k}
	return a, &pb.Party{Id: a.id, Kind: pb.PartyKind_PERSON, QuotaPerMinute: 1 << 30,
		Keys: []*pb.Key{{Scheme: pb.Scheme(k.Scheme()), PublicKey: k.Public(), Role: pb.KeyRole_OWNER}}}
}

// newWorld starts a node with so many people. change edits configuration and
// genesis first.
func newWorld(t testing.TB, people int, change ...func(*Config, *pb.Genesis)) *world {
	t.Helper()
	w := prepareWorld(t, people, change...)
	w.start()
	t.Cleanup(func() {
		if err := w.Stop(); err != nil {
			t.Errorf("stopping the node: %v", err)
		}
	})
	return w
}

// prepareWorld makes the node's folder.
func prepareWorld(t testing.TB, people int, change ...func(*Config, *pb.Genesis)) *world {
	t.Helper()
	w := &world{t: t, c: defaults(t.TempDir())}
	g := &pb.Genesis{Params: ledger.DefaultParams()}
	bank, p := newActor(t, "bank")
	p.Kind, p.Handle, p.Name, p.Licensed = pb.PartyKind_COMPANY, "bank", "Bank", true
	w.bank, g.Parties = bank, append(g.Parties, p)
	for i := range people {
		a, p := newActor(t, fmt.Sprint("person ", i))
		w.people, g.Parties = append(w.people, a), append(g.Parties, p)
	}
	for _, f := range change {
		f(w.c, g)
	}
	if err := Init(w.c.Home, Genesis{ChainID: testChain, Time: time.Now(), State: g}, ""); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) start() {
	w.t.Helper()
	n, err := Start(w.c, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		w.t.Fatal(err)
	}
	w.Node = n
}

// send submits transactions and waits until they are final.
func (w *world) send(raws ...[]byte) []*pb.TxRecord {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return w.Submit(ctx, raws, true)
}

// must submits one transaction, which must be final and good.
func (w *world) must(raw []byte) *pb.TxRecord {
	w.t.Helper()
	r := w.send(raw)[0]
	if r.Result.Code != 0 || r.Height == 0 {
		w.t.Fatalf("refused: %v", r)
	}
	return r
}

// want submits one transaction, which must be answered with this code.
func (w *world) want(code pb.Code, raw []byte) *pb.TxRecord {
	w.t.Helper()
	r := w.send(raw)[0]
	if got := pb.Code(r.Result.Code); got != code {
		w.t.Fatalf("code %s (%s), want %s", got, r.Result.Message, code)
	}
	return r
}

// eur is the money of the tests, in cents.
func eur(units int64) *pb.Amount { return &pb.Amount{Asset: "EUR@bank", Units: units} }

// mint makes the money and gives everybody some.
func (w *world) mint(units int64) {
	w.t.Helper()
	w.must(w.bank.tx(w.t, &pb.CreateAssetRequest{Symbol: "EUR", Kind: pb.AssetKind_MONEY, Decimals: 2}))
	for all := range slices.Chunk(w.people, op.OpsMax) {
		var ops []op.Message
		for _, a := range all {
			ops = append(ops, &pb.IssueRequest{To: a.id, Amount: eur(units)})
		}
		w.must(w.bank.tx(w.t, ops...))
	}
}

// pay is a transfer by the i-th person to the next.
func (w *world) pay(i int, units int64) []byte {
	w.t.Helper()
	return w.people[i].tx(w.t, w.transfer(i, units))
}

func (w *world) transfer(i int, units int64) op.Message {
	return &pb.TransferRequest{To: w.people[(i+1)%len(w.people)].id, Amount: eur(units)}
}

// holding is what a person has, available and held.
func (w *world) holding(a *actor) (available, held int64) {
	v := w.View()
	defer v.Release()
	h, _ := asset.Holdings.Get(v, asset.HoldingKey(a.id, "EUR@bank"))
	return h.GetAvailable(), h.GetHeld()
}

// asked is how many transactions somebody waits for.
func (w *world) asked() int {
	w.app.hub.mu.Lock()
	defer w.app.hub.mu.Unlock()
	return len(w.app.hub.waiting)
}

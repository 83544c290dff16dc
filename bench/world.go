package main

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/troth-ledger/troth"
	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/client/keyfile"
	"github.com/troth-ledger/troth/client/promisefile"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/gen/pb/pbconnect"
	"github.com/troth-ledger/troth/ledger"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/sig"
	"github.com/troth-ledger/troth/node"
)

const (
	benchChain = "troth-bench"
	eur        = "EUR@bank"
	// funds is what each party begins with, in cents.
	funds = 1_000_000_00
	// quota is what the companies may send a minute, the most that there is; people
	// have what a new chain gives them.
	quota = 1_000_000_000
	// life is how long the transactions stay valid: a prepared chain is used for
	// as long as a whole benchmark takes. The ledger allows a day.
	life = 20 * time.Hour
)

// party signs for itself. Its key is made from its number, so that a chain filled
// once serves many runs.
type party struct {
	id     string
	key    ed25519.PrivateKey
	public []byte
}

func (p *party) Scheme() sig.Scheme                  { return sig.Ed25519 }
func (p *party) Public() []byte                      { return p.public }
func (p *party) Sign(message []byte) ([]byte, error) { return ed25519.Sign(p.key, message), nil }

// newParty makes the party of a name; registrar is the id of who registers it.
func newParty(name, registrar string) *party {
	seed := sha256.Sum256([]byte("troth bench " + name))
	k := ed25519.NewKeyFromSeed(seed[:])
	p := &party{key: k, public: k.Public().(ed25519.PublicKey)}
	p.id = client.PartyID(sig.Ed25519, p.public, seed[:16], registrar)
	return p
}

// world is a chain's companies and the people that the benchmark signs for.
type world struct {
	bank, shop *party
	people     []*party
	template   string // of the parcel promise, once published
	salt       uint64
}

func newWorld() *world {
	return &world{bank: newParty("bank", ""), shop: newParty("shop", "")}
}

// genesis has the two companies alone: everybody else comes by operations.
func (w *world) genesis() node.Genesis {
	g := &pb.Genesis{Params: ledger.DefaultParams()}
	for name, p := range map[string]*party{"bank": w.bank, "shop": w.shop} {
		g.Parties = append(g.Parties, &pb.Party{Id: p.id, Kind: pb.PartyKind_COMPANY, Handle: name, Name: name, Licensed: p == w.bank,
			QuotaPerMinute: quota, Keys: []*pb.Key{client.OwnerKey(p)}})
	}
	return node.Genesis{ChainID: benchChain, Time: time.Now(), State: g}
}

// tx signs requests as one transaction of a party.
func (w *world) tx(p *party, key uint64, requests ...op.Message) ([]byte, error) {
	return client.Body{ChainID: benchChain, Party: p.id, Ops: requests, Expires: time.Now().Add(life),
		Key: binary.BigEndian.AppendUint64(nil, key)}.Sign(p)
}

// sign makes n transactions on all cores. The number of each is its idempotency
// key's, so that keys of one party never meet; make sees it from 0.
func (w *world) sign(n int, request func(i int) (*party, []op.Message)) ([][]byte, error) {
	out, errs := make([][]byte, n), make([]error, n)
	first := w.salt
	w.salt += uint64(n)
	onAllCores(n, func(i int) {
		p, requests := request(i)
		out[i], errs[i] = w.tx(p, first+uint64(i), requests...)
	})
	return out, errors.Join(errs...)
}

// found makes the money and publishes the promise.
func (w *world) found(ctx context.Context, api pbconnect.LedgerClient) error {
	wallet := func(p *party) *client.Wallet {
		return &client.Wallet{API: api, ChainID: benchChain, Party: p.id, Keys: []keyfile.Signer{p}}
	}
	if _, err := wallet(w.bank).Do(ctx, &pb.CreateAssetRequest{Symbol: "EUR", Kind: pb.AssetKind_MONEY, Decimals: 2}); err != nil {
		return fmt.Errorf("making the money: %w", err)
	}
	const file = "templates/parcel-by-date.yaml"
	src, err := troth.Files.ReadFile(file)
	if err != nil {
		return err
	}
	f, faults := promisefile.Parse(file, src)
	for _, x := range faults {
		if x.IsError() {
			return x
		}
	}
	res, _, err := client.Do1[pb.PublishTemplateResponse](ctx, wallet(w.shop), &pb.PublishTemplateRequest{Template: f.Template})
	if err != nil {
		return fmt.Errorf("publishing %s: %w", file, err)
	}
	w.template = res.Template
	return nil
}

// grow adds people, each with money: the shop registers them, the bank pays.
func (w *world) grow(ctx context.Context, api pbconnect.LedgerClient, n int) error {
	const perTx = op.OpsMax
	fresh := make([]*party, n)
	onAllCores(n, func(i int) { fresh[i] = newParty(fmt.Sprint("person ", len(w.people)+i), w.shop.id) })
	for _, stage := range []struct {
		by   *party
		make func(p *party) op.Message
	}{
		{w.shop, func(p *party) op.Message {
			return &pb.CreatePartyRequest{Kind: pb.PartyKind_PERSON, Keys: []*pb.Key{client.OwnerKey(p)}, Salt: p.key.Seed()[:16], Sponsor: true}
		}},
		{w.bank, func(p *party) op.Message { return &pb.IssueRequest{To: p.id, Amount: cents(funds)} }},
	} {
		txs, err := w.sign((n+perTx-1)/perTx, func(i int) (by *party, requests []op.Message) {
			for _, p := range fresh[i*perTx : min((i+1)*perTx, n)] {
				requests = append(requests, stage.make(p))
			}
			return stage.by, requests
		})
		if err != nil {
			return err
		}
		if _, err := load(ctx, api, txs, 50, 8, 0); err != nil {
			return fmt.Errorf("adding %d people: %w", n, err)
		}
	}
	w.people = append(w.people, fresh...)
	return nil
}

func cents(units int64) *pb.Amount { return &pb.Amount{Asset: eur, Units: units} }

package demo

import (
	"context"
	"crypto/rand"
	"fmt"
	"path/filepath"
	"time"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth"
	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/client/keyfile"
	"github.com/troth-ledger/troth/client/promisefile"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/gen/pb/pbconnect"
	"github.com/troth-ledger/troth/ledger/promise/contract"
	"github.com/troth-ledger/troth/ledger/sig"
)

// EUR is the money of the stories.
const EUR = "EUR@northbank"

// World is a node with the parties of the stories.
type World struct {
	URL     string
	ChainID string
	wallets map[string]*client.Wallet
	names   map[string]string // party id -> name
	keys    string
	ledger  pbconnect.LedgerClient
}

// NewWorld returns the world of a node whose demo companies' keys are in a
// folder, and gives it its money: an asset of @northbank's.
func NewWorld(ctx context.Context, url, keys string) (*World, error) {
	w := &World{URL: url, keys: keys, wallets: map[string]*client.Wallet{}, names: map[string]string{}}
	st, err := client.Dial(url).GetStatus(ctx, connect.NewRequest(&pb.GetStatusRequest{}))
	if err != nil {
		return nil, err
	}
	w.ChainID = st.Msg.ChainId
	bank, err := w.Company("northbank")
	if err != nil {
		return nil, err
	}
	_, err = bank.Do(ctx, &pb.CreateAssetRequest{Symbol: "EUR", Kind: pb.AssetKind_MONEY, Decimals: 2})
	return w, err
}

// Company is a demo company's wallet.
func (w *World) Company(handle string) (*client.Wallet, error) {
	if c := w.wallets[handle]; c != nil {
		return c, nil
	}
	k, err := keyfile.Load(filepath.Join(w.keys, handle+".key"), "")
	if err != nil {
		return nil, err
	}
	return w.add("@"+handle, handle, k.Party, k), nil
}

func (w *World) add(shown, name, party string, k keyfile.Signer) *client.Wallet {
	c := client.New(w.URL, w.ChainID, party, k)
	c.API = w.api()
	w.wallets[name], w.names[party] = c, shown
	return c
}

// Newcomer makes a person or device that comes by itself, with its own key.
func (w *World) Newcomer(ctx context.Context, name string, kind pb.PartyKind) (*client.Wallet, error) {
	k, err := keyfile.Generate(sig.Ed25519, "", name)
	if err != nil {
		return nil, err
	}
	salt := make([]byte, 16)
	if _, err := rand.Read(salt); err != nil {
		return nil, err
	}
	party := client.PartyID(k.Scheme(), k.Public(), salt, "")
	c := w.add(name, name, party, k)
	_, err = c.Do(ctx, &pb.CreatePartyRequest{Kind: kind, Salt: salt,
		Keys: []*pb.Key{{Scheme: pb.Scheme(k.Scheme()), PublicKey: k.Public(), Role: pb.KeyRole_OWNER}}})
	return c, err
}

// Give issues money to a wallet.
func (w *World) Give(ctx context.Context, to *client.Wallet, units int64) error {
	bank, err := w.Company("northbank")
	if err != nil {
		return err
	}
	_, err = bank.Do(ctx, &pb.IssueRequest{To: to.Party, Amount: euros(units)})
	return err
}

func euros(units int64) *pb.Amount { return &pb.Amount{Asset: EUR, Units: units} }

// Publish publishes a template of the library and returns its id.
func (w *World) Publish(ctx context.Context, by *client.Wallet, name string) (string, error) {
	src, err := troth.Files.ReadFile("templates/" + name + ".yaml")
	if err != nil {
		return "", err
	}
	f, faults := promisefile.Parse(name+".yaml", src)
	for _, x := range faults {
		if x.IsError() {
			return "", x
		}
	}
	t := f.Template
	if t.Version == 0 {
		t.Version = 1
	}
	res, _, err := client.Do1[pb.PublishTemplateResponse](ctx, by, &pb.PublishTemplateRequest{Template: t})
	if err != nil {
		return "", err
	}
	return res.Template, nil
}

// Offer offers a promise and lets the others accept it.
func (w *World) Offer(ctx context.Context, by *client.Wallet, o *pb.OfferRequest, accept ...*client.Wallet) (string, error) {
	res, _, err := client.Do1[pb.OfferResponse](ctx, by, o)
	if err != nil {
		return "", fmt.Errorf("offering: %w", err)
	}
	for _, a := range accept {
		if _, err := a.Do(ctx, &pb.AcceptRequest{Promise: res.Promise}); err != nil {
			return "", fmt.Errorf("accepting: %w", err)
		}
	}
	return res.Promise, nil
}

// Settled waits until a promise is settled and returns it as a row. from is
// when the last fact was sent, or the deadline.
func (w *World) Settled(ctx context.Context, id string, from time.Time) (*Row, error) {
	api := w.api()
	for {
		res, err := api.GetPromise(ctx, connect.NewRequest(&pb.GetRequest{Id: id}))
		if err != nil {
			return nil, err
		}
		if p := res.Msg.Promise; p.State == pb.PromiseState_SETTLED {
			took := time.Since(from)
			return w.row(ctx, p, took)
		}
		select {
		case <-time.After(2 * time.Millisecond):
		case <-ctx.Done():
			return nil, fmt.Errorf("promise %s is still %s", id, res.Msg.Promise.State)
		}
	}
}

func (w *World) row(ctx context.Context, p *pb.Promise, took time.Duration) (*Row, error) {
	api := w.api()
	r := &Row{Promise: p.Id, Outcome: word(p.Outcome), SettleMS: float64(took.Microseconds()) / 1000, Payouts: []Payout{}}
	st, err := api.ListSettlements(ctx, connect.NewRequest(&pb.ListSettlementsRequest{Promise: p.Id}))
	if err != nil {
		return nil, err
	}
	for _, s := range st.Msg.Settlements {
		r.Rule = s.Rule
		for _, x := range s.Payouts {
			if x.Units == 0 {
				continue
			}
			r.Payouts = append(r.Payouts, Payout{To: w.name(x.To), Amount: contract.FormatUnits(x.Units, 2), Asset: x.Asset, From: x.Hold})
		}
	}
	var held int64
	for _, h := range p.Holds {
		held += h.Put - h.Paid
	}
	r.Held = contract.FormatUnits(held, 2)
	ex, err := api.ExplainPromise(ctx, connect.NewRequest(&pb.ExplainPromiseRequest{Id: p.Id}))
	if err != nil {
		return nil, err
	}
	r.Promised = ex.Msg.Text
	return r, nil
}

func (w *World) name(party string) string {
	if n := w.names[party]; n != "" {
		return n
	}
	return party
}

func (w *World) api() pbconnect.LedgerClient {
	if w.ledger == nil {
		w.ledger = client.Dial(w.URL)
	}
	return w.ledger
}

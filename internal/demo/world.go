package demo

import (
	"context"
	"crypto/rand"
	"fmt"
	"path/filepath"
	"strings"
	"sync"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth"
	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/client/keyfile"
	"github.com/troth-ledger/troth/client/promisefile"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/gen/pb/pbconnect"
	"github.com/troth-ledger/troth/ledger/sig"
)

// EUR is the money of the stories.
const EUR = "EUR@northbank"

func euros(units int64) *pb.Amount { return &pb.Amount{Asset: EUR, Units: units} }

// World is a node with the companies of the stories.
type World struct {
	URL     string
	ChainID string
	api     pbconnect.LedgerClient
	keys    string
	bank    *client.Wallet

	mu        sync.Mutex
	templates map[string]string // publisher and name -> id
}

// NewWorld returns the world of a node whose demo companies' keys are in a
// folder, and gives it its money: an asset of @northbank's.
func NewWorld(ctx context.Context, url, keys string) (*World, error) {
	w := &World{URL: url, keys: keys, api: client.Dial(url), templates: map[string]string{}}
	st, err := w.api.GetStatus(ctx, connect.NewRequest(&pb.GetStatusRequest{}))
	if err != nil {
		return nil, err
	}
	w.ChainID = st.Msg.ChainId
	if w.bank, err = w.company("@northbank"); err != nil {
		return nil, err
	}
	_, err = w.bank.Do(ctx, &pb.CreateAssetRequest{Symbol: "EUR", Kind: pb.AssetKind_MONEY, Decimals: 2})
	return w, err
}

func (w *World) wallet(party string, k keyfile.Signer) *client.Wallet {
	return &client.Wallet{API: w.api, ChainID: w.ChainID, Party: party, Keys: []keyfile.Signer{k}}
}

// company is a demo company's wallet.
func (w *World) company(handle string) (*client.Wallet, error) {
	k, err := keyfile.Load(filepath.Join(w.keys, strings.TrimPrefix(handle, "@")+".key"), "")
	if err != nil {
		return nil, err
	}
	return w.wallet(k.Party, k), nil
}

// newcomer makes a party with its own key: a person who comes by themselves,
// or a device that its maker registers.
func (w *World) newcomer(ctx context.Context, kind pb.PartyKind, maker *client.Wallet) (*client.Wallet, error) {
	k, err := keyfile.Generate(sig.Ed25519, "", "demo")
	if err != nil {
		return nil, err
	}
	salt := make([]byte, 16)
	if _, err := rand.Read(salt); err != nil {
		return nil, err
	}
	registrar := ""
	if maker != nil {
		registrar = maker.Party
	}
	own := w.wallet(client.PartyID(k.Scheme(), k.Public(), salt, registrar), k)
	signer := own
	if maker != nil {
		signer = maker
	}
	_, err = signer.Do(ctx, &pb.CreatePartyRequest{Kind: kind, Salt: salt, Keys: []*pb.Key{
		{Scheme: pb.Scheme(k.Scheme()), PublicKey: k.Public(), Role: pb.KeyRole_OWNER}}})
	return own, err
}

// publish publishes a template of the library once, and returns its id.
func (w *World) publish(ctx context.Context, by *client.Wallet, name string) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := by.Party + "/" + name
	if id := w.templates[key]; id != "" {
		return id, nil
	}
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
	f.Template.Version = max(f.Template.Version, 1)
	res, _, err := client.Do1[pb.PublishTemplateResponse](ctx, by, &pb.PublishTemplateRequest{Template: f.Template})
	if err != nil {
		return "", fmt.Errorf("publishing %s: %w", name, err)
	}
	w.templates[key] = res.Template
	return res.Template, nil
}

package client

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/client/keyfile"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/gen/pb/pbconnect"
)

// Open returns the wallet of the party that the first key belongs to, on the
// node at url. It asks the node which chain it is on.
func Open(ctx context.Context, url string, keys ...*keyfile.Key) (*Wallet, error) {
	if len(keys) == 0 || keys[0].Party == "" {
		return nil, errors.New("client: the first key says which party it belongs to; this one doesn't: register it, or use New")
	}
	api := Dial(url)
	chain, err := chainOf(ctx, api)
	if err != nil {
		return nil, err
	}
	w := &Wallet{API: api, ChainID: chain, Party: keys[0].Party}
	for _, k := range keys {
		w.Keys = append(w.Keys, k)
	}
	return w, nil
}

func chainOf(ctx context.Context, api pbconnect.LedgerClient) (string, error) {
	st, err := api.GetStatus(ctx, connect.NewRequest(&pb.GetStatusRequest{}))
	if err != nil {
		return "", err
	}
	return st.Msg.ChainId, nil
}

// Newcomer makes the party of a person or device that comes by itself, and
// returns its wallet. The key's Party is set.
func Newcomer(ctx context.Context, url string, kind pb.PartyKind, k *keyfile.Key) (*Wallet, error) {
	salt, err := Salt()
	if err != nil {
		return nil, err
	}
	k.Party = PartyID(k.Scheme(), k.Public(), salt, "")
	w, err := Open(ctx, url, k)
	if err != nil {
		return nil, err
	}
	_, err = w.Do(ctx, &pb.CreatePartyRequest{Kind: kind, Salt: salt, Keys: []*pb.Key{OwnerKey(k)}})
	return w, err
}

// Salt returns 16 random bytes, such as a new party needs.
func Salt() ([]byte, error) {
	salt := make([]byte, 16)
	_, err := rand.Read(salt)
	return salt, err
}

// OwnerKey describes a key to the ledger as one that may do everything.
func OwnerKey(k keyfile.Signer) *pb.Key {
	return &pb.Key{Scheme: pb.Scheme(k.Scheme()), PublicKey: k.Public(), Role: pb.KeyRole_OWNER}
}

// Holding is what the wallet's party has of an asset; nothing where it never
// had any.
func (w *Wallet) Holding(ctx context.Context, asset string) (*pb.Holding, error) {
	res, err := w.API.GetHolding(ctx, connect.NewRequest(&pb.GetHoldingRequest{Party: w.Party, Asset: asset}))
	if CodeOf(err) == pb.Code_NOT_FOUND {
		return &pb.Holding{Party: w.Party, Asset: asset}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("holding of %s: %w", asset, err)
	}
	return res.Msg.Holding, nil
}

// Settled waits until a promise is settled and returns it.
func (w *Wallet) Settled(ctx context.Context, promise string) (*pb.Promise, error) {
	for _, err := range Watch(ctx, w.API, []string{promise}, []string{"promises"}) {
		if err != nil {
			return nil, err
		}
		// Read again at each event: the first one says that from now on
		// nothing is missed, a resumed one that something may have been.
		res, err := w.API.GetPromise(ctx, connect.NewRequest(&pb.GetRequest{Id: promise}))
		if err != nil {
			return nil, err
		}
		if p := res.Msg.Promise; p.State == pb.PromiseState_SETTLED {
			return p, nil
		}
	}
	return nil, ctx.Err()
}

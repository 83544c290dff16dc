package client_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/client/keyfile"
	"github.com/troth-ledger/troth/client/proof"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/sig"
)

// A person comes to the ledger with a key of their own, is paid by a bank, pays
// a shop, and shows to somebody who trusts no server what they have left.
func Example() {
	url, bankKey, genesis, stop := exampleNode()
	defer stop()
	ctx := context.Background()

	// A bank issues money. Its wallet speaks for the party in its key file.
	bank, err := client.Open(ctx, url, bankKey)
	if err != nil {
		log.Fatal(err)
	}
	asset, _, err := client.Do1[pb.CreateAssetResponse](ctx, bank, &pb.CreateAssetRequest{Symbol: "EUR", Kind: pb.AssetKind_MONEY, Decimals: 2})
	if err != nil {
		log.Fatal(err)
	}

	// Ada makes a key and comes by herself: no coin, no fee.
	key, err := keyfile.Generate(sig.Ed25519, "", "Ada's phone")
	if err != nil {
		log.Fatal(err)
	}
	ada, err := client.Newcomer(ctx, url, pb.PartyKind_PERSON, key)
	if err != nil {
		log.Fatal(err)
	}

	// What people write, the directory reads: handles, and amounts with their
	// decimals.
	dir := client.NewDirectory(ada.API)
	gift, err := dir.Amount(ctx, "20.00 "+asset.Asset)
	if err != nil {
		log.Fatal(err)
	}
	shop, err := dir.Party(ctx, "@shop")
	if err != nil {
		log.Fatal(err)
	}

	// Each Do is one transaction: all of it happens, or none.
	if _, err := bank.Do(ctx, &pb.IssueRequest{To: ada.Party, Amount: gift}); err != nil {
		log.Fatal(err)
	}
	price := &pb.Amount{Asset: asset.Asset, Units: 7_50}
	if _, err := ada.Do(ctx, &pb.TransferRequest{To: shop, Amount: price}); err != nil {
		log.Fatal(err)
	}
	_, err = ada.Do(ctx, &pb.TransferRequest{To: shop, Amount: gift})
	fmt.Println("more than there is:", client.CodeOf(err))

	// A read with a proof needs no trust in the node, only in the validators.
	res, err := ada.API.GetHolding(ctx, connect.NewRequest(&pb.GetHoldingRequest{
		Party: ada.Party, Asset: asset.Asset, Options: &pb.ReadOptions{Prove: true}}))
	if err != nil {
		log.Fatal(err)
	}
	trust, err := proof.LoadTrust(genesis)
	if err != nil {
		log.Fatal(err)
	}
	proven, err := proof.Verify(res.Msg.Read.Proof, proof.Holding(ada.Party, asset.Asset), trust)
	if err != nil {
		log.Fatal(err)
	}
	left := proven.Record.(*pb.Holding)
	fmt.Println("proven:", dir.Format(ctx, left.Available, left.Asset))
	// Output:
	// more than there is: INSUFFICIENT
	// proven: 12.50 EUR@bank
}

// exampleKey makes the key of a party that a chain has from the start.
func exampleKey(handle string) (*keyfile.Key, *pb.Party) {
	k, err := keyfile.Generate(sig.Ed25519, "", handle)
	if err != nil {
		log.Fatal(err)
	}
	k.Party = client.PartyID(k.Scheme(), k.Public(), []byte("example-"+handle), "")
	return k, &pb.Party{Id: k.Party, Kind: pb.PartyKind_COMPANY, Handle: handle, Name: handle, Licensed: true,
		Keys: []*pb.Key{client.OwnerKey(k)}, QuotaPerMinute: 6000}
}

// tempHome is a folder for an example's node.
func tempHome() string {
	home, err := os.MkdirTemp("", "troth-example-")
	if err != nil {
		log.Fatal(err)
	}
	return home
}

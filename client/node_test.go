package client_test

import (
	"context"
	"io"
	"log"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/troth-ledger/troth/api"
	"github.com/troth-ledger/troth/client/keyfile"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger"
	"github.com/troth-ledger/troth/node"
)

// exampleNode runs a node in this process, on a chain that has a bank and a
// shop.
func exampleNode() (url string, bank *keyfile.Key, genesis string, stop func()) {
	home := tempHome()
	bank, bankParty := exampleKey("bank")
	_, shopParty := exampleKey("shop")
	check(node.Init(home, node.Genesis{ChainID: "troth-example", Time: time.Now(),
		State: &pb.Genesis{Params: ledger.DefaultParams(), Parties: []*pb.Party{bankParty, shopParty}}}, "127.0.0.1:0"))
	c, err := node.LoadConfig(home)
	check(err)
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	l, err := api.Listen(c.API.Listen)
	check(err)
	n, err := node.Start(c, quiet)
	check(err)
	s := api.New(n, c, "example", quiet)
	go func() { _ = s.Serve(l) }()
	return "http://" + l.Addr().String(), bank, filepath.Join(home, "genesis.json"), func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = s.Stop(ctx)
		_ = n.Stop()
		_ = os.RemoveAll(home)
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

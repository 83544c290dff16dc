// Package testnode starts real nodes for tests: consensus, store and API in the
// test's process, in a temporary folder, on a port of the loopback.
//
//	n := testnode.Start(t)
//	_, err := n.Ada.Do(t.Context(), &pb.TransferRequest{...})
//
// The chain has a bank that issues EUR and runs the chain, a shop, a carrier, and two people with
// money. Everything is stopped when the test ends.
package testnode

import (
	"context"
	"io"
	"log/slog"
	"net"
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/api"
	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/gen/pb/pbconnect"
	"github.com/troth-ledger/troth/ledger"
	"github.com/troth-ledger/troth/node"
)

// EUR is the money of the test chain, with two decimals.
const EUR = "EUR@bank"

// Funds is what each wallet but the bank's has at the start, in cents.
const Funds = 1_000_000_00

// Node is a running node and the parties of its chain.
type Node struct {
	// URL is where its API is.
	URL string
	// ChainID is the chain's id.
	ChainID string
	// Home is the node's folder.
	Home string
	// API is a client of the node.
	API pbconnect.LedgerClient
	// Running is the node itself, and Server its API.
	Running *node.Node
	Server  *api.Server

	// Bank (@bank) issues EUR; Shop (@shop) and Carrier (@carrier) are
	// companies; Ada and Ben are people. All but the bank have Funds.
	Bank, Shop, Carrier, Ada, Ben *client.Wallet

	t    testing.TB
	keys map[string]*Key
	down func()
	tune []func(*node.Config)
	log  *slog.Logger
}

// Start starts a node on a new chain. Each tune may change the configuration.
func Start(t testing.TB, tune ...func(*node.Config)) *Node {
	t.Helper()
	n := &Node{Home: t.TempDir(), ChainID: "troth-test", t: t, tune: tune, log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	n.keys = newKeys(t)
	g := &pb.Genesis{Params: ledger.DefaultParams(), Parties: genesisParties(n.keys)}
	if err := node.Init(n.Home, node.Genesis{ChainID: n.ChainID, Time: time.Now(), State: g, Member: n.keys["bank"].Party}, "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Stop)
	n.run()
	n.fund()
	return n
}

// LogTo makes the node write its log to h after the next Restart.
func (n *Node) LogTo(h slog.Handler) { n.log = slog.New(h) }

// Stop stops the node and its API. Calling it twice is harmless.
func (n *Node) Stop() {
	if n.down != nil {
		n.down()
		n.down = nil
	}
}

// Restart stops the node and starts it again on what it has on disk; tune
// changes the configuration from then on. URL, API and wallets are new.
func (n *Node) Restart(tune ...func(*node.Config)) {
	n.t.Helper()
	n.Stop()
	n.tune = append(n.tune, tune...)
	n.run()
}

func (n *Node) run() {
	n.t.Helper()
	c, err := node.LoadConfig(n.Home)
	if err != nil {
		n.t.Fatal(err)
	}
	c.API.Listen = "127.0.0.1:0"
	for _, f := range n.tune {
		f(c)
	}
	l, err := api.Listen(c.API.Listen)
	if err != nil {
		n.t.Fatal(err)
	}
	if n.Running, err = node.Start(c, n.log); err != nil {
		_ = l.Close()
		n.t.Fatal(err)
	}
	n.serve(c, l)
}

func (n *Node) serve(c *node.Config, l net.Listener) {
	n.Server = api.New(n.Running, c, "test", n.log)
	done := make(chan error, 1)
	go func() { done <- n.Server.Serve(l) }()
	n.down = func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := n.Server.Stop(ctx); err != nil {
			n.t.Errorf("stopping the API: %v", err)
		}
		if err := <-done; err != nil {
			n.t.Errorf("serving: %v", err)
		}
		if err := n.Running.Stop(); err != nil {
			n.t.Errorf("stopping the node: %v", err)
		}
	}
	n.URL = "http://" + l.Addr().String()
	n.API = client.Dial(n.URL)
	n.Bank, n.Shop, n.Carrier = n.wallet("bank"), n.wallet("shop"), n.wallet("carrier")
	n.Ada, n.Ben = n.wallet("ada"), n.wallet("ben")
}

// Height is the chain's height.
func (n *Node) Height() int64 {
	n.t.Helper()
	s, err := n.API.GetStatus(n.t.Context(), connect.NewRequest(&pb.GetStatusRequest{}))
	if err != nil {
		n.t.Fatal(err)
	}
	return s.Msg.Height
}

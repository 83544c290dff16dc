package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	cfg "github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/libs/log"
	"github.com/cometbft/cometbft/node"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/privval"
	"github.com/cometbft/cometbft/proxy"
	"github.com/cometbft/cometbft/types"
)

// cometCommand is the argument with which this program is CometBFT with an
// application that does next to nothing.
const cometCommand = "comet"

// cometSubjects are the ceiling: what consensus alone carries, and with the
// signatures that nobody can leave out.
func cometSubjects() []subject {
	variant := func(id, name, what string, args ...string) subject {
		return subject{id, name, "ops/s", what, func(ctx context.Context, b *bench) (runner, error) {
			self, err := os.Executable()
			if err != nil {
				return nil, err
			}
			dir, err := os.MkdirTemp(b.dir, "comet-")
			if err != nil {
				return nil, err
			}
			return openProgram(ctx, dir, self, append([]string{cometCommand, "-home", filepath.Join(dir, "home"), "-txs", fmt.Sprint(b.size.Ceiling)}, args...)...)
		}}
	}
	return []subject{
		variant("comet", "CometBFT 0.40.0, no-op", "transactions as long as a transfer, already in the application's pool; blocks of at most 10,000"),
		variant("comet-verify", "CometBFT 0.40.0, signatures", "the same, each with an Ed25519 signature of its own key, verified in batches when the block is finalised", "-verify"),
	}
}

// serveComet is the other side of openProgram.
func serveComet(args []string) error {
	f := flag.NewFlagSet(cometCommand, flag.ContinueOnError)
	home := f.String("home", "", "an empty folder")
	n := f.Int("txs", 0, "transactions in one run")
	verify := f.Bool("verify", false, "verify a signature in each")
	if err := f.Parse(args); err != nil {
		return err
	}
	txs := ceilingTxs(*n, *verify)
	a := newCeiling(*verify)
	c, err := startComet(*home, a)
	if err != nil {
		return err
	}
	fmt.Println(`{"ready":true}`)
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		before := ownCPU()
		took, err := a.finalise(txs)
		if err != nil {
			return err
		}
		if err := json.NewEncoder(os.Stdout).Encode(Sample{Ops: len(txs), Seconds: took.Seconds(), CPU: ownCPU() - before}); err != nil {
			return err
		}
	}
	close(a.stop)
	err = c.Stop()
	c.Wait()
	return err
}

// startComet starts a validator alone on its chain, set up as Troth's own is but
// for the database: the default, goleveldb, is as fast as Pebble for this.
func startComet(home string, a *ceiling) (*node.Node, error) {
	k := cfg.DefaultConfig()
	k.SetRoot(home)
	k.Mempool.Type = "app"
	k.TxIndex.Indexer = "null"
	k.Storage.DiscardABCIResponses = true
	k.Consensus.TimeoutCommit = 0
	k.RPC.ListenAddress = ""
	k.P2P.ListenAddress = "tcp://127.0.0.1:0"
	k.P2P.PexReactor = false
	cfg.EnsureRoot(home)
	if err := os.MkdirAll(filepath.Join(home, "data"), 0o700); err != nil {
		return nil, err
	}
	pv := privval.GenFilePV(k.PrivValidatorKeyFile(), k.PrivValidatorStateFile())
	pv.Save()
	key, err := p2p.LoadOrGenNodeKey(k.NodeKeyFile())
	if err != nil {
		return nil, err
	}
	public, err := pv.GetPubKey()
	if err != nil {
		return nil, err
	}
	params := types.DefaultConsensusParams()
	params.Block.MaxBytes = 8 << 20
	doc := &types.GenesisDoc{ChainID: "ceiling", GenesisTime: time.Now(), ConsensusParams: params, Validators: []types.GenesisValidator{{PubKey: public, Power: 1}}}
	if err := doc.ValidateAndComplete(); err != nil {
		return nil, err
	}
	n, err := node.NewNode(k, pv, key, proxy.NewConnSyncLocalClientCreator(a), func() (*types.GenesisDoc, error) { return doc, nil },
		cfg.DefaultDBProvider, node.DefaultMetricsProvider(k.Instrumentation), log.NewNopLogger())
	if err != nil {
		return nil, err
	}
	return n, n.Start()
}

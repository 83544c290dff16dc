package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cfg "github.com/cometbft/cometbft/config"
	cmtlog "github.com/cometbft/cometbft/libs/log"
	"github.com/cometbft/cometbft/mempool"
	"github.com/cometbft/cometbft/node"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/privval"
	"github.com/cometbft/cometbft/proxy"
	cmttypes "github.com/cometbft/cometbft/types"
	dbm "github.com/cosmos/cosmos-db"

	sdkruntime "github.com/cosmos/cosmos-sdk/runtime"
	"github.com/cosmos/cosmos-sdk/server"
)

// chain is a validator alone on its chain: CometBFT and the application in this
// process, both on disk in goleveldb, the default of both.
type chain struct {
	node *node.Node
	app  *sdkruntime.App
	done chan int // sends that became final, a block at a time
	errs chan error
	// first is closed with the first block: before it there are no accounts.
	first chan struct{}
}

// watched counts what becomes final.
type watched struct {
	abci.Application
	*chain
	block int
}

// FinalizeBlock implements abci.Application.
func (a *watched) FinalizeBlock(ctx context.Context, r *abci.RequestFinalizeBlock) (*abci.ResponseFinalizeBlock, error) {
	res, err := a.Application.FinalizeBlock(ctx, r)
	if err == nil {
		if e := failed(res.TxResults); e != nil {
			a.errs <- e
		}
	}
	a.block = len(r.Txs)
	return res, err
}

// Commit implements abci.Application.
func (a *watched) Commit(ctx context.Context, r *abci.RequestCommit) (*abci.ResponseCommit, error) {
	res, err := a.Application.Commit(ctx, r)
	select {
	case <-a.first:
	default:
		close(a.first)
	}
	if a.block > 0 {
		a.done <- a.block
	}
	return res, err
}

func newChain(w *world, stm bool, home string, txs int) (*chain, error) {
	if home == "" {
		return nil, errors.New("-mode chain needs -home")
	}
	if err := os.MkdirAll(filepath.Join(home, "data"), 0o700); err != nil {
		return nil, err
	}
	db, err := dbm.NewGoLevelDB("application", filepath.Join(home, "data"), nil)
	if err != nil {
		return nil, err
	}
	app, genesis, err := w.app(db, stm)
	if err != nil {
		return nil, err
	}
	c := &chain{app: app, done: make(chan int, 1<<16), errs: make(chan error, 1<<16), first: make(chan struct{})}
	k := cometConfig(home, txs)
	cfg.EnsureRoot(home)
	pv := privval.NewFilePV(w.validator, k.PrivValidatorKeyFile(), k.PrivValidatorStateFile())
	pv.Save()
	key, err := p2p.LoadOrGenNodeKey(k.NodeKeyFile())
	if err != nil {
		return nil, err
	}
	params := cmttypes.DefaultConsensusParams()
	params.Block.MaxBytes, params.Block.MaxGas = 8<<20, -1
	doc := &cmttypes.GenesisDoc{ChainID: chainID, GenesisTime: genesisTime, ConsensusParams: params, AppState: genesis,
		Validators: []cmttypes.GenesisValidator{{PubKey: w.validator.PubKey(), Power: 1}}}
	if err := doc.ValidateAndComplete(); err != nil {
		return nil, err
	}
	// The client creator is the one that the SDK's server uses.
	c.node, err = node.NewNode(k, pv, key, proxy.NewLocalClientCreator(&watched{Application: server.NewCometABCIWrapper(app), chain: c}),
		func() (*cmttypes.GenesisDoc, error) { return doc, nil }, cfg.DefaultDBProvider, node.DefaultMetricsProvider(k.Instrumentation), cmtlog.NewNopLogger())
	if err != nil {
		return nil, err
	}
	if err := c.node.Start(); err != nil {
		return nil, err
	}
	select {
	case <-c.first:
		return c, nil
	case <-time.After(time.Minute):
		return nil, errors.Join(errors.New("no block in the first minute"), c.close())
	}
}

// cometConfig leaves out what a benchmark can do without, as our own node does:
// the index of transactions, stored results, the RPC, and waiting after a block.
func cometConfig(home string, txs int) *cfg.Config {
	k := cfg.DefaultConfig()
	k.SetRoot(home)
	k.TxIndex.Indexer = "null"
	k.Storage.DiscardABCIResponses = true
	k.RPC.ListenAddress = ""
	k.P2P.ListenAddress = "tcp://127.0.0.1:0"
	k.P2P.PexReactor = false
	k.Consensus.TimeoutCommit = 0
	k.Consensus.CreateEmptyBlocks = false
	k.Mempool.Size, k.Mempool.CacheSize = 2*txs, 4*txs
	// Checking everything that waits again after every block would cost the peer
	// more than half its speed.
	k.Mempool.Recheck = false
	return k
}

// run hands the sends to the mempool of the node's own process, without an RPC
// in between, and waits until all are final.
func (c *chain) run(txs [][]byte) (time.Duration, error) {
	begin := time.Now()
	for _, tx := range txs {
		refused := ""
		if err := c.node.Mempool().CheckTx(tx, func(r *abci.ResponseCheckTx) {
			if r.Code != 0 {
				refused = r.Log
			}
		}, mempool.TxInfo{}); err != nil {
			return 0, err
		}
		if refused != "" {
			return 0, fmt.Errorf("a send was refused: %s", refused)
		}
	}
	for final := 0; final < len(txs); {
		select {
		case n := <-c.done:
			final += n
		case err := <-c.errs:
			return 0, err
		case <-time.After(time.Minute):
			return 0, fmt.Errorf("%d of %d sends are final after a minute without a block", final, len(txs))
		}
	}
	return time.Since(begin), nil
}

func (c *chain) close() error {
	err := c.node.Stop()
	c.node.Wait()
	return errors.Join(err, c.app.Close())
}

// Package node runs the ledger on a chain: CometBFT in this process, the state
// machine behind it, and what a client needs to submit, read, prove and watch.
package node

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"github.com/cometbft/cometbft/libs/log"
	"github.com/cometbft/cometbft/node"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/privval"
	"github.com/cometbft/cometbft/proxy"
	"github.com/cometbft/cometbft/rpc/core"
	"github.com/cometbft/cometbft/types"

	"github.com/troth-ledger/troth/ledger"
	"github.com/troth-ledger/troth/ledger/state"
)

// Node is a running node.
type Node struct {
	app   *app
	store *state.Store
	comet *node.Node
	env   *core.Environment // CometBFT's stores, for proofs
	log   *slog.Logger
	lock  *os.File
	once  sync.Once
}

// Start starts the node in c.Home and returns when it takes part in consensus.
func Start(c *Config, logger *slog.Logger) (n *Node, err error) {
	lock, err := lockHome(c.Home)
	if err != nil {
		return nil, err
	}
	n = &Node{log: logger, lock: lock}
	defer func() {
		if err != nil {
			n.close()
		}
	}()
	k := comet(c)
	doc, err := types.GenesisDocFromFile(k.GenesisFile())
	if err != nil {
		return nil, fmt.Errorf("reading the genesis: %w", err)
	}
	if n.store, err = state.Open(filepath.Join(c.Home, ledgerDir), state.Options{}); err != nil {
		return nil, err
	}
	n.app = &app{
		machine: ledger.New(n.store, doc.ChainID),
		door:    newDoor(c.Pool.Txs),
		pool:    newPool(c.Pool.Txs, c.Pool.Bytes),
		limits:  limits{txs: c.Block.Txs, bytes: blockBytes - 64<<10, idle: c.Block.Idle},
		hub:     newHub(),
		stop:    make(chan struct{}),
		chainID: doc.ChainID,
	}
	nodeKey, err := p2p.LoadNodeKey(k.NodeKeyFile())
	if err != nil {
		return nil, fmt.Errorf("reading the node's key: %w", err)
	}
	pv := privval.LoadFilePV(k.PrivValidatorKeyFile(), k.PrivValidatorStateFile())
	n.comet, err = node.NewNode(k, pv, nodeKey, proxy.NewConnSyncLocalClientCreator(n.app),
		func() (*types.GenesisDoc, error) { return doc, nil }, openDB,
		node.DefaultMetricsProvider(k.Instrumentation), cometLog{logger, nil})
	if err != nil {
		return nil, fmt.Errorf("starting consensus: %w", err)
	}
	if n.env, err = n.comet.ConfigureRPC(); err != nil {
		return nil, fmt.Errorf("starting consensus: %w", err)
	}
	if err := n.comet.Start(); err != nil {
		return nil, fmt.Errorf("starting consensus: %w", err)
	}
	return n, nil
}

// Stop ends the node cleanly: it finishes the block at hand and closes its
// stores. Calling it twice is harmless.
func (n *Node) Stop() error {
	var err error
	n.once.Do(func() {
		close(n.app.stop)
		err = n.comet.Stop()
		n.comet.Wait()
		err = errors.Join(err, n.close())
	})
	return err
}

func (n *Node) close() error {
	var errs []error
	if n.app != nil {
		n.app.door.close()
	}
	if n.store != nil {
		errs = append(errs, n.store.Close())
	}
	if n.lock != nil {
		errs = append(errs, n.lock.Close())
	}
	return errors.Join(errs...)
}

// ChainID is the chain's id.
func (n *Node) ChainID() string { return n.app.chainID }

// View pins the last committed state. Release it soon.
func (n *Node) View() *state.View { return n.store.View() }

// Objects is the number of rows in the state.
func (n *Node) Objects() int { return n.store.Len() }

// Waiting is the number of transactions in the pool.
func (n *Node) Waiting() int { return n.app.pool.len() }

// Watch begins to watch what changes. Stop the watcher when done.
func (n *Node) Watch() *Watcher { return n.app.hub.watch() }

// cometLog hands CometBFT's log lines to ours. Its info lines, several a
// block, are our debug lines.
type cometLog struct {
	to   *slog.Logger
	with []any
}

func (l cometLog) Debug(string, ...any)        {}
func (l cometLog) Info(msg string, kv ...any)  { l.to.Debug(msg, append(kv, l.with...)...) }
func (l cometLog) Warn(msg string, kv ...any)  { l.to.Warn(msg, append(kv, l.with...)...) }
func (l cometLog) Error(msg string, kv ...any) { l.to.Warn(msg, append(kv, l.with...)...) }
func (l cometLog) With(kv ...any) log.Logger {
	return cometLog{l.to, append(l.with[:len(l.with):len(l.with)], kv...)}
}

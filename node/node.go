// Package node runs the ledger on a chain: CometBFT in this process, the state
// machine behind it, and what a client needs to submit, read, prove and watch.
package node

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/cometbft/cometbft/config"
	cmtjson "github.com/cometbft/cometbft/libs/json"
	"github.com/cometbft/cometbft/libs/service"
	"github.com/cometbft/cometbft/node"
	"github.com/cometbft/cometbft/proxy"
	"github.com/cometbft/cometbft/rpc/core"
	"github.com/cometbft/cometbft/types"

	"github.com/troth-ledger/troth/ledger"
	"github.com/troth-ledger/troth/ledger/state"
)

// Node is a running node.
type Node struct {
	app     *app
	store   *state.Store
	comet   *node.Node
	env     *core.Environment // CometBFT's stores, for proofs
	dbs     *databases
	log     *slog.Logger
	lock    *os.File
	once    sync.Once
	fault   *fault
	failed  chan struct{}
	backup  sync.Mutex // held while a backup is made
	copying sync.Mutex // held while it copies a store; guards copied
	copied  bool       // no store is copied any more
	home    string
	listens string // where other nodes connect
	disk    space
	gauges  *gauges
	signer  service.Service     // waits for a remote signer, if one is to sign
	me      types.Address       // of the key that signs for this node
	first   *types.ValidatorSet // of the first height after the start; nil where it isn't known
}

// Start starts the node in c.Home and returns when it takes part in consensus.
func Start(c *Config, logger *slog.Logger) (started *Node, err error) {
	lock, err := lockHome(c.Home)
	if err != nil {
		return nil, err
	}
	n := &Node{log: logger, lock: lock, dbs: &databases{}, home: c.Home, listens: c.P2P.Listen, fault: &fault{halt: newHalt(), dir: filepath.Join(c.Home, ledgerDir)}, failed: make(chan struct{})}
	defer func() {
		if r := recover(); r != nil {
			err = harmed(r, filepath.Join(c.Home, ledgerDir))
		}
		if err != nil {
			_ = n.close()
		}
	}()
	if err := settle(c.Home); err != nil {
		return nil, err
	}
	if err := checkRoom(c.Home); err != nil {
		return nil, err
	}
	k := comet(c)
	if err := checkGenesis(c.Home, true); err != nil {
		return nil, err
	}
	doc, err := readGenesis(k.GenesisFile())
	if err != nil {
		return nil, err
	}
	keys := newKeys()
	ring := newRing(keys)
	if n.store, err = openLedger(filepath.Join(c.Home, ledgerDir), logger, ring.rows); err != nil {
		return nil, err
	}
	n.app = &app{
		machine:   ledger.New(n.store, doc.ChainID),
		door:      newDoor(c.Pool.Txs, c.Pool.Bytes, keys),
		pool:      newPool(c.Pool.Txs, c.Pool.Bytes),
		limits:    limits{txs: c.Block.Txs, bytes: blockBytes - 64<<10, idle: c.Block.Idle},
		hub:       newHub(),
		journal:   newJournal(c.Webhooks, n.store),
		stop:      make(chan struct{}),
		halt:      n.fault.halt,
		chainID:   doc.ChainID,
		dir:       filepath.Join(c.Home, ledgerDir),
		first:     doc.InitialHeight,
		alone:     c.P2P.Listen == "" && len(c.P2P.Peers) == 0,
		prune:     newPruner(c.Prune, n.store, n.dbs, logger),
		snapshots: newSnapshots(c, n.store, logger),
	}
	n.meet(c, ring)
	n.app.halt.look(n.app.machine.Ready(n.store.Height() + 1))
	if err := n.app.halt.err(); err != nil {
		return nil, err
	}
	if err := n.remember(k); err != nil {
		return nil, err
	}
	if err := n.join(k, doc); err != nil {
		if halted := n.app.halt.err(); halted != nil {
			return nil, halted // reached by executing the blocks on disk
		}
		return nil, err
	}
	syncing := n.comet.ConsensusReactor().WaitSync
	n.app.syncing.Store(&syncing)
	go n.guard()
	go heat()
	return n, nil
}

// readGenesis reads a chain's genesis. CometBFT's own reader panics over a
// validator without a key, so that is looked at first.
func readGenesis(path string) (*types.GenesisDoc, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the genesis: %w", err)
	}
	doc := &types.GenesisDoc{}
	if err := cmtjson.Unmarshal(b, doc); err != nil {
		return nil, fmt.Errorf("reading the genesis: %s: %w", path, err)
	}
	for i, v := range doc.Validators {
		if v.PubKey == nil {
			return nil, fmt.Errorf("reading the genesis: %s: validator %d (%q) has no pub_key", path, i+1, v.Name)
		}
	}
	if err := doc.ValidateAndComplete(); err != nil {
		return nil, fmt.Errorf("reading the genesis: %s: %w", path, err)
	}
	return doc, nil
}

// meet sets up what looks at the node from outside: its metrics, and the guard
// of its door, with the keys that are the parties'.
func (n *Node) meet(c *Config, r *ring) {
	a := n.app
	a.meter, a.log = newMeter(), n.log
	a.door.guard, a.door.meter = newGuard(a.chainID, n.store, r, c, a.meter), a.meter
	n.gauges = &gauges{n: n}
	a.meter.registry.MustRegister(n.gauges)
}

// join makes CometBFT's node, which brings the ledger to the height of the
// blocks on disk, and starts it. CometBFT panics where blocks and ledger don't
// fit together; whoever started the node gets an error.
func (n *Node) join(k *config.Config, doc *types.GenesisDoc) (err error) {
	defer func() {
		if r := recover(); r != nil {
			line, _, _ := strings.Cut(fmt.Sprint(r), "\n")
			err = fmt.Errorf("%s", line)
		}
		if err != nil {
			err = fmt.Errorf("starting consensus: %w; if %s was copied or restored in part, restore all of it from one backup", err, k.RootDir)
		}
	}()
	nodeKey, err := loadNodeKey(k.NodeKeyFile())
	if err != nil {
		return err
	}
	pv, own, err := n.validator(k, doc.ChainID, nodeKey)
	if err != nil {
		return err
	}
	public, err := pv.GetPubKey()
	if err != nil {
		return err
	}
	n.me = public.Address()
	n.comet, err = node.NewNode(k, pv, nodeKey, proxy.NewConnSyncLocalClientCreator(n.app),
		func() (*types.GenesisDoc, error) { return doc, nil }, n.dbs.open,
		n.app.meter.comet, cometLog{n.log, nil, n.fault})
	if err != nil {
		return err
	}
	// The last of the blocks that the ledger lacked may still settle: whoever reads
	// from a node that has started must find all that was ever final.
	if err := n.app.settling.wait(); err != nil {
		return err
	}
	if n.env, err = n.comet.ConfigureRPC(); err != nil {
		return err
	}
	if n.first, err = n.nextValidators(); err != nil {
		return err
	}
	top := n.comet.BlockStore().Height()
	if err := endHeight(k.Consensus.WalFile(), top); err != nil {
		return err
	}
	if own != nil {
		if err := checkOld(k.PrivValidatorStateFile(), &own.LastSignState, own.Key.PubKey, n.comet.BlockStore(), n.first); err != nil {
			return err
		}
		if err := checkLog(k.Consensus.WalFile(), k.PrivValidatorStateFile(), own, n.first, top); err != nil {
			return err
		}
		n.app.resume(k.Consensus, own, n.first, top)
	}
	return n.comet.Start()
}

// nextValidators are those of the height after the last block; nil where there is no
// block yet, and they come with the state of another node. Consensus begins with them
// and with those of the last block, and panics, half started, where it finds none.
func (n *Node) nextValidators() (next *types.ValidatorSet, err error) {
	last := n.comet.BlockStore().Height()
	if last > 0 {
		if _, err = n.env.StateStore.LoadValidators(last); err != nil {
			return nil, fmt.Errorf("the validators of the last block are not in the database %q: %w", dbState, err)
		}
	}
	next, err = n.env.StateStore.LoadValidators(last + 1)
	if err != nil && last == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("the validators of the next block are not in the database %q: %w", dbState, err)
	}
	return next, nil
}

// Stop ends the node cleanly: it finishes the block at hand, answers whoever
// still waits, and closes its stores. Calling it twice is harmless.
func (n *Node) Stop() error {
	var err error
	n.once.Do(func() {
		// What uses the stores ends first, while consensus keeps its pace: from then on
		// a proposer waits for nothing.
		n.app.prune.close()
		n.endCopies()
		n.part()
		n.gauges.close()
		err = n.comet.Stop()
		n.comet.Wait()
		err = errors.Join(err, n.close())
	})
	return err
}

func (n *Node) close() error {
	var errs []error
	if n.app != nil {
		errs = append(errs, n.app.settling.wait())
		n.app.hub.close()
		n.app.door.close()
		n.app.prune.close()
		n.app.snapshots.close()
	}
	if n.store != nil {
		errs = append(errs, n.store.Close())
	}
	errs = append(errs, n.dbs.close())
	if n.signer != nil {
		errs = append(errs, n.signer.Stop())
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

package node

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"

	"github.com/cometbft/cometbft/config"
	cmtstate "github.com/cometbft/cometbft/state"
	"github.com/cometbft/cometbft/store"
	"github.com/cometbft/cometbft/types"

	"github.com/troth-ledger/troth/ledger"
	"github.com/troth-ledger/troth/ledger/state"
)

// A node that joins makes its stores in a folder of their own. A file there says
// that they are whole: from then on they are moved to their places, however
// often that is interrupted; until then they are none.
const (
	joinDir  = "data/join"
	joinDone = "data/join/whole"
)

// joined are the stores, by their folders' names in data and in data/join.
var joined = []string{"ledger", "blockstore", "state"}

// Joins says whether Join has something to do: the configuration says how to
// join, and there are no stores yet.
func (c *Config) Joins() bool {
	return len(c.Join.Nodes) > 0 && !slices.ContainsFunc(joined, func(name string) bool {
		_, err := os.Stat(filepath.Join(c.Home, "data", name))
		return !os.IsNotExist(err)
	})
}

// Join brings a new node to the height of a snapshot that others offer: every
// header is checked from the trusted one on, every chunk against the header. It
// returns when the node can be started. What it fetched stays when it is
// interrupted, and the next Join goes on with it as long as somebody offers that
// snapshot. sources are the APIs named by c.Join.Nodes.
func Join(ctx context.Context, c *Config, sources []Source, log *slog.Logger) (err error) {
	if !c.Joins() || len(sources) == 0 {
		return nil
	}
	lock, err := lockHome(c.Home)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	if err := settle(c.Home); err != nil || !c.Joins() {
		return err
	}
	if err := checkRoom(c.Home); err != nil {
		return err
	}
	k := comet(c)
	doc, err := readGenesis(k.GenesisFile())
	if err != nil {
		return err
	}
	trusted, err := trustHeader(ctx, doc.ChainID, c.Join.Trust.Height, c.Join.Trust.Hash, sources)
	if err != nil {
		return fmt.Errorf("joining: %w", err)
	}
	f := &fetcher{headers: trusted, doc: doc, dir: filepath.Join(c.Home, joinDir, "ledger"), log: log}
	if err := f.run(ctx, k); err != nil {
		return fmt.Errorf("joining: %w", err)
	}
	if err := bootstrap(k, f.state, f.commit); err != nil {
		return fmt.Errorf("joining: %w", err)
	}
	if err := settle(c.Home); err != nil {
		return err
	}
	log.Info("joined", "height", f.state.LastBlockHeight)
	return nil
}

// keptLocal says from which height on the node knows transactions and history.
func keptLocal(height int64) state.Local {
	return state.Local{Key: []byte{localKept}, Value: binary.BigEndian.AppendUint64(nil, uint64(height))}
}

// bootstrap makes the stores of consensus beside the ledger's, and all whole.
func bootstrap(k *config.Config, s cmtstate.State, commit *types.Commit) (err error) {
	if err := canRun(filepath.Join(k.RootDir, joinDir, "ledger"), s.ChainID); err != nil {
		return err
	}
	staged := *k
	staged.DBPath = joinDir
	for _, name := range joined[1:] {
		if err := os.RemoveAll(filepath.Join(k.RootDir, joinDir, name)); err != nil {
			return err
		}
	}
	dbs := &databases{}
	defer func() {
		if err = errors.Join(err, dbs.close()); err == nil {
			err = finishFile(filepath.Join(k.RootDir, joinDone))
		}
	}()
	blocks, err := dbs.open(&config.DBContext{ID: "blockstore", Config: &staged})
	if err != nil {
		return err
	}
	states, err := dbs.open(&config.DBContext{ID: "state", Config: &staged})
	if err != nil {
		return err
	}
	if err := store.NewBlockStore(blocks).SaveSeenCommit(s.LastBlockHeight, commit); err != nil {
		return err
	}
	if err := cmtstate.NewStore(states, cmtstate.StoreOptions{DiscardABCIResponses: true}).Bootstrap(s); err != nil {
		return err
	}
	// A synced write takes what was written before with it.
	return blocks.SetSync([]byte("joined"), fmt.Append(nil, s.LastBlockHeight))
}

// canRun says whether this program has the rules that the chain runs by.
func canRun(dir, chain string) (err error) {
	s, err := openLedger(dir, nil, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return ledger.New(s, chain).Ready(s.Height() + 1)
}

// finishFile writes an empty file, for good.
func finishFile(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close(), syncDir(filepath.Dir(path)))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// settle moves the stores of a join that is whole to their places. Whoever
// starts in the folder calls it first.
func settle(home string) error {
	if _, err := os.Stat(filepath.Join(home, joinDone)); os.IsNotExist(err) {
		return nil
	} else if err != nil {
		return err
	}
	for _, name := range joined {
		from, to := filepath.Join(home, joinDir, name), filepath.Join(home, "data", name)
		if _, err := os.Stat(from); os.IsNotExist(err) {
			continue // moved before an interruption
		}
		if err := os.Rename(from, to); err != nil {
			return fmt.Errorf("joining: %w", err)
		}
	}
	if err := syncDir(filepath.Join(home, "data")); err != nil {
		return err
	}
	return os.RemoveAll(filepath.Join(home, joinDir))
}

// remember tells CometBFT that it begins at a snapshot's height, which it
// forgets with its first start: it would not start again if that start ended
// before the first block.
func (n *Node) remember(k *config.Config) (err error) {
	h := n.store.Height()
	if h == 0 || n.KeptFrom() != h+1 {
		return nil
	}
	db, err := openDB(&config.DBContext{ID: "state", Config: k})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return cmtstate.NewStore(db, cmtstate.StoreOptions{}).SetOfflineStateSyncHeight(h)
}

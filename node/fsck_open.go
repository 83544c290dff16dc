package node

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/cometbft/cometbft/config"
	protostate "github.com/cometbft/cometbft/proto/tendermint/state"
	cmtstate "github.com/cometbft/cometbft/state"
	"github.com/cometbft/cometbft/store"
	"github.com/cometbft/cometbft/types"

	"github.com/troth-ledger/troth/ledger/party"
	"github.com/troth-ledger/troth/ledger/state"
)

// CometBFT's databases, by their folders within data.
const (
	dbBlocks   = "blockstore"
	dbState    = "state"
	dbEvidence = "evidence"
)

// resting is the folder of a node that doesn't run, or a backup, opened to be
// read.
type resting struct {
	home   string
	config *config.Config
	lock   *os.File
	doc    *types.GenesisDoc
	ledger *state.Store
	dbs    map[string]*database
	blocks *store.BlockStore
	states cmtstate.Store
	last   cmtstate.State // what consensus saved last
}

// openResting opens the folder and its genesis, and keeps others out of it.
func openResting(home string) (*resting, error) {
	if _, err := os.Stat(filepath.Join(home, genesisFile)); err != nil {
		return nil, fmt.Errorf("%s is no node's folder, nor a backup: %w", home, err)
	}
	r := &resting{home: home, config: comet(defaults(home)), dbs: make(map[string]*database)}
	var err error
	if r.lock, err = lockHome(home); err != nil {
		return nil, fmt.Errorf("%w; a running node is looked at in a backup: troth backup --to DIR", err)
	}
	return r, nil
}

// readDoc reads the genesis.
func (r *resting) readDoc() (err error) {
	if err := checkGenesis(r.home, false); err != nil {
		return err
	}
	r.doc, err = readGenesis(filepath.Join(r.home, genesisFile))
	return err
}

// openLedger opens the ledger's store: rows, tree and used keys are checked.
func (r *resting) openLedger() (err error) {
	if r.ledger, err = state.Open(filepath.Join(r.home, ledgerDir), state.Options{ReadOnly: true}); err == nil {
		err = party.VerifyUsed(r.ledger)
	}
	return err
}

// openDB opens one of CometBFT's databases.
func (r *resting) openDB(id string) error {
	db, err := openDatabase(&config.DBContext{ID: id, Config: r.config}, true)
	if err != nil {
		return err
	}
	r.dbs[id] = db
	return nil
}

// openChain opens blocks and consensus state. What can't be decoded makes
// CometBFT panic.
func (r *resting) openChain() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	for _, id := range []string{dbBlocks, dbState} {
		if err := r.openDB(id); err != nil {
			return err
		}
	}
	if err := checkStates(r.dbs[dbState]); err != nil {
		return err
	}
	r.blocks = store.NewBlockStore(r.dbs[dbBlocks])
	r.states = cmtstate.NewStore(r.dbs[dbState], cmtstate.StoreOptions{DiscardABCIResponses: true})
	r.last, err = r.states.Load()
	return err
}

// checkStates decodes what consensus saved: CometBFT ends the process where it
// can't.
func checkStates(db *database) error {
	it, err := db.Iterator(nil, nil)
	if err != nil {
		return err
	}
	defer it.Close()
	for ; it.Valid(); it.Next() {
		var m interface{ Unmarshal([]byte) error }
		switch name, _, _ := strings.Cut(string(it.Key()), ":"); name {
		case "stateKey":
			m = &protostate.State{}
		case "validatorsKey":
			m = &protostate.ValidatorsInfo{}
		case "consensusParamsKey":
			m = &protostate.ConsensusParamsInfo{}
		case "lastABCIResponseKey":
			m = &protostate.ABCIResponsesInfo{}
		default:
			continue
		}
		if err := m.Unmarshal(it.Value()); err != nil {
			return fmt.Errorf("data/%s: what it has at %s is damaged: %w", dbState, it.Key(), err)
		}
	}
	return it.Error()
}

// there says whether a file or folder is there.
func (r *resting) there(name string) bool {
	_, err := os.Lstat(filepath.Join(r.home, name))
	return err == nil
}

func (r *resting) close() error {
	var errs []error
	if r.ledger != nil {
		errs = append(errs, r.ledger.Close())
	}
	for _, db := range r.dbs {
		errs = append(errs, db.Close())
	}
	return errors.Join(append(errs, r.lock.Close())...)
}

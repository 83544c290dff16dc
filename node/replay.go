package node

import (
	"context"
	"errors"
	"fmt"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/store"
	"github.com/cometbft/cometbft/types"

	"github.com/troth-ledger/troth/ledger"
	"github.com/troth-ledger/troth/ledger/state"
)

// Replay runs all blocks of a stopped node's folder on a new ledger in memory,
// from genesis on, and compares the state's root with what the next block's
// header says, height by height. It changes nothing in the folder. It returns
// the last height and the ledger, which is the caller's to close.
func Replay(home string) (height int64, s *state.Store, err error) {
	k := comet(defaults(home))
	doc, err := readGenesis(k.GenesisFile())
	if err != nil {
		return 0, nil, fmt.Errorf("reading the genesis: %w", err)
	}
	db, err := openDatabase(&config.DBContext{ID: "blockstore", Config: k}, true)
	if err != nil {
		return 0, nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	blocks := store.NewBlockStore(db)
	s, err = replay(doc, blocks, blocks.Height(), func(h int64) { height = h })
	return height, s, err
}

// replay runs the blocks up to a height on a new ledger in memory; seen is told
// each height before it is run.
func replay(doc *types.GenesisDoc, blocks *store.BlockStore, until int64, seen func(height int64)) (s *state.Store, err error) {
	if s, err = state.Open("", state.Options{InMemory: true}); err != nil {
		return nil, err
	}
	a := &app{machine: ledger.New(s, doc.ChainID), door: newDoor(1, 1, newKeys()), pool: newPool(1, 1), hub: newHub(),
		stop: make(chan struct{}), halt: newHalt(), chainID: doc.ChainID}
	defer a.door.close()
	if _, err = a.InitChain(context.Background(), &abci.RequestInitChain{AppStateBytes: doc.AppState, Validators: genesisValidators(doc)}); err != nil {
		return s, err
	}
	for height := int64(1); height <= until; height++ {
		seen(height)
		if err := a.replay(blocks.LoadBlock(height)); err != nil {
			return s, err
		}
	}
	return s, nil
}

// replay runs one block.
func (a *app) replay(b *types.Block) error {
	if root := a.machine.Store().Root(); b.Height > 1 && string(root[:]) != string(b.AppHash) {
		return fmt.Errorf("node: after height %d the ledger's root is %x, block %d says %x", b.Height-1, root, b.Height, b.AppHash)
	}
	_, err := a.FinalizeBlock(context.Background(), &abci.RequestFinalizeBlock{Height: b.Height, Time: b.Time, Txs: b.Txs.ToSliceOfBytes(),
		Misbehavior: b.Evidence.Evidence.ToABCI()})
	if err == nil {
		_, err = a.Commit(context.Background(), &abci.RequestCommit{})
	}
	return errors.Join(err, a.settling.wait())
}

package main

import (
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	cmttypes "github.com/cometbft/cometbft/types"
	dbm "github.com/cosmos/cosmos-db"

	sdkruntime "github.com/cosmos/cosmos-sdk/runtime"
)

// exec runs blocks without consensus: FinalizeBlock and Commit, state in a
// cosmos-db MemDB under IAVL.
type exec struct {
	app      *sdkruntime.App
	height   int64
	perBlock int
}

func newExec(w *world, stm bool, perBlock int) (*exec, error) {
	app, genesis, err := w.app(dbm.NewMemDB(), stm)
	if err != nil {
		return nil, err
	}
	if _, err := app.InitChain(&abci.RequestInitChain{ChainId: chainID, Time: genesisTime, ConsensusParams: consensusParams(), AppStateBytes: genesis, InitialHeight: 1}); err != nil {
		return nil, err
	}
	e := &exec{app: app, perBlock: perBlock}
	_, err = e.block(nil)
	return e, err
}

// consensusParams are CometBFT's but for the size of a block.
func consensusParams() *cmtproto.ConsensusParams {
	p := cmttypes.DefaultConsensusParams()
	p.Block.MaxBytes, p.Block.MaxGas = 8<<20, -1
	out := p.ToProto()
	return &out
}

func (e *exec) run(txs [][]byte) (time.Duration, error) {
	var took time.Duration
	for len(txs) > 0 {
		n := min(len(txs), e.perBlock)
		d, err := e.block(txs[:n])
		if err != nil {
			return 0, err
		}
		txs, took = txs[n:], took+d
	}
	return took, nil
}

func (e *exec) block(txs [][]byte) (time.Duration, error) {
	e.height++
	begin := time.Now()
	r, err := e.app.FinalizeBlock(&abci.RequestFinalizeBlock{Height: e.height, Time: genesisTime.Add(time.Duration(e.height) * time.Second), Txs: txs})
	if err != nil {
		return 0, err
	}
	if _, err := e.app.Commit(); err != nil {
		return 0, err
	}
	return time.Since(begin), failed(r.TxResults)
}

func (e *exec) close() error { return e.app.Close() }

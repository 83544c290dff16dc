package node

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger"
	"github.com/troth-ledger/troth/ledger/council"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// app is the thin layer between consensus and the state machine. CometBFT calls
// InitChain, PrepareProposal, ProcessProposal, FinalizeBlock and Commit from
// one goroutine; InsertTx, ReapTxs and Info may come from others.
type app struct {
	abci.BaseApplication
	machine   *ledger.Machine
	door      *door
	pool      *pool
	limits    limits
	hub       *hub
	journal   *journal   // nil where no webhook is configured
	prune     *pruner    // nil where everything is kept
	snapshots *snapshots // nil where none are offered
	stop      chan struct{}
	apart     chan struct{} // takes one when a node that decides alone proposes no more; made before stop is closed
	resumed   func()        // called before each proposal; nil where nothing is resumed
	halt      *halt
	meter     *meter
	log       *slog.Logger
	chainID   string
	dir       string // the ledger's
	first     int64  // the chain's first height
	alone     bool   // the node has no peers to offer transactions to, and never will

	// syncing says whether the node still catches up from others' blocks. Nil
	// until it runs.
	syncing atomic.Pointer[func() bool]

	block    decided  // between FinalizeBlock and Commit
	settling settling // the block before
	proposal decided  // decoded for ProcessProposal, used by FinalizeBlock
	own      decided  // what this node proposed itself, and so need not judge again

	last  atomic.Pointer[time.Time]       // time of the last block that was executed
	shown atomic.Pointer[time.Time]       // time of the last block that views show
	votes atomic.Pointer[[]abci.VoteInfo] // of the validators for the block before

	pace pace

	// step is called before a block is proposed, executed and written: tests hold the
	// node there. Nil otherwise.
	step atomic.Pointer[func(string)]
}

func (a *app) at(step string) {
	if f := a.step.Load(); f != nil {
		(*f)(step)
	}
}

// blockTxsMax is the most transactions that a block may have. It is the same on
// every node, whatever each proposes itself: else one could refuse for ever what
// another makes.
const blockTxsMax = 50_000

// limits bound one block that this node proposes.
type limits struct {
	txs   int
	bytes int
	idle  time.Duration // the longest wait of an idle proposer
}

// decided is a block with its transactions decoded.
type decided struct {
	height int64
	time   time.Time
	txs    []*arrival
	done   *ledger.Executed
}

func (a *app) Info(context.Context, *abci.RequestInfo) (*abci.ResponseInfo, error) {
	if err := a.settling.wait(); err != nil {
		return nil, err
	}
	v := a.machine.Store().View()
	defer v.Release()
	h, root := v.Height(), v.Root()
	if h < a.first {
		h = 0 // an imported state, before the first block
	}
	r := &abci.ResponseInfo{Data: "troth", AppVersion: uint64(council.Protocol(v)), LastBlockHeight: h}
	if h > 0 {
		r.LastBlockAppHash = root[:]
	}
	return r, nil
}

func (a *app) InitChain(_ context.Context, r *abci.RequestInitChain) (*abci.ResponseInitChain, error) {
	var g pb.Genesis
	if err := protojson.Unmarshal(r.AppStateBytes, &g); err != nil {
		return nil, fmt.Errorf("genesis: app_state is not a Genesis message: %w", err)
	}
	if g.Imported != nil {
		return a.beginImported(g.Imported, r)
	}
	if err := checkSeats(g.Council, powers(r.Validators)); err != nil {
		return nil, fmt.Errorf("genesis: %w", err)
	}
	if err := a.machine.Begin(&g); err != nil {
		return nil, fmt.Errorf("genesis: %w", err)
	}
	root := a.machine.Store().Root()
	return &abci.ResponseInitChain{AppHash: root[:]}, nil
}

// InsertTx takes a transaction from a peer. The answer doesn't wait for the
// verdict: a peer's stream is one goroutine, and it would verify one by one.
func (a *app) InsertTx(_ context.Context, r *abci.RequestInsertTx) (*abci.ResponseInsertTx, error) {
	if !a.door.enter(&arrival{raw: r.Tx, done: a.admitted}) {
		return &abci.ResponseInsertTx{Code: abci.CodeTypeRetry}, nil
	}
	return &abci.ResponseInsertTx{Code: abci.CodeTypeOK}, nil
}

func (a *app) admitted(x *arrival) {
	if x.err == nil {
		a.pool.add(x.raw, x.tx)
	}
}

func (a *app) ReapTxs(_ context.Context, r *abci.RequestReapTxs) (*abci.ResponseReapTxs, error) {
	if a.alone {
		return &abci.ResponseReapTxs{}, nil
	}
	max := 1 << 20
	if r.MaxBytes > 0 && r.MaxBytes < uint64(max) {
		max = int(r.MaxBytes)
	}
	return &abci.ResponseReapTxs{Txs: a.pool.ungossiped(max)}, nil
}

// ProcessProposal refuses a block with a transaction that the door, or the
// state before the block, would refuse.
func (a *app) ProcessProposal(_ context.Context, r *abci.RequestProcessProposal) (*abci.ResponseProcessProposal, error) {
	reject := &abci.ResponseProcessProposal{Status: abci.ResponseProcessProposal_REJECT}
	if a.barred() != nil {
		return reject, nil
	}
	if len(r.Txs) > blockTxsMax || len(r.Txs) > 0 && a.machine.Store().Tip() == 0 {
		return reject, nil
	}
	if a.own.is(r.Height, r.Txs) {
		a.proposal = a.own
		return &abci.ResponseProcessProposal{Status: abci.ResponseProcessProposal_ACCEPT}, nil
	}
	d := a.decode(r.Height, r.Time, r.Txs)
	trial := a.machine.Trial(r.Height, r.Time)
	for _, t := range d.txs {
		if t.err != nil || trial.Admits(t.tx) != nil {
			return reject, nil
		}
	}
	a.proposal = d
	return &abci.ResponseProcessProposal{Status: abci.ResponseProcessProposal_ACCEPT}, nil
}

// decode finds a block's transactions in the pool, where they are decoded and
// verified, and decodes and verifies the rest.
func (a *app) decode(height int64, at time.Time, raws [][]byte) decided {
	d := decided{height: height, time: at.UTC(), txs: make([]*arrival, len(raws))}
	var strange []*arrival
	for i, raw := range raws {
		x := &arrival{raw: raw}
		if x.tx = a.pool.known(raw); x.tx == nil {
			strange = append(strange, x)
		}
		d.txs[i] = x
	}
	a.door.judgeAll(strange)
	a.machine.Ahead(len(d.txs), func(i int) *op.Tx { return d.txs[i].tx })
	return d
}

func (a *app) FinalizeBlock(_ context.Context, r *abci.RequestFinalizeBlock) (*abci.ResponseFinalizeBlock, error) {
	if err := cmp.Or(a.barred(), a.settling.failed()); err != nil {
		return a.leave(err)
	}
	d := a.proposal
	if !d.is(r.Height, r.Txs) {
		d = a.decode(r.Height, r.Time, r.Txs)
	}
	a.proposal = decided{}
	d.time = r.Time.UTC()
	b := ledger.Block{Height: r.Height, Time: d.time, Txs: make([]ledger.Tx, len(d.txs)), Evidence: evidence(r.Misbehavior)}
	for i, t := range d.txs {
		b.Txs[i] = ledger.Tx{Decoded: t.tx, Err: t.err}
	}
	a.at("execute")
	start := time.Now()
	var err error
	if d.done, err = a.execute(b); err != nil {
		return a.leave(err)
	}
	a.meter.observe(execution, start)
	a.block = d
	if votes := r.DecidedLastCommit.Votes; len(votes) > 0 {
		a.votes.Store(&votes)
	}

	out := &abci.ResponseFinalizeBlock{AppHash: d.done.Root[:], TxResults: make([]*abci.ExecTxResult, len(d.txs))}
	for i, res := range d.done.Results {
		// The results' hash is in the next header; what the ledger answers is
		// hashed with it, so a light client can trust an answer too.
		out.TxResults[i] = &abci.ExecTxResult{Code: res.Code, Data: state.Encode(resultForHash(res))}
	}
	tell(d.done, out)
	return out, nil
}

// execute runs a block.
func (a *app) execute(b ledger.Block) (x *ledger.Executed, err error) {
	err = a.reading(func() { x = a.machine.Execute(b) })
	return x, err
}

// reading does what reads the state, for consensus. The block before may still be
// written; where that fails, what is read from then on is no answer, and the state
// machine says so by a panic. It does the same where a row can't be read at all: that
// ends the node, too.
func (a *app) reading(do func()) (err error) {
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		if err = a.settling.wait(); err == nil {
			err = harmed(r, a.dir)
			a.settling.fail(err)
		}
	}()
	do()
	return nil
}

// is says whether these are the transactions that were decoded.
func (d *decided) is(height int64, raws [][]byte) bool {
	if d.txs == nil || d.height != height || len(d.txs) != len(raws) {
		return false
	}
	for i, t := range d.txs {
		if !bytes.Equal(t.raw, raws[i]) {
			return false
		}
	}
	return true
}

// keeps says whether a record is kept of the i-th transaction of a block that was
// executed. Of one that can't be decoded, or whose key was used before, it would
// stand under the id of a transaction that may be, or is, in another block for
// good.
func (d *decided) keeps(i int) bool {
	return d.txs[i].err == nil && d.done.Results[i].Code != uint32(pb.Code_REPEATED)
}

// resultForHash leaves the message out: it is for people, and its words may be
// improved without a change of the protocol.
func resultForHash(r *pb.TxResult) *pb.TxResult {
	return &pb.TxResult{Code: r.Code, FailedOp: r.FailedOp, Responses: r.Responses}
}

func (a *app) Commit(context.Context, *abci.RequestCommit) (*abci.ResponseCommit, error) {
	d := a.block
	a.block = decided{}
	err := a.settling.wait()
	if err == nil {
		err = a.machine.Advance()
	}
	if err != nil {
		a.settling.fail(err)
		_, err = a.leave(err)
		return nil, err
	}
	a.last.Store(&d.time)
	if !a.settling.begin(func() error { return a.settle(&d) }) {
		err := a.settling.failed()
		a.machine.Store().Abandon(err)
		_, err = a.leave(err)
		return nil, err
	}
	ids := make([]op.ID, 0, len(d.txs))
	for i := range d.txs {
		if d.keeps(i) {
			ids = append(ids, d.txs[i].tx.ID)
		}
	}
	a.pool.remove(ids)
	a.pace.committed = time.Now()
	err = a.reading(func() {
		a.halt.look(a.machine.ReadyNext())
		a.sweep(d.height, d.time)
	})
	var retain int64
	if err == nil {
		retain, err = a.prune.committed(d.height, a.settling.wait)
	}
	if err != nil {
		_, err = a.leave(err)
		return nil, err
	}
	return &abci.ResponseCommit{RetainHeight: retain}, nil
}

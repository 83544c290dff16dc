package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"runtime"
	"sync"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	voi "github.com/oasisprotocol/curve25519-voi/primitives/ed25519"

	"github.com/troth-ledger/troth/ledger/sig"
)

const (
	// ceilingTx is the length of its transactions: about that of a transfer.
	ceilingTx = 330
	// ceilingBlock is the most of them in one block, as Troth has it.
	ceilingBlock = 10_000
	// ceilingBytes keeps a block within the 8 MiB that the chain allows.
	ceilingBytes = 8<<20 - 64<<10
	// verifyBatch is how many signatures are verified in one go: as many as Troth does.
	verifyBatch = sig.BatchSize
)

// ceiling is an application that counts: whatever is in a block is final. It
// keeps the transactions itself, so that no mempool is in the way.
type ceiling struct {
	abci.BaseApplication
	verify bool
	wake   chan struct{}
	stop   chan struct{}
	done   chan int

	mu    sync.Mutex
	pool  [][]byte
	total uint64
	last  int   // transactions in the block at hand
	bad   error // the first signature that does not verify
}

func newCeiling(verify bool) *ceiling {
	return &ceiling{verify: verify, wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan int, 1<<16)}
}

// finalise puts transactions into the pool and waits until all are final.
func (a *ceiling) finalise(txs [][]byte) (time.Duration, error) {
	begin := time.Now()
	a.mu.Lock()
	a.pool = txs
	a.mu.Unlock()
	select {
	case a.wake <- struct{}{}:
	default:
	}
	for final := 0; final < len(txs); {
		select {
		case n := <-a.done:
			final += n
		case <-time.After(time.Minute):
			return 0, errors.New("no block for a minute")
		}
	}
	return time.Since(begin), a.bad
}

// PrepareProposal waits for work, as Troth's does.
func (a *ceiling) PrepareProposal(context.Context, *abci.RequestPrepareProposal) (*abci.ResponsePrepareProposal, error) {
	if len(a.first()) == 0 {
		select {
		case <-a.wake:
		case <-a.stop:
		case <-time.After(time.Second):
		}
	}
	return &abci.ResponsePrepareProposal{Txs: a.first()}, nil
}

// first is what fits into a block.
func (a *ceiling) first() [][]byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.pool[:min(len(a.pool), ceilingBlock, ceilingBytes/(ceilingTx+8))]
}

// ProcessProposal accepts.
func (a *ceiling) ProcessProposal(context.Context, *abci.RequestProcessProposal) (*abci.ResponseProcessProposal, error) {
	return &abci.ResponseProcessProposal{Status: abci.ResponseProcessProposal_ACCEPT}, nil
}

// FinalizeBlock verifies, where it should, and counts.
func (a *ceiling) FinalizeBlock(_ context.Context, r *abci.RequestFinalizeBlock) (*abci.ResponseFinalizeBlock, error) {
	if a.verify {
		a.bad = errors.Join(a.bad, verifyAll(r.Txs))
	}
	results := make([]*abci.ExecTxResult, len(r.Txs))
	fine := &abci.ExecTxResult{}
	for i := range results {
		results[i] = fine
	}
	a.mu.Lock()
	a.pool = a.pool[len(r.Txs):]
	a.mu.Unlock()
	a.total += uint64(len(r.Txs))
	a.last = len(r.Txs)
	root := sha256.Sum256(binary.BigEndian.AppendUint64(nil, a.total))
	return &abci.ResponseFinalizeBlock{TxResults: results, AppHash: root[:]}, nil
}

// Commit tells that a block is final.
func (a *ceiling) Commit(context.Context, *abci.RequestCommit) (*abci.ResponseCommit, error) {
	if a.last > 0 {
		a.done <- a.last
	}
	return &abci.ResponseCommit{}, nil
}

// ceilingTxs makes transactions: a public key, a signature, and what it signs.
func ceilingTxs(n int, signed bool) [][]byte {
	txs := make([][]byte, n)
	onAllCores(n, func(i int) {
		tx := make([]byte, ceilingTx)
		binary.BigEndian.PutUint64(tx[96:], uint64(i))
		if signed {
			seed := sha256.Sum256(tx[96:104])
			key := voi.NewKeyFromSeed(seed[:])
			copy(tx, key.Public().(voi.PublicKey))
			copy(tx[32:], voi.Sign(key, tx[96:]))
		}
		txs[i] = tx
	})
	return txs
}

// verifyAll verifies such transactions on all cores.
func verifyAll(txs [][]byte) error {
	batches := (len(txs) + verifyBatch - 1) / verifyBatch
	bad := make([]bool, batches)
	onAllCores(batches, func(i int) {
		part := txs[i*verifyBatch : min((i+1)*verifyBatch, len(txs))]
		b := voi.NewBatchVerifierWithCapacity(len(part))
		for _, tx := range part {
			b.Add(voi.PublicKey(tx[:32]), tx[96:], tx[32:96])
		}
		bad[i] = !b.VerifyBatchOnly(rand.Reader)
	})
	for _, b := range bad {
		if b {
			return errors.New("a signature does not verify")
		}
	}
	return nil
}

// onAllCores calls f for 0 to n-1, each core a share.
func onAllCores(n int, f func(i int)) {
	cores := runtime.GOMAXPROCS(0)
	var wg sync.WaitGroup
	for c := range cores {
		wg.Go(func() {
			for i := c; i < n; i += cores {
				f(i)
			}
		})
	}
	wg.Wait()
}

package node

import (
	"bytes"
	"context"
	"fmt"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/crypto/merkle"
	"github.com/cometbft/cometbft/types"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// TxProver proves transactions of this node's blocks, and remembers the last
// block for those that follow. It belongs to one goroutine.
type TxProver struct {
	node    *Node
	height  int64
	txs     types.Txs
	results [][]byte
	inBlock []*merkle.Proof // from transaction to data hash
	inNext  []*merkle.Proof // from result to the next header's results' hash
	proof   *pb.TxProof     // what all proofs of the block have in common
}

// TxProver returns a prover.
func (n *Node) TxProver() *TxProver { return &TxProver{node: n} }

// Prove proves what became of a transaction, by its record. The next block's
// header has the results' hash: Prove hurries that block and waits for it.
//
// Errors: NOT_FOUND where the block is gone, TIMED_OUT where the next doesn't
// come.
func (p *TxProver) Prove(ctx context.Context, height int64, index uint32) (*pb.TxProof, error) {
	if p.height != height {
		if err := p.load(ctx, height); err != nil {
			return nil, err
		}
	}
	if int(index) >= len(p.txs) {
		return nil, fmt.Errorf("node: block %d has %d transactions, not %d", height, len(p.txs), index+1)
	}
	out := p.proof.CloneVT()
	out.Tx, out.Result = p.txs[index], p.results[index]
	var err error
	if out.TxProof, err = p.inBlock[index].ToProto().Marshal(); err != nil {
		return nil, err
	}
	out.ResultProof, err = p.inNext[index].ToProto().Marshal()
	return out, err
}

func (p *TxProver) load(ctx context.Context, height int64) (err error) {
	p.height = 0
	p.proof = &pb.TxProof{}
	if p.proof.SignedHeader, p.proof.Validators, err = p.node.signed(ctx, height+1); err != nil {
		return err
	}
	b, next := p.node.comet.BlockStore().LoadBlock(height), p.node.comet.BlockStore().LoadBlockMeta(height+1)
	if b == nil || next == nil {
		return gone(height)
	}
	if p.proof.Header, err = b.Header.ToProto().Marshal(); err != nil {
		return err
	}
	p.txs = b.Txs
	if p.results, err = p.node.results(b.Height, b.Txs); err != nil {
		return err
	}
	hashes := make([][]byte, len(b.Txs))
	for i, tx := range b.Txs {
		hashes[i] = tx.Hash()
	}
	var root []byte
	if _, p.inBlock = merkle.ProofsFromByteSlices(hashes); len(b.Txs) > 0 {
		root, p.inNext = merkle.ProofsFromByteSlices(p.results)
	}
	if !bytes.Equal(root, next.Header.LastResultsHash) {
		return fmt.Errorf("node: the results kept of block %d are not those that header %d commits to", height, height+1)
	}
	p.height = height
	return nil
}

// results encodes the results of a block's transactions as consensus hashes
// them, from the records that this node keeps. A transaction without a record
// of its own here repeated another.
func (n *Node) results(height int64, txs types.Txs) ([][]byte, error) {
	v := n.View()
	defer v.Release()
	return results(v, height, txs)
}

func results(v *state.View, height int64, txs types.Txs) ([][]byte, error) {
	out := make([][]byte, len(txs))
	for i, raw := range txs {
		res := &pb.TxResult{Code: uint32(pb.Code_REPEATED)}
		if id, ok := op.PeekID(raw); ok {
			if r := record(v, id); r != nil && r.Height == height && int(r.Index) == i {
				res = r.Result
			}
		}
		b, err := abci.DeterministicExecTxResult(&abci.ExecTxResult{Code: res.Code, Data: state.Encode(resultForHash(res))}).Marshal()
		if err != nil {
			return nil, err
		}
		out[i] = b
	}
	return out, nil
}

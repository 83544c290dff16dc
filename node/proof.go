package node

import (
	"context"
	"time"

	"github.com/cometbft/cometbft/types"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

// proofWait is how long a read waits for the header that covers it.
const proofWait = 5 * time.Second

// Bundle returns what proofs of one view have in common: the signed header that
// carries their root, and the validators who signed it. The header is that of
// the next block, which Bundle hurries and waits for: release the view first.
//
// Errors: NOT_FOUND where the block is gone, TIMED_OUT where none comes.
func (n *Node) Bundle(ctx context.Context, height int64) (*pb.ProofBundle, error) {
	// The root of a height is in the header of the next.
	header, vals, err := n.signed(ctx, height+1)
	return &pb.ProofBundle{SignedHeader: header, Validators: vals}, err
}

// signed returns the encoded header of a block with its commit, and the encoded
// validators who signed it. It waits for a block that is to come.
func (n *Node) signed(ctx context.Context, height int64) (header, vals []byte, err error) {
	if err := n.block(ctx, height); err != nil {
		return nil, nil, err
	}
	store := n.comet.BlockStore()
	meta, commit := store.LoadBlockMeta(height), store.LoadSeenCommit(height)
	if commit == nil {
		commit = store.LoadBlockCommit(height)
	}
	if meta == nil || commit == nil || commit.Height != height {
		return nil, nil, gone(height)
	}
	set, err := n.env.StateStore.LoadValidators(height)
	if err != nil {
		return nil, nil, gone(height)
	}
	if header, err = (&types.SignedHeader{Header: &meta.Header, Commit: commit}).ToProto().Marshal(); err != nil {
		return nil, nil, err
	}
	p, err := set.ToProto()
	if err != nil {
		return nil, nil, err
	}
	vals, err = p.Marshal()
	return header, vals, err
}

func gone(height int64) error {
	return op.Errorf(pb.Code_NOT_FOUND, "this node doesn't have the block of height %d any more; ask one that keeps older blocks", height)
}

// block waits until a block is stored, and hurries it.
func (n *Node) block(ctx context.Context, height int64) error {
	if n.comet.BlockStore().Height() >= height {
		return nil
	}
	defer n.app.hurry()()
	ctx, cancel := context.WithTimeout(ctx, proofWait)
	defer cancel()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for n.comet.BlockStore().Height() < height {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return op.Errorf(pb.Code_TIMED_OUT, "no block came that could prove it; is the chain running?")
		}
	}
	return nil
}

// Header is the signed header of a block; of the last one where height is 0.
//
// Errors: NOT_FOUND where the block is gone, TIMED_OUT where none comes.
func (n *Node) Header(ctx context.Context, height int64) (*pb.ReadHeaderResponse, error) {
	if height == 0 {
		height = n.comet.BlockStore().Height()
	}
	header, vals, err := n.signed(ctx, height)
	if err != nil {
		return nil, err
	}
	hash := n.comet.BlockStore().LoadBlockMeta(height).BlockID.Hash
	return &pb.ReadHeaderResponse{SignedHeader: header, Validators: vals, Hash: hash, Height: height}, nil
}

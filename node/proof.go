package node

import (
	"context"
	"fmt"
	"time"

	"github.com/cometbft/cometbft/types"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// proofWait is how long a read waits for the header that covers it.
const proofWait = 5 * time.Second

// Provable pins a state whose last height is at least the one committed now,
// covered by a signed header: proofs made from the view are of that height. It
// waits for one block, and hurries it.
func (n *Node) Provable(ctx context.Context) (*state.View, error) {
	v := n.View()
	need := v.Height() + 1
	v.Release()
	defer n.app.hurry()()
	ctx, cancel := context.WithTimeout(ctx, proofWait)
	defer cancel()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		if v := n.View(); v.Height() >= need {
			return v, nil
		} else {
			v.Release()
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, op.Errorf(pb.Code_TIMED_OUT, "no block came that could prove it; is the chain running?")
		}
	}
}

// Bundle wraps a proof with the signed header that carries its root, and the
// validators who signed it.
func (n *Node) Bundle(p *state.Proof) (*pb.ProofBundle, error) {
	// The root of a height is in the header of the next.
	h := p.Height + 1
	meta, commit := n.comet.BlockStore().LoadBlockMeta(h), n.comet.BlockStore().LoadSeenCommit(h)
	if commit == nil {
		commit = n.comet.BlockStore().LoadBlockCommit(h)
	}
	if meta == nil || commit == nil || commit.Height != h {
		return nil, fmt.Errorf("node: no header for height %d", h)
	}
	vals, err := n.env.StateStore.LoadValidators(h)
	if err != nil {
		return nil, fmt.Errorf("node: validators of height %d: %w", h, err)
	}
	header, err := (&types.SignedHeader{Header: &meta.Header, Commit: commit}).ToProto().Marshal()
	if err != nil {
		return nil, err
	}
	set, err := vals.ToProto()
	if err != nil {
		return nil, err
	}
	setBytes, err := set.Marshal()
	if err != nil {
		return nil, err
	}
	proof, err := p.Proof.Marshal()
	if err != nil {
		return nil, err
	}
	return &pb.ProofBundle{Key: p.Key, Value: p.Value, Proof: proof, SignedHeader: header, Validators: setBytes}, nil
}

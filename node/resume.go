package node

import (
	"bytes"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/privval"
	"github.com/cometbft/cometbft/types"
)

// What a proposer signs is on its disk before the proposal is in consensus' log, and
// the block later still. Who ends between signed for a height what it has lost, and its
// key refuses to sign for it another time: that round has no proposal. Where others
// vote too, they wait for one as long. A validator that decides alone needn't: it does
// not end there if it can help it, and else it takes a round's waiting for done.

// stepProposal is what CometBFT calls the signature of a proposal, in the record of
// what a validator signed last.
const stepProposal = 1

const (
	// noWait is how long a validator that decides alone waits for what can't come.
	noWait = time.Millisecond
	// patienceToPropose is how long Stop waits for a proposer to be between two
	// heights: more than any block takes.
	patienceToPropose = 5 * time.Second
)

// sole says whether set, which may be nil, is this validator alone.
func sole(set *types.ValidatorSet, validator types.Address) bool {
	return set != nil && set.Size() == 1 && set.HasAddress(validator)
}

// resume looks whether the height that consensus begins with, which is the one after
// last, has a signed proposal already. Its log may have it or not; in neither case is
// there anything to wait for in that round. CometBFT reads k whenever it begins a wait,
// from where it asks for proposals, so it is put back from there.
func (a *app) resume(k *config.ConsensusConfig, own *privval.FilePV, set *types.ValidatorSet, last int64) {
	signed := own.LastSignState
	if !sole(set, own.Key.Address) || signed.Height != last+1 || signed.Round != 0 || signed.Step != stepProposal {
		return
	}
	propose, precommit := k.TimeoutPropose, k.TimeoutPrecommit
	k.TimeoutPropose, k.TimeoutPrecommit = noWait, noWait
	calls := 0
	a.resumed = func() {
		k.TimeoutPropose = propose // of the next round: this one's is running
		if calls++; calls > 1 {
			k.TimeoutPrecommit, a.resumed = precommit, nil
		}
	}
}

// parting says whether this node decides alone and is being stopped, which waits for
// no more than this answer.
func (a *app) parting(last abci.ExtendedCommitInfo) bool {
	if len(last.Votes) != 1 {
		return false
	}
	select {
	case <-a.stop:
	default:
		return false
	}
	select {
	case a.apart <- struct{}{}:
	default: // said before
	}
	return true
}

// part tells proposers and everybody else that the node stops. It returns when one that
// decides alone is between two heights, where it stays.
func (n *Node) part() {
	n.app.apart = make(chan struct{}, 1)
	close(n.app.stop)
	if votes := n.app.votes.Load(); votes == nil || len(*votes) != 1 || !bytes.Equal((*votes)[0].Validator.Address, n.me) {
		return
	}
	if syncing := n.app.syncing.Load(); (*syncing)() {
		return
	}
	select {
	case <-n.app.apart:
	case <-n.failed:
	case <-time.After(patienceToPropose):
	}
}

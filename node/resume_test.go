package node

import (
	"crypto/sha256"
	"path/filepath"
	"testing"
	"time"

	"github.com/cometbft/cometbft/privval"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"

	"github.com/troth-ledger/troth/gen/pb"
)

// longIdle is the idle time of nodes that must not wait for it; a proposal is waited for
// even longer.
const longIdle = 20 * time.Second

// soon is the time for what may not wait.
const soon = longIdle / 2

// signed is what the validator of a stopped node signed last.
func (w *world) signed() *privval.FilePV {
	return privval.LoadFilePV(filepath.Join(w.c.Home, validatorKey), filepath.Join(w.c.Home, validatorLast))
}

// A node alone on its chain that is stopped has signed nothing for the height after its
// last block, whatever it does meanwhile, so its next start has nothing to wait for.
func TestStopBetweenHeights(t *testing.T) {
	w := newWorld(t, 20, func(c *Config, _ *pb.Genesis) { c.Block.Idle = longIdle })
	w.mint(1000)
	for range 8 {
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for i := range w.people {
				w.send(w.pay(i, 1)) // the last are answered by the stop
			}
		}()
		w.must(w.pay(0, 1))
		begin := time.Now()
		if err := w.Stop(); err != nil {
			t.Fatal(err)
		}
		<-ended
		last := w.signed().LastSignState
		if top := w.comet.BlockStore().Height(); last.Height != top || last.Step != 3 {
			t.Fatalf("the blocks end at %d, and the validator signed step %d of height %d", top, last.Step, last.Height)
		}
		w.start()
		w.must(w.pay(0, 1))
		if took := time.Since(begin); took > soon {
			t.Fatalf("from a stop to the next block: %s", took)
		}
	}
}

// A node that ended between the signature of a proposal and its log has lost it. Alone
// on its chain, it doesn't wait for it.
func TestProposalLost(t *testing.T) {
	w := newWorld(t, 2, func(c *Config, _ *pb.Genesis) { c.Block.Idle = longIdle })
	w.mint(1000)
	if err := w.Stop(); err != nil {
		t.Fatal(err)
	}
	lost := sha256.Sum256([]byte("a block that nobody has"))
	height := w.comet.BlockStore().Height() + 1
	if err := w.signed().SignProposal(testChain, &cmtproto.Proposal{Type: cmtproto.ProposalType, Height: height, PolRound: -1,
		BlockID: cmtproto.BlockID{Hash: lost[:], PartSetHeader: cmtproto.PartSetHeader{Total: 1, Hash: lost[:]}}}); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	w.start()
	w.must(w.pay(0, 1))
	if took := time.Since(begin); took > soon {
		t.Fatalf("from the start to the first block: %s", took)
	}
	if round := w.comet.BlockStore().LoadSeenCommit(height).Round; round != 1 {
		t.Errorf("height %d was decided in round %d; its first proposal is lost", height, round)
	}
	k := comet(w.c).Consensus
	if is := w.comet.Config().Consensus; is.TimeoutPropose != k.TimeoutPropose || is.TimeoutPrecommit != k.TimeoutPrecommit {
		t.Errorf("it went on with %s and %s", is.TimeoutPropose, is.TimeoutPrecommit)
	}
}

// A node that follows a validator that decides alone has no turn of its own to wait for.
func TestFollowerStops(t *testing.T) {
	w := newProvider(t)
	f := &world{t: t, c: w.newcomer(t, 0), people: w.people}
	f.start()
	until(t, "follower that has caught up", func() bool { return f.app.votes.Load() != nil && !(*f.app.syncing.Load())() })
	begin := time.Now()
	if err := f.Stop(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begin); took > patienceToPropose {
		t.Errorf("it took %s to stop", took)
	}
}

package node

import (
	"context"
	"encoding/hex"
	"slices"
	"sync"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/types"
	"google.golang.org/protobuf/types/known/timestamppb"

	ics23 "github.com/cosmos/ics23/go"

	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/asset"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/party"
	"github.com/troth-ledger/troth/ledger/state"
)

// A deadline is kept on a chain where nobody sends anything, within a second,
// and no more blocks are made over it than it takes.
func TestDeadlineIdle(t *testing.T) {
	w := newWorld(t, 2, func(c *Config, _ *pb.Genesis) { c.Block.Idle = 30 * time.Second })
	w.mint(100)
	due := time.Now().Add(700 * time.Millisecond)
	w.must(w.people[0].tx(t, &pb.PlaceHoldRequest{Amount: eur(40), Holder: w.people[1].id, Expires: timestamppb.New(due)}))
	if a, h := w.holding(w.people[0]); a != 60 || h != 40 {
		t.Fatalf("%d available, %d held", a, h)
	}
	height := w.BlockHeight()
	waitFor(t, func() bool { a, _ := w.holding(w.people[0]); return a == 100 })
	if late := time.Since(due); late > time.Second {
		t.Errorf("%s late", late)
	}
	if made := w.BlockHeight() - height; made > 3 {
		t.Errorf("%d blocks were made, 2 are enough", made)
	}
}

// untilDue in words: see its comment.
func TestUntilDue(t *testing.T) {
	w := newWorld(t, 2, func(c *Config, _ *pb.Genesis) { c.Block.Idle = 20 * time.Second })
	w.mint(100)
	due := time.Now().Add(1500 * time.Millisecond)
	w.must(w.people[0].tx(t, &pb.PlaceHoldRequest{Amount: eur(40), Holder: w.people[1].id, Expires: timestamppb.New(due)}))
	waitFor(t, func() bool { return time.Since(w.BlockTime()) > 50*time.Millisecond })
	a := &app{machine: w.app.machine, limits: limits{idle: time.Second}}
	for _, row := range []struct {
		name      string
		blockTime time.Time
		low, high time.Duration
	}{
		{"far ahead", time.Now(), 500 * time.Millisecond, time.Second},
		{"due in this block", due.Add(time.Second), 0, 0},
	} {
		if got := a.untilDue(row.blockTime); got < row.low || got > row.high {
			t.Errorf("%s: %s, want %s to %s", row.name, got, row.low, row.high)
		}
	}
	time.Sleep(time.Until(due.Add(-500 * time.Millisecond)))
	if got := a.untilDue(due.Add(-time.Second)); got <= 0 || got > 500*time.Millisecond {
		t.Errorf("soon: %s", got)
	}
	release := holdAt(w, "execute") // or the node would do what is due
	defer release()
	w.Submit(context.Background(), [][]byte{w.pay(0, 1)}, false)
	time.Sleep(time.Until(due.Add(10 * time.Millisecond)))
	if got := a.untilDue(due.Add(-300 * time.Millisecond)); got != 0 {
		t.Errorf("past by the clock: %s, want a block at once", got)
	}
	if got := a.untilDue(due.Add(-200 * time.Millisecond)); got != 200*time.Millisecond+time.Nanosecond {
		t.Errorf("the others' clocks are behind: %s", got)
	}
}

// While a block is executed, everybody reads the last one.
func TestReadsDontWait(t *testing.T) {
	w := newWorld(t, 2)
	w.mint(100)
	paid := w.must(w.pay(0, 1))
	height := w.BlockHeight()
	release := holdAt(w, "execute")
	w.Submit(context.Background(), [][]byte{w.pay(0, 1)}, false)
	time.Sleep(30 * time.Millisecond)
	start := time.Now()
	for range 100 {
		if a, _ := w.holding(w.people[0]); a != 99 {
			t.Fatalf("%d available", a)
		}
		id, _ := hex.DecodeString(paid.Id)
		if w.Record(op.ID(id)) == nil || w.Objects() == 0 || w.BlockTime().IsZero() {
			t.Fatal("nothing")
		}
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("100 reads took %s", took)
	}
	if h := w.BlockHeight(); h > height+1 {
		t.Errorf("height %d; the node was not held", h)
	}
	release()
	waitFor(t, func() bool { a, _ := w.holding(w.people[0]); return a == 98 })
}

// A proof of what just changed, and of what isn't there, checks against the
// validators with nothing but CometBFT's and ICS-23's own code.
func TestProof(t *testing.T) {
	w := newWorld(t, 2)
	w.mint(100)
	w.must(w.pay(0, 10))
	v := w.View()
	defer v.Release()
	for _, row := range []struct {
		who   string
		units int64
	}{{w.people[0].id, 90}, {w.people[1].id, 110}, {"p_nobody", 0}} {
		p, err := asset.Holdings.Prove(v, asset.HoldingKey(row.who, "EUR@bank"))
		if err != nil {
			t.Fatal(err)
		}
		b, err := w.Bundle(context.Background(), p.Height)
		if err != nil {
			t.Fatal(err)
		}
		b.Key, b.Value = p.Key, p.Value
		if b.Proof, err = p.Proof.Marshal(); err != nil {
			t.Fatal(err)
		}
		value := checkBundle(t, b)
		var h pb.Holding
		if err := h.UnmarshalVT(value); err != nil || h.Available != row.units {
			t.Errorf("%s: %d available, want %d", row.who, h.Available, row.units)
		}
	}
	if _, err := party.Parties.Prove(v, "p_x"); err != nil {
		t.Fatal(err)
	}
}

// checkBundle checks a bundle as a client would and returns the proven value.
func checkBundle(t *testing.T, b *pb.ProofBundle) []byte {
	t.Helper()
	var hp cmtproto.SignedHeader
	var vp cmtproto.ValidatorSet
	var proof ics23.CommitmentProof
	for _, err := range []error{hp.Unmarshal(b.SignedHeader), vp.Unmarshal(b.Validators), proof.Unmarshal(b.Proof)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	header, err := types.SignedHeaderFromProto(&hp)
	if err != nil {
		t.Fatal(err)
	}
	vals, err := types.ValidatorSetFromProto(&vp)
	if err != nil {
		t.Fatal(err)
	}
	if string(vals.Hash()) != string(header.ValidatorsHash) {
		t.Fatal("the validators are not the header's")
	}
	if err := vals.VerifyCommitLight(testChain, header.Commit.BlockID, header.Height, header.Commit); err != nil {
		t.Fatal(err)
	}
	if string(header.Commit.BlockID.Hash) != string(header.Hash()) {
		t.Fatal("the commit is another header's")
	}
	ok := false
	if len(b.Value) > 0 {
		ok = ics23.VerifyMembership(ics23.SmtSpec, []byte(header.AppHash), &proof, b.Key, b.Value)
	} else {
		ok = ics23.VerifyNonMembership(ics23.SmtSpec, []byte(header.AppHash), &proof, b.Key)
	}
	if !ok {
		t.Fatalf("the proof does not lead to the app hash of height %d", header.Height)
	}
	return b.Value
}

// Whoever asks for proofs all the time must not make the chain run.
func TestProofsDontFloodBlocks(t *testing.T) {
	w := newWorld(t, 2)
	w.mint(100)
	height, start := w.BlockHeight(), time.Now()
	for time.Since(start) < time.Second {
		if _, err := w.Bundle(context.Background(), w.BlockHeight()); err != nil {
			t.Fatal(err)
		}
	}
	took := time.Since(start)
	if made, most := w.BlockHeight()-height, int64(took/hurryPause)+5; made > most {
		t.Errorf("%d blocks in %s, want at most %d", made, took, most)
	}
}

func TestWatch(t *testing.T) {
	w := newWorld(t, 2)
	w.mint(100)
	watch := w.Watch(LagMax)
	r := w.must(w.pay(0, 1))
	var got *BlockChanges
	for got = range watch.Blocks() {
		if got.Height >= r.Height {
			break
		}
	}
	if got.Height != r.Height || !slices.ContainsFunc(got.Changes, func(c state.Change) bool {
		_, after, ok := asset.Holdings.Of(c)
		return ok && after.GetAvailable() == 99
	}) {
		t.Fatalf("height %d, want %d", got.Height, r.Height)
	}
	watch.Stop()
	watch.Stop()
}

// ProcessProposal refuses what a proposer could put in past the door.
func TestProcessProposal(t *testing.T) {
	w := newWorld(t, 2, func(c *Config, _ *pb.Genesis) { c.Block.Idle = 20 * time.Millisecond })
	w.mint(100)
	done := w.pay(0, 1)
	w.must(done)
	a := w.people[0]
	good, twice := w.pay(0, 1), w.pay(0, 2)
	for _, row := range []struct {
		name string
		txs  [][]byte
		ok   bool
	}{
		{"nothing", nil, true},
		{"good", [][]byte{good}, true},
		{"repeated", [][]byte{done}, false},
		{"twice", [][]byte{twice, twice}, false},
		{"unsigned", [][]byte{unsigned(t, a, w.transfer(0, 1))}, false},
		{"forged", [][]byte{good, forged(w.pay(0, 3))}, false},
		{"by a stranger", [][]byte{w.people[1].body(t, client.Body{Party: a.id, Ops: []op.Message{w.transfer(0, 1)}})}, false},
		{"expired", [][]byte{a.body(t, client.Body{Expires: time.Now().Add(-time.Minute), Ops: []op.Message{w.transfer(0, 1)}})}, false},
		{"too far", [][]byte{a.body(t, client.Body{Expires: time.Now().Add(25 * time.Hour), Ops: []op.Message{w.transfer(0, 1)}})}, false},
		{"another chain's", [][]byte{a.body(t, client.Body{ChainID: "another", Ops: []op.Message{w.transfer(0, 1)}})}, false},
		{"no transaction", [][]byte{{1, 2, 3}}, false},
		{"empty", [][]byte{{}}, false},
		{"too many", make([][]byte, blockTxsMax+1), false},
	} {
		r := w.judge(row.txs)
		if r.IsAccepted() != row.ok {
			t.Errorf("%s: %s", row.name, r.Status)
		}
	}
}

// judge asks ProcessProposal while the node stands still, for it shares the
// machine with consensus.
func (w *world) judge(txs [][]byte) *abci.ResponseProcessProposal {
	w.t.Helper()
	out := make(chan *abci.ResponseProcessProposal, 1)
	var once sync.Once
	f := func(step string) {
		if step == "write" {
			return // not consensus' goroutine
		}
		once.Do(func() {
			r, err := w.app.ProcessProposal(context.Background(), &abci.RequestProcessProposal{
				Height: w.app.machine.Store().Height() + 1, Time: time.Now(), Txs: txs})
			if err != nil {
				w.t.Error(err)
			}
			out <- r
		})
	}
	w.app.step.Store(&f)
	return <-out
}

func unsigned(t *testing.T, a *actor, ops ...op.Message) []byte {
	t.Helper()
	raw, err := client.Body{ChainID: testChain, Party: a.id, Ops: ops}.Sign()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

package node

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/privval"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger"
	"github.com/troth-ledger/troth/ledger/council"
	"github.com/troth-ledger/troth/ledger/sig"
	"github.com/troth-ledger/troth/ledger/state"
)

// TestCheckSeats: consensus and council start with the same validators.
func TestCheckSeats(t *testing.T) {
	a, b := []byte("a"), []byte("b")
	for _, c := range []struct {
		seats      []*pb.Seat
		validators map[string]int64
		want       string
	}{
		{nil, map[string]int64{"a": 1}, ""},
		{[]*pb.Seat{{Validator: a, Power: 1}}, map[string]int64{"a": 1}, ""},
		{[]*pb.Seat{{Validator: a, Power: 1}}, map[string]int64{"a": 2}, "with power 1; among the validators it has power 2"},
		{[]*pb.Seat{{Validator: b, Power: 1}}, map[string]int64{"a": 1}, "has power 0"},
		{[]*pb.Seat{{Validator: a, Power: 1}}, map[string]int64{"a": 1, "b": 1}, "2 validators and 1 seats"},
	} {
		err := checkSeats(c.seats, c.validators)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%v, %v: %v, want %q", c.seats, c.validators, err, c.want)
		}
	}
}

// council2 is an app on a new chain whose two members are the parties of keys
// made from a letter.
func council2(t *testing.T) (*app, *pb.Genesis) {
	t.Helper()
	s, err := state.Open("", state.Options{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	a := &app{machine: ledger.New(s, "t"), door: newDoor(1, 1, nil), pool: newPool(1, 1), hub: newHub(), stop: make(chan struct{}), halt: newHalt(), chainID: "t"}
	t.Cleanup(func() {
		a.door.close()
		_ = s.Close()
	})
	g := &pb.Genesis{Params: ledger.DefaultParams()}
	for i, letter := range []string{"a", "b"} {
		id := "p_" + strings.Repeat(letter, 26)
		g.Parties = append(g.Parties, &pb.Party{Id: id, Kind: pb.PartyKind_COMPANY, Name: letter,
			Keys: []*pb.Key{{Scheme: pb.Scheme_ED25519, PublicKey: seeded(byte(i + 10)), Role: pb.KeyRole_OWNER}}})
		g.Council = append(g.Council, &pb.Seat{Party: id, Validator: seeded(byte(i)), Power: 10})
	}
	return a, g
}

func seeded(n byte) []byte {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, 32)).Public().(ed25519.PublicKey)
}

// begin gives the app its genesis and the first block.
func (a *app) begin(t *testing.T, g *pb.Genesis) {
	t.Helper()
	if err := a.machine.Begin(g); err != nil {
		t.Fatal(err)
	}
	a.finalize(t, 1)
}

func (a *app) finalize(t *testing.T, height int64, ms ...abci.Misbehavior) *abci.ResponseFinalizeBlock {
	t.Helper()
	out, err := a.FinalizeBlock(context.Background(), &abci.RequestFinalizeBlock{Height: height, Time: time.Unix(1767603600+height, 0), Misbehavior: ms})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Commit(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	if err := a.settling.wait(); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestEvidence: what consensus says of a validator reaches the ledger, and the
// ledger's answer reaches consensus.
func TestEvidence(t *testing.T) {
	a, g := council2(t)
	a.begin(t, g)
	out := a.finalize(t, 2, abci.Misbehavior{Type: abci.MisbehaviorType_DUPLICATE_VOTE, Height: 1, Time: time.Unix(1767603601, 0),
		Validator: abci.Validator{Address: council.Address(seeded(1)), Power: 10}, TotalVotingPower: 20})
	if len(out.ValidatorUpdates) != 1 || out.ValidatorUpdates[0].Power != 0 || !bytes.Equal(out.ValidatorUpdates[0].PubKey.GetEd25519(), seeded(1)) {
		t.Errorf("updates %v", out.ValidatorUpdates)
	}
	v := a.machine.Store().View()
	defer v.Release()
	for _, k := range council.MisbehaviourByParty.Keys(v, g.Council[1].Party, "") {
		m, _ := council.Misbehaviour.Peek(v, k)
		if m.Kind != pb.MisbehaviourKind_DUPLICATE_VOTE || m.Height != 1 || m.Power != 10 || !m.Suspended || m.Time.AsTime().Unix() != 1767603601 {
			t.Errorf("on record is %v", m)
		}
		return
	}
	t.Error("nothing is on record")
}

// TestGenesisBlockTellsNothing: consensus has the genesis' validators already.
func TestGenesisBlockTellsNothing(t *testing.T) {
	a, g := council2(t)
	if err := a.machine.Begin(g); err != nil {
		t.Fatal(err)
	}
	if out := a.finalize(t, 1); len(out.ValidatorUpdates) != 0 || out.ConsensusParamUpdates != nil {
		t.Errorf("told of %v, %v", out.ValidatorUpdates, out.ConsensusParamUpdates)
	}
}

// TestHalt: a program without the rules of a height takes no part in it.
func TestHalt(t *testing.T) {
	a, g := council2(t)
	g.Council = g.Council[:1]
	a.begin(t, g)
	upgradeAt(t, a, 3, 2)
	if err := a.halt.err(); err != nil {
		t.Fatalf("height 2: %v", err)
	}
	a.finalize(t, 2)
	var needed *council.UpgradeNeeded
	if err := a.halt.err(); !errors.As(err, &needed) || needed.Height != 3 || needed.Protocol != 2 {
		t.Fatalf("after height 2: %v", err)
	}
	if _, err := a.PrepareProposal(context.Background(), &abci.RequestPrepareProposal{Height: 3}); err == nil {
		t.Error("it proposes")
	}
	if r, err := a.ProcessProposal(context.Background(), &abci.RequestProcessProposal{Height: 3}); err != nil || r.Status != abci.ResponseProcessProposal_REJECT {
		t.Errorf("it votes: %v, %v", r, err)
	}
	if _, err := a.FinalizeBlock(context.Background(), &abci.RequestFinalizeBlock{Height: 3}); !errors.As(err, &needed) {
		t.Errorf("it executes: %v", err)
	}
	// While it runs, it waits for its end first.
	running := func() bool { return false }
	a.syncing.Store(&running)
	done := make(chan error)
	go func() {
		_, err := a.FinalizeBlock(context.Background(), &abci.RequestFinalizeBlock{Height: 3})
		done <- err
	}()
	select {
	case err := <-done:
		t.Errorf("it didn't wait: %v", err)
	case <-time.After(20 * time.Millisecond):
	}
	close(a.stop)
	if err := <-done; !errors.As(err, &needed) {
		t.Errorf("stopped: %v", err)
	}
	// In catching up from others, no error may come out.
	syncing := func() bool { return true }
	a.syncing.Store(&syncing)
	ended := make(chan bool, 1)
	go func() {
		defer close(ended)
		_, _ = a.FinalizeBlock(context.Background(), &abci.RequestFinalizeBlock{Height: 3})
		ended <- true
	}()
	if <-ended {
		t.Error("it came back")
	}
}

// upgradeAt schedules an upgrade by writing it into the state, as its vote would.
func upgradeAt(t *testing.T, a *app, height int64, protocol uint32) {
	t.Helper()
	s := a.machine.Store()
	o := s.Begin()
	c, _ := council.Councils.Get(o, council.CouncilKey)
	c.Upgrade = &pb.Upgrade{Name: "winter", Height: height, Protocol: protocol}
	council.Councils.Put(o, council.CouncilKey, c)
	s.Finalize(o, s.Height())
	if err := s.Commit(nil); err != nil {
		t.Fatal(err)
	}
}

// TestPossession: what the command prints is what the ledger asks for.
func TestPossession(t *testing.T) {
	path := filepath.Join(t.TempDir(), "v.json")
	public, err := NewValidator(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewValidator(path); err == nil {
		t.Error("a key was overwritten")
	}
	again, signature, err := Possession(path, "t", "p_x")
	if err != nil || !bytes.Equal(again, public) {
		t.Fatalf("%x, %v", again, err)
	}
	if err := sig.Verify(sig.Ed25519, public, council.Possession("t", "p_x", public), signature, nil); err != nil {
		t.Error(err)
	}
	home := t.TempDir()
	if _, err := Keys(home); err != nil {
		t.Fatal(err)
	}
	last := filepath.Join(home, validatorLast)
	if err := os.WriteFile(last, []byte(`{"height":"7","round":2,"step":3,"signature":"AAAA","signbytes":"00"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	old, err := UseValidator(home, path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(old); err != nil {
		t.Error("the old key is gone")
	}
	if now, _, err := Possession(ValidatorFile(home), "t", "p_x"); err != nil || !bytes.Equal(now, public) {
		t.Errorf("the node's key is %x, %v", now, err)
	}
	var signed privval.FilePVLastSignState
	if err := readJSON(last, &signed); err != nil || signed.Height != 7 || signed.Round != 2 || signed.Step != 3 || signed.Signature != nil || signed.SignBytes != nil {
		t.Errorf("signed last: %v, %v", &signed, err)
	}
	if _, _, err := Possession(filepath.Join(t.TempDir(), "none"), "t", "p_x"); err == nil {
		t.Error("a file that isn't there")
	}
}

package ledger_test

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/client/keyfile"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger"
	"github.com/troth-ledger/troth/ledger/invariant"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/sig"
	"github.com/troth-ledger/troth/ledger/state"
)

// cast are the parties of a random history.
type cast struct {
	keys    []*keyfile.Key
	ids     []string
	genesis *pb.Genesis
}

const historyChain = "troth-history"

func newCast(t rapid.TB, people int) *cast {
	c := &cast{genesis: &pb.Genesis{Params: ledger.DefaultParams()}}
	c.genesis.Params.QuotaBurst = 1000
	for i := range people {
		k, err := keyfile.Generate(sig.Ed25519, "", "")
		if err != nil {
			t.Fatal(err)
		}
		id := client.PartyID(k.Scheme(), k.Public(), fmt.Appendf(nil, "party %03d", i), "")
		p := &pb.Party{Id: id, Kind: pb.PartyKind_PERSON,
			Keys: []*pb.Key{{Scheme: pb.Scheme(k.Scheme()), PublicKey: k.Public(), Role: pb.KeyRole_OWNER}}}
		if i == 0 {
			p.Kind, p.Name, p.Handle, p.Licensed = pb.PartyKind_COMPANY, "Bank", "bank", true
		}
		c.keys, c.ids, c.genesis.Parties = append(c.keys, k), append(c.ids, id), append(c.genesis.Parties, p)
	}
	return c
}

// tx signs operations of the i-th party. n makes the idempotency key.
func (c *cast) tx(t rapid.TB, i int, now time.Time, n uint64, ops ...op.Message) *op.Tx {
	raw, err := client.Body{ChainID: historyChain, Party: c.ids[i], Key: binary.BigEndian.AppendUint64(nil, n),
		Expires: now.Add(time.Minute), Ops: ops}.Sign(c.keys[i])
	if err != nil {
		t.Fatal(err)
	}
	tx, err := op.Decode(raw)
	if err != nil {
		t.Fatal(err)
	}
	return tx
}

// act draws one operation: most can succeed, some can't.
func (c *cast) act(t *rapid.T, i int, now time.Time, holds []string) op.Message {
	other := c.ids[rapid.IntRange(0, len(c.ids)-1).Draw(t, "other")]
	amount := &pb.Amount{Asset: "EUR@bank", Units: rapid.Int64Range(1, 400).Draw(t, "units")}
	switch rapid.IntRange(0, 7).Draw(t, "act") {
	case 0:
		return &pb.IssueRequest{To: other, Amount: amount}
	case 1, 2:
		return &pb.TransferRequest{To: other, Amount: amount}
	case 3, 4:
		return &pb.PlaceHoldRequest{Amount: amount, Holder: other,
			Expires: timestamppb.New(now.Add(time.Duration(rapid.IntRange(0, 20).Draw(t, "seconds")) * time.Second))}
	case 5:
		if len(holds) > 0 {
			return &pb.PostHoldRequest{Hold: rapid.SampledFrom(holds).Draw(t, "hold"), Units: 1 + amount.Units/4, Final: rapid.Bool().Draw(t, "final")}
		}
	case 6:
		if len(holds) > 0 {
			return &pb.VoidHoldRequest{Hold: rapid.SampledFrom(holds).Draw(t, "hold")}
		}
	}
	return &pb.SubmitFactRequest{Statements: []*pb.Statement{{Subject: "parcel:1", Kind: "seen", At: timestamppb.New(now),
		Reference: rapid.StringMatching("[a-c]").Draw(t, "reference")}}}
}

// history is a chain of blocks and the root after each.
type history struct {
	blocks []ledger.Block
	roots  [][32]byte
}

func memory(t rapid.TB) *state.Store {
	s, err := state.Open("", state.Options{InMemory: true, CacheBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// draw makes a random history while running it.
func (c *cast) draw(t *rapid.T, blocks int) *history {
	s := memory(t)
	defer s.Close()
	m := ledger.New(s, historyChain)
	if err := m.Begin(c.genesis); err != nil {
		t.Fatal(err)
	}
	h := &history{}
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	var holds []string
	n := uint64(0)
	for height := range int64(blocks) {
		b := ledger.Block{Height: height + 1, Time: now}
		for range rapid.IntRange(0, 8).Draw(t, "txs") {
			i := rapid.IntRange(0, len(c.ids)-1).Draw(t, "party")
			var ops []op.Message
			for range rapid.IntRange(1, 3).Draw(t, "ops") {
				ops = append(ops, c.act(t, i, now, holds))
			}
			if rapid.IntRange(0, 9).Draw(t, "fresh") > 0 {
				n++ // else the key of another is used again
			}
			b.Txs = append(b.Txs, ledger.Tx{Decoded: c.tx(t, i, now, n, ops...)})
		}
		if height == 0 {
			n++
			b.Txs = append(b.Txs, ledger.Tx{Decoded: c.tx(t, 0, now, n, &pb.CreateAssetRequest{Symbol: "EUR", Kind: pb.AssetKind_MONEY, Decimals: 2})})
		}
		x := m.Execute(b)
		for i, r := range x.Results {
			for _, raw := range r.Responses {
				var p pb.PlaceHoldResponse
				if p.UnmarshalVT(raw) == nil && op.IsID("h", p.Hold) && b.Txs[i].Err == nil {
					holds = append(holds, p.Hold)
				}
			}
		}
		if err := m.Commit(nil); err != nil {
			t.Fatal(err)
		}
		h.blocks, h.roots = append(h.blocks, b), append(h.roots, x.Root)
		now = now.Add(time.Duration(rapid.IntRange(1, 9000).Draw(t, "ms")) * time.Millisecond)
	}
	v := s.View()
	defer v.Release()
	if err := invariant.Full(v); err != nil {
		t.Fatal(err)
	}
	return h
}

// again runs a history on another machine, with so many cores, and closing and
// opening nothing: a map's order is another in each run.
func (h *history) again(t *rapid.T, c *cast, cores int) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
	s := memory(t)
	defer s.Close()
	m := ledger.New(s, historyChain)
	if err := m.Begin(c.genesis); err != nil {
		t.Fatal(err)
	}
	for i, b := range h.blocks {
		// What a proposer asks before must leave nothing behind, whatever the block
		// has in the end.
		for range rapid.IntRange(0, 2).Draw(t, "trials") {
			if i == 0 {
				break
			}
			trial := m.Trial(b.Height, b.Time)
			if rapid.Bool().Draw(t, "agreed") { // the last one may be of this very block
				for _, tx := range b.Txs {
					_ = trial.Admits(tx.Decoded)
				}
				continue
			}
			for _, other := range []ledger.Block{b, h.blocks[rapid.IntRange(0, len(h.blocks)-1).Draw(t, "other")]} {
				for _, tx := range other.Txs {
					if rapid.Bool().Draw(t, "tried") {
						_ = trial.Admits(tx.Decoded)
					}
				}
			}
		}
		if x := m.Execute(b); x.Root != h.roots[i] {
			t.Fatalf("height %d on %d cores: root %x, was %x", b.Height, cores, x.Root, h.roots[i])
		}
		if err := m.Commit(nil); err != nil {
			t.Fatal(err)
		}
	}
}

// TestHistories replays random histories, on one core and on two.
func TestHistories(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newCast(t, 5)
		h := c.draw(t, 12)
		h.again(t, c, 1)
		h.again(t, c, 2)
	})
}

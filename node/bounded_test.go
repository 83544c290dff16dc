package node

import (
	"context"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger"
	"github.com/troth-ledger/troth/ledger/op"
)

// heap is what is in use, in bytes.
func heap() int64 {
	for range 3 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestBoundedMemory runs simulated days of blocks, a minute apart, each with
// transactions and a webhook's journal that is taken late: what the node holds in
// memory does not grow with time.
func TestBoundedMemory(t *testing.T) {
	c := defaults(t.TempDir())
	g := &pb.Genesis{Params: ledger.DefaultParams()}
	bank, p := newActor(t, "bank")
	p.Kind, p.Handle, p.Name, p.Licensed = pb.PartyKind_COMPANY, "bank", "Bank", true
	g.Parties = append(g.Parties, p)
	people := make([]*actor, 4)
	for i := range people {
		a, p := newActor(t, string(rune('a'+i)))
		people[i], g.Parties = a, append(g.Parties, p)
	}
	s, err := openLedger(filepath.Join(c.Home, ledgerDir), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	a := &app{machine: ledger.New(s, testChain), door: newDoor(1, 1, newKeys()), pool: newPool(100, 1<<20), hub: newHub(),
		journal: newJournal([]Webhook{{Name: "shop"}}, s), stop: make(chan struct{}), halt: newHalt(), chainID: testChain,
		prune: newPruner(Prune{History: 500}, s, &databases{}, quietLog)}
	defer func() {
		a.prune.close()
		a.door.close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	(&Node{app: a, store: s, log: quietLog}).meet(c, newRing(newKeys()))
	state, err := protojson.Marshal(g)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.InitChain(t.Context(), &abci.RequestInitChain{AppStateBytes: state}); err != nil {
		t.Fatal(err)
	}
	now, height := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), int64(0)
	block := func(txs ...[]byte) {
		t.Helper()
		height++
		now = now.Add(time.Minute)
		r, err := a.FinalizeBlock(context.Background(), &abci.RequestFinalizeBlock{Height: height, Time: now, Txs: txs})
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range r.TxResults {
			if x.Code != 0 {
				t.Fatal(x)
			}
		}
		if _, err := a.Commit(context.Background(), &abci.RequestCommit{}); err != nil {
			t.Fatal(err)
		}
		if err := a.settling.wait(); err != nil {
			t.Fatal(err)
		}
	}
	send := func(who *actor, ops ...op.Message) []byte {
		return who.body(t, client.Body{Expires: now.Add(24 * time.Hour), Ops: ops})
	}
	block()
	block(send(bank, &pb.CreateAssetRequest{Symbol: "EUR", Kind: pb.AssetKind_MONEY, Decimals: 2}, &pb.IssueRequest{To: people[0].id, Amount: eur(1 << 40)}))
	day := func() {
		for range 24 * 60 {
			var txs [][]byte
			for range 4 {
				txs = append(txs, send(people[0], &pb.TransferRequest{To: people[1+int(height)%3].id, Amount: eur(1)}))
			}
			block(txs...)
			if height%100 == 0 { // the webhook comes late
				a.journal.done.Store(height - 50)
			}
		}
	}
	for range 2 { // keys stay in use for a day, and the cache fills
		day()
	}
	// A compaction that happens to run has buffers of its own, for a moment: the
	// smallest of some looks is what stays.
	look := func() int64 {
		least := heap()
		for range 20 {
			time.Sleep(50 * time.Millisecond)
			least = min(least, heap())
		}
		return least
	}
	begin, goroutines := look(), runtime.NumGoroutine()
	for range simulatedDays {
		day()
	}
	grew, more := look()-begin, runtime.NumGoroutine()-goroutines
	s.View().Release()
	t.Logf("after %d simulated days of 1,440 blocks the heap grew by %d KB, to %d MB, and there are %d goroutines more", simulatedDays, grew>>10, heap()>>20, more)
	if grew > 4<<20 {
		t.Errorf("the heap grew by %d KB in %d days", grew>>10, simulatedDays)
	}
	if more > 2 {
		t.Errorf("%d goroutines more", more)
	}
}

package node

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cometbft/cometbft/config"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

// size is what the files of a folder take, in bytes.
func size(t *testing.T, dir string) (n int64) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		n += info.Size()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// grow makes blocks of many transactions and returns one of the first.
func grow(w *world, blocks int) (first []byte) {
	for range blocks {
		raws := make([][]byte, 60)
		for i := range raws {
			raws[i] = w.pay(i%2, 1)
		}
		if first == nil {
			first = raws[0]
		}
		for _, r := range w.send(raws...) {
			if r.Result.Code != 0 {
				w.t.Fatal(r)
			}
		}
	}
	return first
}

// stores is what a node's stores take on disk.
func stores(t *testing.T, home string) (n int64) {
	for _, name := range []string{"ledger", dbBlocks, dbState, dbEvidence} {
		n += size(t, filepath.Join(home, "data", name))
	}
	return n
}

// A node that begins to prune keeps as many blocks, records and entries as it
// should, says so about the rest, and gives back the space; the state is whole.
func TestPrune(t *testing.T) {
	const keep, blocks = 20, 200
	w := newWorld(t, 2)
	w.mint(1_000_000)
	first := grow(w, blocks)
	id, _ := op.PeekID(first)
	w.again() // what is in logs goes to tables
	if err := w.Stop(); err != nil {
		t.Fatal(err)
	}
	large := stores(t, w.c.Home)
	w.c.Prune = Prune{Blocks: keep, History: keep}
	w.start()
	before, _ := w.holding(w.people[0])
	for range 4 * keep {
		w.must(w.pay(0, 1))
	}
	for deadline := time.Now().Add(20 * time.Second); w.KeptFrom() < blocks; time.Sleep(10 * time.Millisecond) {
		if w.must(w.pay(0, 1)); time.Now().After(deadline) {
			t.Fatalf("records are kept from height %d on", w.KeptFrom())
		}
		before--
	}
	height := w.store.Height()
	if b := w.BlocksFrom(); b < height-2*keep || b > height-keep+1 {
		t.Errorf("at height %d, the blocks are kept from %d on", height, b)
	}
	v := w.View()
	if r := record(v, id); r != nil {
		t.Errorf("the first transaction still has a record: %v", r)
	}
	list := w.History(v, w.people[0].id, nil, 10_000)
	if len(list) < keep/2 || list[len(list)-1].Height < kept(v) {
		t.Errorf("the history has %d entries, the last of height %d; kept are those from %d on", len(list), list[len(list)-1].Height, kept(v))
	}
	for _, space := range []byte{localTx, localID, localHistory} {
		n := 0
		v.ScanLocal([]byte{space}, nil, func([]byte, []byte) bool { n++; return true })
		if n > 8*keep {
			t.Errorf("%d rows stay in %c", n, space)
		}
	}
	v.Release()
	if _, err := w.TxProver().Prove(context.Background(), 5, 0); err == nil || !strings.Contains(err.Error(), "doesn't have the block of height 5 any more") {
		t.Errorf("a proof of a pruned block: %v", err)
	}
	w.again()
	if err := w.Stop(); err != nil {
		t.Fatal(err)
	}
	small := stores(t, w.c.Home)
	t.Logf("the stores took %d KB with all of %d blocks, %d KB with the last %d", large>>10, blocks, small>>10, keep)
	if small > large/2 {
		t.Errorf("pruning leaves %d KB of %d KB", small>>10, large>>10)
	}
	if c := fsckClean(t, w.c.Home, false); c.Base < 2 {
		t.Errorf("looked at %+v", c)
	}
	fsckFinds(t, w.c.Home, FsckOptions{Replay: true}, "ledger", "can't be replayed")
	w.start()
	if a, _ := w.holding(w.people[0]); a != before-4*keep {
		t.Errorf("%d, had %d", a, before)
	}
}

// While a stop waits for the pruner, the chain goes on as before: a proposer
// doesn't make empty blocks as fast as it can. A compaction isn't waited for.
func TestPruneStops(t *testing.T) {
	w := newWorld(t, 2, func(c *Config, _ *pb.Genesis) { c.Prune = Prune{Blocks: pruneLeast} })
	w.mint(100)
	hold := make(chan struct{})
	w.app.prune.done.Go(func() { <-hold })
	stopped := make(chan error, 1)
	go func() { stopped <- w.Stop() }()
	before := w.store.Height()
	time.Sleep(500 * time.Millisecond)
	if n := w.store.Height() - before; n > 5 {
		t.Errorf("%d blocks in half a second, without a transaction", n)
	}
	select {
	case <-w.app.stop:
		t.Error("the end has begun")
	case err := <-stopped:
		t.Fatal("it has stopped with the pruner at work", err)
	default:
	}
	close(hold)
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}

	db, err := openDB(&config.DBContext{ID: dbEvidence, Config: comet(defaults(t.TempDir()))})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	for i := range byte(10) {
		if err := db.Set([]byte{i}, []byte{i}); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := (&databases{list: []*database{db}}).compact(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("a compaction that was called off: %v", err)
	}
}

// Settings that would leave too little are refused.
func TestPruneConfig(t *testing.T) {
	for p, want := range map[Prune]string{
		{}:                          "",
		{Blocks: 1000}:              "",
		{Blocks: 999}:               "prune.keep_blocks is 999",
		{Blocks: -1}:                "prune.keep_blocks is -1",
		{History: 5}:                "prune.keep_history is 5",
		{Blocks: 9e9, History: 1e6}: "",
	} {
		if err := p.check(); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", p, err, want)
		}
	}
}

package node

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
)

// again stops the node and starts it anew.
func (w *world) again() {
	w.t.Helper()
	if err := w.Stop(); err != nil {
		w.t.Fatal(err)
	}
	w.start()
}

// refuse expects that the node doesn't start, with these words.
func (w *world) refuse(words ...string) error {
	w.t.Helper()
	n, err := Start(w.c, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err == nil {
		_ = n.Stop()
		w.t.Fatal("it started")
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			w.t.Errorf("error %q, want %q in it", err, word)
		}
	}
	return err
}

func TestRestart(t *testing.T) {
	w := newWorld(t, 2)
	w.mint(100)
	tx := w.pay(0, 1)
	first := w.must(tx)
	w.again()
	if r := w.must(tx); r.Height != first.Height {
		t.Fatalf("height %d, was %d", r.Height, first.Height)
	}
	w.must(w.pay(0, 1))
	if a, _ := w.holding(w.people[0]); a != 98 {
		t.Fatalf("%d left", a)
	}
	w.refuse("another process runs in")
	if err := w.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := w.Stop(); err != nil {
		t.Fatal(err)
	}
	w.start()
}

// A node alone with its blocks makes the ledger anew.
func TestLedgerFromBlocks(t *testing.T) {
	w := newWorld(t, 2)
	w.mint(100)
	w.must(w.pay(0, 1))
	v := w.View()
	height, root := v.Height(), v.Root()
	v.Release()
	if err := w.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(w.c.Home, ledgerDir), filepath.Join(w.c.Home, "away")); err != nil {
		t.Fatal(err)
	}
	w.start()
	v = w.View()
	defer v.Release()
	if v.Height() < height || v.Height() == height && v.Root() != root {
		t.Fatalf("height %d, was %d", v.Height(), height)
	}
	if a, _ := w.holding(w.people[0]); a != 99 {
		t.Fatalf("%d left", a)
	}
}

// Without what the validator signed last, it could sign twice.
func TestValidatorState(t *testing.T) {
	w := newWorld(t, 2)
	w.mint(100)
	if err := w.Stop(); err != nil {
		t.Fatal(err)
	}
	signed := filepath.Join(w.c.Home, validatorLast)
	b, err := os.ReadFile(signed)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(signed); err != nil {
		t.Fatal(err)
	}
	w.refuse("what the validator signed last", "sign a height twice")
	if err := os.WriteFile(signed, b[:5], 0o600); err != nil {
		t.Fatal(err)
	}
	w.refuse("what the validator signed last", signed)
	if err := os.WriteFile(signed, b, 0o600); err != nil {
		t.Fatal(err)
	}

	w.start()
}

// A ledger that has seen more than the blocks has is somebody's mistake with a
// backup; it must not run.
func TestLedgerAheadOfBlocks(t *testing.T) {
	w := newWorld(t, 2)
	w.mint(100)
	if err := w.Stop(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"blockstore", "state", "evidence", "cs.wal"} {
		if err := os.RemoveAll(filepath.Join(w.c.Home, "data", name)); err != nil {
			t.Fatal(err)
		}
	}
	w.refuse("starting consensus", "from one backup")
	if err := os.RemoveAll(filepath.Join(w.c.Home, ledgerDir)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(w.c.Home, validatorLast), []byte(emptySigned), 0o600); err != nil {
		t.Fatal(err)
	}
	w.start()
}

// A stop under load answers everybody, soon, and what was answered stays.
func TestStopUnderLoad(t *testing.T) {
	w := newWorld(t, 4)
	w.mint(1_000_000)
	var wg sync.WaitGroup
	var mu sync.Mutex
	paid := int64(0)
	for i := range w.people {
		wg.Go(func() {
			for {
				for _, r := range w.send(w.people[i].tx(t, &pb.BurnRequest{Amount: eur(1)}), w.people[i].tx(t, &pb.BurnRequest{Amount: eur(1)})) {
					if r.Height > 0 && r.Result.Code == 0 {
						mu.Lock()
						paid++
						mu.Unlock()
						continue
					}
					if c := pb.Code(r.Result.Code); c != pb.Code_TIMED_OUT && c != pb.Code_BUSY {
						t.Errorf("answer %v", r)
					}
					return
				}
			}
		})
	}
	time.Sleep(300 * time.Millisecond)
	start := time.Now()
	if err := w.Stop(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("stopping took %s", took)
	}
	w.start()
	left := int64(0)
	for _, a := range w.people {
		n, _ := w.holding(a)
		left += n
	}
	if gone := 4_000_000 - left; gone < paid || gone > paid+8 {
		t.Fatalf("%d burnt, %d were acknowledged", gone, paid)
	}
}

// When consensus stops by itself, everybody hears of it.
func TestFailure(t *testing.T) {
	w := newWorld(t, 2)
	w.mint(100)
	watch := w.Watch(LagMax)
	f := func(step string) {
		if step == "execute" {
			panic("the disk is full")
		}
	}
	w.app.step.Store(&f)
	start := time.Now()
	w.want(pb.Code_TIMED_OUT, w.pay(0, 1))
	w.want(pb.Code_TIMED_OUT, w.pay(0, 1))
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("the answers took %s", took)
	}
	<-w.Failed()
	if err := w.Err(); !errors.Is(err, ErrFailed) || !strings.Contains(err.Error(), "the disk is full") {
		t.Errorf("error %v", err)
	}
	for range watch.Blocks() {
	}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	if _, err := w.Bundle(ctx, w.BlockHeight()+1); err == nil {
		t.Error("a proof came")
	}
	if err := w.Stop(); err != nil {
		t.Fatal(err)
	}
	w.start()
	w.must(w.pay(0, 1))
}

// After the chain stood still, no transaction runs at a time that is long past:
// a fact of the present would be refused as one of the future.
func TestTimeAfterStandstill(t *testing.T) {
	w := newWorld(t, 2)
	w.mint(100)
	if err := w.Stop(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(3500 * time.Millisecond)
	began := time.Now()
	w.start()
	if r := w.must(w.pay(0, 1)); r.Time.AsTime().Before(began) {
		t.Fatalf("it ran at %s, before the node was started again at %s", r.Time.AsTime(), began.UTC())
	}
}

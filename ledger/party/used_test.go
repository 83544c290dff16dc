package party

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

func TestCheckTime(t *testing.T) {
	w := newWorld(t)
	a := w.person()
	for name, row := range map[string]struct {
		chain string
		life  time.Duration
		want  pb.Code
	}{
		"now":           {testChain, 0, pb.Code_OK},
		"just over":     {testChain, -1, pb.Code_TX_EXPIRED},
		"longest":       {testChain, op.LifeMax, pb.Code_OK},
		"too long":      {testChain, op.LifeMax + 1, pb.Code_EXPIRY_TOO_FAR},
		"centuries":     {testChain, 280 * 365 * 24 * time.Hour, pb.Code_EXPIRY_TOO_FAR},
		"another chain": {"troth-main", -1, pb.Code_WRONG_CHAIN},
	} {
		b := w.body(a.id, &pb.SettleRequest{})
		b.ChainId, b.Expires = row.chain, in(w, row.life)
		if got := op.CodeOf(w.submit(b, a)); got != row.want {
			t.Errorf("%s: %s, want %s", name, got, row.want)
		}
	}
}

func TestUse(t *testing.T) {
	w := newWorld(t)
	a, b := w.person(), w.person()
	body := w.body(a.id, &pb.SettleRequest{})
	w.want(pb.Code_OK, w.submit(body, a))
	w.want(pb.Code_REPEATED, w.submit(body, a))
	again := w.body(a.id, &pb.TransferRequest{})
	again.Key = body.Key
	w.want(pb.Code_REPEATED, w.submit(again, a))
	of := w.body(b.id, &pb.SettleRequest{})
	of.Key = body.Key
	w.want(pb.Code_OK, w.submit(of, b))

	// The key is free once the minute is over in which its transaction expired,
	// here at 12:05:00, whether or not it was forgotten.
	w.later(5*time.Minute + 59*time.Second)
	again.Expires = in(w, time.Minute)
	w.want(pb.Code_REPEATED, w.submit(again, a))
	w.later(time.Second)
	w.want(pb.Code_OK, w.submit(again, a))
	w.want(pb.Code_REPEATED, w.submit(again, a))
}

// A refused transaction uses its key up as well: once in a block, a refusal is
// final.
func TestUseRefused(t *testing.T) {
	w := newWorld(t)
	a := w.person()
	body := w.body(a.id, &pb.ThawRequest{})
	w.want(pb.Code_WRONG_STATE, w.submit(body, a))
	w.want(pb.Code_REPEATED, w.submit(body, a))
}

func keyed(w *world, k uint64) *op.Tx {
	t := &op.Tx{Expires: w.now}
	binary.BigEndian.PutUint64(t.Once[:], k)
	return t
}

func TestSealUsed(t *testing.T) {
	digest := func(keys ...uint64) *pb.UsedMinute {
		w := newWorld(t)
		for _, k := range keys {
			Use(w.context(), keyed(w, k))
		}
		SealUsed(w.context())
		row, ok := UsedMinutes.Get(w.o, minuteKey(minuteOf(w.now)))
		if !ok {
			t.Fatal("no row")
		}
		return row
	}
	one, two, three := digest(1), digest(1, 2), digest(1, 3)
	if two.Count != 2 {
		t.Fatalf("%d keys counted, want 2", two.Count)
	}
	if bytes.Equal(one.Digest, two.Digest) || bytes.Equal(two.Digest, three.Digest) || !bytes.Equal(two.Digest, digest(1, 2).Digest) {
		t.Fatal("the digest does not tell lists apart")
	}
	if want := time.Date(2026, 3, 1, 12, 1, 0, 0, time.UTC); !two.Expires.AsTime().Equal(want) {
		t.Fatalf("due %s, want %s", two.Expires.AsTime(), want)
	}
}

// What commits to a minute's keys goes when the minute is over, and nothing of
// it is left to do.
func TestForgetMinute(t *testing.T) {
	w := newWorld(t)
	Use(w.context(), keyed(w, 1))
	SealUsed(w.context())
	w.later(59*time.Second + 999*time.Millisecond)
	if w.due() != 0 {
		t.Fatal("forgotten too early")
	}
	w.later(time.Millisecond)
	if w.due() == 0 || UsedMinutes.Has(w.o, minuteKey(minuteOf(w.now)-1)) {
		t.Fatal("not forgotten")
	}
	if at, ok := op.NextDue(w.o); ok {
		t.Fatalf("there is still work at %s", at)
	}
}

// Used keys that are not those the tree commits to are damage.
func TestVerifyUsed(t *testing.T) {
	for _, seal := range []bool{true, false} {
		w := newWorld(t)
		store, err := state.Open("", state.Options{InMemory: true})
		if err != nil {
			t.Fatal(err)
		}
		for height := range int64(3) {
			w.o = store.Begin()
			Use(w.context(), keyed(w, uint64(2*height)))
			Use(w.context(), keyed(w, uint64(2*height+1)))
			if seal || height == 0 {
				SealUsed(w.context())
			}
			store.Finalize(w.o, height+1)
			if err := store.Commit(nil); err != nil {
				t.Fatal(err)
			}
		}
		if err := VerifyUsed(store); (err == nil) != seal || err != nil && !errors.Is(err, state.ErrDamaged) {
			t.Errorf("sealed %t: %v", seal, err)
		}
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A chain that is behind with its work still commits to minutes that are over:
// their keys stay until it has come round to them, or its store would pass for
// damaged and its snapshots could not be restored.
func TestUsedBehind(t *testing.T) {
	w := newWorld(t)
	store, err := state.Open("", state.Options{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for height := range int64(4) {
		w.o = store.Begin()
		if height == 3 && w.due() == 0 {
			t.Fatal("nothing was due")
		}
		Use(w.context(), keyed(w, uint64(height)))
		SealUsed(w.context())
		store.Finalize(w.o, height+1)
		if err := store.Commit(nil); err != nil {
			t.Fatal(err)
		}
		if err := VerifyUsed(store); err != nil {
			t.Fatalf("height %d: %v", height+1, err)
		}
		w.later(2 * time.Minute)
	}
	for minute := range store.UsedRows(0) {
		if minute < minuteOf(w.now)-2 {
			t.Errorf("the keys of minute %d are there at %d", minute, minuteOf(w.now))
		}
	}
}

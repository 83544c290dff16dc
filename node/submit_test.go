package node

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

// A transaction runs once, however often and in whatever way it comes in, and
// every time its record is the same.
func TestSubmitAgain(t *testing.T) {
	w := newWorld(t, 2)
	w.mint(100)
	tx := w.pay(0, 30)
	first := w.must(tx)
	if again := w.must(tx); !proto.Equal(first, again) {
		t.Fatalf("first %v, again %v", first, again)
	}
	poor := w.pay(0, 1000)
	refused := w.want(pb.Code_INSUFFICIENT, poor)
	if refused.Height == 0 {
		t.Fatal("a refusal by the state is not final")
	}
	if again := w.want(pb.Code_INSUFFICIENT, poor); !proto.Equal(refused, again) {
		t.Fatalf("first %v, again %v", refused, again)
	}
	both := w.pay(1, 5)
	for i, r := range w.send(both, both, tx) {
		if r.Result.Code != 0 || r.Height == 0 {
			t.Errorf("%d: %v", i, r)
		}
	}
	if a, _ := w.holding(w.people[0]); a != 75 {
		t.Fatalf("%d left, want 75", a)
	}
	id, _ := hex.DecodeString(first.Id)
	if r := w.Record(op.ID(id)); !proto.Equal(r, first) {
		t.Fatalf("record %v, want %v", r, first)
	}
}

// Many submit the same at the same time, while blocks are made: nobody waits in
// vain, nobody hears REPEATED, and it happens once.
func TestSubmitTogether(t *testing.T) {
	w := newWorld(t, 2)
	w.mint(1000)
	for range 30 {
		tx := w.pay(0, 1)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if r := w.send(tx)[0]; r.Result.Code != 0 || r.Height == 0 {
					t.Errorf("answer %v", r)
				}
			})
		}
		wg.Wait()
	}
	if a, _ := w.holding(w.people[0]); a != 970 {
		t.Fatalf("%d left, want 970", a)
	}
	if n := w.asked(); n != 0 {
		t.Fatalf("%d still wait", n)
	}
}

func TestSubmitNoWait(t *testing.T) {
	w := newWorld(t, 2)
	w.mint(100)
	tx := w.pay(0, 1)
	r := w.Submit(context.Background(), [][]byte{tx}, false)[0]
	if r.Height != 0 || r.Result.Code != 0 || r.Party != w.people[0].id {
		t.Fatalf("answer %v", r)
	}
	if got := w.must(tx); got.Id != r.Id {
		t.Fatalf("id %s, was %s", got.Id, r.Id)
	}
}

func TestSubmitRefusals(t *testing.T) {
	w := newWorld(t, 2)
	w.mint(100)
	a := w.people[0]
	for _, row := range []struct {
		want pb.Code
		raw  []byte
	}{
		{pb.Code_WRONG_CHAIN, a.body(t, client.Body{ChainID: "another", Ops: []op.Message{w.transfer(0, 1)}})},
		{pb.Code_TX_EXPIRED, a.body(t, client.Body{Expires: time.Now().Add(-10 * time.Second), Ops: []op.Message{w.transfer(0, 1)}})},
		{pb.Code_EXPIRY_TOO_FAR, a.body(t, client.Body{Expires: time.Now().Add(48 * time.Hour), Ops: []op.Message{w.transfer(0, 1)}})},
		{pb.Code_BAD_SIGNATURE, forged(w.pay(0, 1))},
		{pb.Code_UNKNOWN_KEY, w.people[1].body(t, client.Body{Party: a.id, Ops: []op.Message{w.transfer(0, 1)}})},
		{pb.Code_TOO_LARGE, make([]byte, op.TxMax+1)},
		{pb.Code_INVALID, nil},
		{pb.Code_MALFORMED, []byte{0x0a, 0x7f}},
		{pb.Code_UNKNOWN_FIELD, append(w.pay(0, 1), 0x78, 1)},
	} {
		if r := w.want(row.want, row.raw); r.Height != 0 {
			t.Errorf("%s is in block %d", row.want, r.Height)
		}
	}
	key := []byte("the same key")
	w.must(a.body(t, client.Body{Key: key, Ops: []op.Message{w.transfer(0, 1)}}))
	w.want(pb.Code_REPEATED, a.body(t, client.Body{Key: key, Ops: []op.Message{w.transfer(0, 2)}}))
	if w.Waiting() != 0 {
		t.Fatalf("%d refused ones are still in the pool", w.Waiting())
	}
}

// forged spoils a transaction's signature, its last bytes.
func forged(raw []byte) []byte {
	out := bytes.Clone(raw)
	out[len(out)-1] ^= 1
	return out
}

// A stranger who learns of a body before it is submitted can sign it too, with
// a key that is not the party's. The door knows from the body who signs, so his
// takes no room in the pool and the party's own gets through.
func TestSubmitStrangersTwin(t *testing.T) {
	w := newWorld(t, 2)
	w.mint(100)
	release := hold(w)
	body, err := client.Body{ChainID: testChain, Party: w.people[0].id, Ops: []op.Message{w.transfer(0, 1)}}.Encode(w.people[0].key)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := client.Sign(body, w.people[1].key)
	if err != nil {
		t.Fatal(err)
	}
	ours, err := client.Sign(body, w.people[0].key)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() { w.must(ours) })
	waitFor(t, func() bool { return w.Waiting() == 1 })
	if r := w.want(pb.Code_BAD_SIGNATURE, theirs); r.Height != 0 || w.Waiting() != 1 {
		t.Errorf("the stranger's is in block %d, %d wait", r.Height, w.Waiting())
	}
	release()
	wg.Wait()
	if a, _ := w.holding(w.people[0]); a != 99 {
		t.Fatalf("%d left, want 99", a)
	}
}

// Who has used up the quota is told at once, and no blocks are made over it.
func TestSubmitQuota(t *testing.T) {
	w := newWorld(t, 2, func(_ *Config, g *pb.Genesis) {
		g.Params.QuotaPerMinute, g.Params.QuotaBurst = 1, 2
		g.Parties[1].QuotaPerMinute = 0
	})
	w.mint(100)
	w.must(w.pay(0, 1))
	w.must(w.pay(0, 1))
	height := w.BlockHeight()
	start := time.Now()
	for range 20 {
		if r := w.want(pb.Code_QUOTA, w.pay(0, 1)); r.Height != 0 {
			t.Fatalf("it is in block %d", r.Height)
		}
	}
	took := time.Since(start)
	if took > 2*time.Second {
		t.Errorf("20 refusals took %s", took)
	}
	if made := w.BlockHeight() - height; made > int64(took/w.c.Block.Idle)+4 {
		t.Errorf("%d blocks were made in %s for nothing", made, took)
	}
}

// BlockHeight is the last committed height.
func (w *world) BlockHeight() int64 {
	v := w.View()
	defer v.Release()
	return v.Height()
}

func TestSubmitPoolFull(t *testing.T) {
	w := newWorld(t, 2, func(c *Config, _ *pb.Genesis) { c.Pool.Txs = 10 })
	w.mint(100)
	release := hold(w)
	for range 10 {
		w.Submit(context.Background(), [][]byte{w.pay(0, 1)}, false)
	}
	if w.Waiting() != 10 {
		t.Fatalf("%d in the pool, want 10", w.Waiting())
	}
	r := w.want(pb.Code_BUSY, w.pay(0, 1))
	release()
	if r.Height != 0 {
		t.Fatalf("BUSY in block %d", r.Height)
	}
	waitFor(t, func() bool { return w.Waiting() == 0 })
	w.must(w.pay(1, 1))
}

// hold stops the node before it proposes, until the returned function is called.
func hold(w *world) (release func()) { return holdAt(w, "propose") }

func holdAt(w *world, where string) (release func()) {
	gate := make(chan struct{})
	f := func(step string) {
		if step == where {
			<-gate
		}
	}
	w.app.step.Store(&f)
	release = sync.OnceFunc(func() { close(gate) })
	w.t.Cleanup(release) // a failed test must not keep the node from stopping
	return release
}

func TestSubmitGivesUp(t *testing.T) {
	w := newWorld(t, 2)
	w.mint(100)
	release := hold(w)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	tx := w.pay(0, 1)
	if r := w.Submit(ctx, [][]byte{tx}, true)[0]; pb.Code(r.Result.Code) != pb.Code_TIMED_OUT {
		t.Fatalf("answer %v", r)
	}
	release()
	w.must(tx)
	if n := w.asked(); n != 0 {
		t.Fatalf("%d still wait", n)
	}
}

// Peers hand in transactions one way and fetch them another.
func TestGossip(t *testing.T) {
	w := newWorld(t, 2)
	w.mint(100)
	release := hold(w)
	defer release()
	tx := w.pay(0, 1)
	in, err := w.app.InsertTx(context.Background(), insert(tx))
	if err != nil || in.Code != 0 {
		t.Fatalf("%v, %v", in, err)
	}
	junk := make([]byte, 100)
	_, _ = rand.Read(junk)
	for _, raw := range [][]byte{forged(w.pay(0, 1)), junk} {
		if in, err := w.app.InsertTx(context.Background(), insert(raw)); err != nil || in.Code != 0 {
			t.Fatalf("%v, %v", in, err)
		}
	}
	waitFor(t, func() bool { return w.Waiting() == 1 })
	time.Sleep(20 * time.Millisecond)
	if w.Waiting() != 1 {
		t.Fatalf("%d in the pool, want the good one", w.Waiting())
	}
}

// waitFor waits until ok, ten seconds at most.
func waitFor(t testing.TB, ok func() bool) {
	t.Helper()
	for range 5000 {
		if ok() {
			return
		}
		time.Sleep(2 * time.Millisecond)
	}
	t.Fatal("it didn't happen in ten seconds")
}

package party

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

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

func TestRemember(t *testing.T) {
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

	want, err := sign(body, a)
	if err != nil {
		t.Fatal(err)
	}
	if tx, ok := SeenTx(w.o, a.id, body.Key); !ok || !bytes.Equal(tx, want.ID[:]) {
		t.Fatalf("SeenTx: %x %v", tx, ok)
	}

	// The key is free once its transaction can't run any more, whether or not
	// it has been forgotten.
	w.later(5 * time.Minute)
	again.Expires = in(w, 2*time.Minute)
	w.want(pb.Code_REPEATED, w.submit(again, a))
	w.later(1)
	again.Expires = in(w, 2*time.Minute)
	w.want(pb.Code_OK, w.submit(again, a))
	w.later(time.Minute)
	w.due()
	w.want(pb.Code_REPEATED, w.submit(again, a))
	w.later(2 * time.Minute)
	w.due()
	if _, ok := SeenTx(w.o, a.id, body.Key); ok {
		t.Fatal("not forgotten")
	}
	if at, ok := op.NextDue(w.o); ok {
		t.Fatalf("there is still work at %s", at)
	}
}

// A refused transaction uses its key up as well: once in a block, a refusal is
// final.
func TestRememberRefused(t *testing.T) {
	w := newWorld(t)
	a := w.person()
	body := w.body(a.id, &pb.ThawRequest{})
	w.want(pb.Code_WRONG_STATE, w.submit(body, a))
	w.want(pb.Code_REPEATED, w.submit(body, a))
}

func TestSeenMinutesCommit(t *testing.T) {
	digest := func(keys ...uint64) *pb.Seen {
		w := newWorld(t)
		for _, k := range keys {
			tx := &op.Tx{ID: op.ID{byte(k)}, Expires: w.now, Body: &pb.TxBody{Party: "p", Key: binary.BigEndian.AppendUint64(nil, k)}}
			w.want(pb.Code_OK, Remember(w.context(), tx))
		}
		row, ok := SeenMinutes.Get(w.o, minuteKey(minuteOf(w.now)))
		if !ok {
			t.Fatal("no row")
		}
		return row
	}
	one, two, three := digest(1), digest(1, 2), digest(1, 3)
	if len(two.Tx) != 40 || binary.BigEndian.Uint64(two.Tx[32:]) != 2 {
		t.Fatalf("%x does not count 2", two.Tx)
	}
	if bytes.Equal(one.Tx[:32], two.Tx[:32]) || bytes.Equal(two.Tx, three.Tx) || !bytes.Equal(two.Tx, digest(1, 2).Tx) {
		t.Fatal("the digest does not tell lists apart")
	}
	if want := time.Date(2026, 3, 1, 12, 1, 0, 0, time.UTC); !two.Expires.AsTime().Equal(want) {
		t.Fatalf("due %s, want %s", two.Expires.AsTime(), want)
	}
}

// Much to forget is forgotten in steps, each in a later block.
func TestForgetInSteps(t *testing.T) {
	w := newWorld(t)
	const n = 2*forgetStep + 1
	for i := range n {
		tx := &op.Tx{Expires: w.now, Body: &pb.TxBody{Party: "p", Key: binary.BigEndian.AppendUint64(nil, uint64(i))}}
		w.want(pb.Code_OK, Remember(w.context(), tx))
	}
	left := func() (n int) {
		for range seenByMinute.Keys(w.o, "", "") {
			n++
		}
		return n
	}
	w.later(59*time.Second + 999*time.Millisecond)
	if w.due() != 0 || left() != n {
		t.Fatal("forgotten too early")
	}
	w.later(time.Millisecond)
	var seen []int
	for range 4 {
		w.due()
		seen = append(seen, left())
		w.later(forgetPause)
	}
	if want := []int{forgetStep + 1, 1, 0, 0}; !slices.Equal(seen, want) {
		t.Fatalf("left %v, want %v", seen, want)
	}
	if SeenMinutes.Has(w.o, minuteKey(minuteOf(w.now)-1)) {
		t.Fatal("the minute's row is still there")
	}
}

func TestSeenRowsNeverEmpty(t *testing.T) {
	if len(state.Encode(&pb.Seen{Expires: timestamppb.New(time.Unix(0, 0))})) == 0 {
		t.Fatal("a seen row can be empty")
	}
}

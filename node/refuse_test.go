package node

import (
	"testing"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

// A transaction that came to the pool once more while its block settled, and has
// expired since, is answered with its record: it is final.
func TestRefuseWhatIsFinal(t *testing.T) {
	w := newWorld(t, 2)
	w.mint(100)
	raw := w.pay(0, 1)
	w.must(raw)
	tx, err := op.Decode(raw)
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range []pb.Code{pb.Code_TX_EXPIRED, pb.Code_REPEATED} {
		x := &waiter{ch: make(chan *pb.TxRecord, 1), raw: raw, tx: tx}
		if !w.app.hub.wait(x) {
			t.Fatal("the node has stopped")
		}
		w.app.refuse(&pooled{raw: raw, tx: tx}, true, op.Errorf(code, "too late"))
		if r := <-x.ch; r.Height == 0 || r.Result.Code != 0 {
			t.Errorf("%s: %v", code, r)
		}
	}
}

// One that comes to the pool again while the block that has it is written is
// answered with its record too, and not before there is one.
func TestRefuseWhatIsWritten(t *testing.T) {
	w := newWorld(t, 2)
	w.mint(100)
	raw := w.pay(0, 1)
	tx, err := op.Decode(raw)
	if err != nil {
		t.Fatal(err)
	}
	first, release := w.holdWritten(raw)
	again := &waiter{ch: make(chan *pb.TxRecord, 1), raw: raw, tx: tx}
	if !w.app.hub.wait(again) {
		t.Fatal("the node has stopped")
	}
	done := make(chan struct{})
	go func() {
		w.app.refuse(&pooled{raw: raw, tx: tx}, true, op.Errorf(pb.Code_TX_EXPIRED, "too late"))
		close(done)
	}()
	select {
	case r := <-again.ch:
		t.Fatalf("answered before the block is written: %v", r)
	case <-time.After(200 * time.Millisecond):
	}
	release()
	<-done
	for _, ch := range []<-chan *pb.TxRecord{first, again.ch} {
		if r := <-ch; r.Height == 0 || r.Result.Code != 0 {
			t.Errorf("%v", r)
		}
	}
}

package api_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/troth-ledger/troth/api"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/gen/pb/pbconnect"
	"github.com/troth-ledger/troth/internal/testnode"
	"github.com/troth-ledger/troth/node"
)

// TestLongStream: a stream outlives the time in which a request must have
// arrived, and shows that it lives.
func TestLongStream(t *testing.T) {
	api.Hurry(t, 300*time.Millisecond, 50*time.Millisecond)
	n := testnode.Start(t)
	w := watch(t, n, &pb.WatchRequest{Ids: []string{n.Ben.Party}, Tables: []string{"holdings"}})
	beats := 0
	for start := time.Now(); time.Since(start) < time.Second; beats++ {
		if !w.Receive() || w.Msg().Height != 0 {
			t.Fatalf("%v, %v", w.Msg(), w.Err())
		}
	}
	if beats < 5 {
		t.Errorf("%d signs of life in a second", beats)
	}
	if rec := pay(t, n, 1); next(t, w).Height != rec.Height {
		t.Error("another height came")
	}
}

// TestSlowRequest: who doesn't send the request doesn't keep the connection.
func TestSlowRequest(t *testing.T) {
	api.Hurry(t, 200*time.Millisecond, time.Second)
	n := testnode.Start(t)
	c, err := net.Dial("tcp", strings.TrimPrefix(n.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprint(c, "POST /troth.v1.Ledger/GetStatus HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
	_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
	b := make([]byte, 1<<10)
	for {
		if _, err := c.Read(b); err != nil {
			if e, ok := err.(net.Error); ok && e.Timeout() {
				t.Error("the connection is still open after 5 s")
			}
			return
		}
	}
}

// TestSlowWatcher: a client that doesn't read is cut off, and delays nobody.
func TestSlowWatcher(t *testing.T) {
	n := testnode.Start(t, func(c *node.Config) { c.Block.Idle = 10 * time.Millisecond })
	// Compressed, these statements are hardly larger than a letter.
	n.API = pbconnect.NewLedgerClient(http.DefaultClient, n.URL, connect.WithAcceptCompression("gzip", nil, nil))
	w := watch(t, n, &pb.WatchRequest{Tables: []string{"facts"}})
	// What fills the sockets between, and then more blocks than may wait.
	var txs [][]byte
	for i := range 120 {
		tx, err := n.Carrier.Prepare(&pb.SubmitFactRequest{Statements: large(i)})
		if err != nil {
			t.Fatal(err)
		}
		txs = append(txs, tx)
	}
	r, err := n.API.Submit(t.Context(), connect.NewRequest(&pb.SubmitRequest{Txs: txs, Timeout: durationpb.New(time.Minute)}))
	if err != nil || r.Msg.Txs[119].Result.Code != 0 {
		t.Fatalf("%v, %v", err, r)
	}
	filled := n.Height()
	for start := time.Now(); n.Height() < filled+270; time.Sleep(20 * time.Millisecond) {
		if time.Since(start) > 28*time.Second {
			t.Skipf("the machine is too busy: %d blocks in 28 s", n.Height()-filled)
		}
	}
	for w.Receive() {
	}
	if d := detail(t, w.Err()); d.Code != pb.Code_BUSY {
		t.Fatal(w.Err())
	}
}

// large are statements that nearly fill a transaction.
func large(i int) (out []*pb.Statement) {
	for j := range 13 {
		st := &pb.Statement{Subject: "parcel:1", Kind: "scan", At: now(), Reference: fmt.Sprint("large", i, "-", j)}
		for k := range 16 {
			st.Values = append(st.Values, &pb.NamedValue{Name: fmt.Sprint("v", k), Value: &pb.Value{Value: &pb.Value_String_{String_: strings.Repeat("x", 250)}}})
		}
		out = append(out, st)
	}
	return out
}

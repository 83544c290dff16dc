package api_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"connectrpc.com/connect"

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
	api.Lag(t, node.Lag{Blocks: 2, Bytes: 1 << 30})
	n := testnode.Start(t)
	// What it doesn't read fits into small buffers only.
	dialer := &net.Dialer{Control: func(_, _ string, c syscall.RawConn) (err error) {
		return errors.Join(c.Control(func(fd uintptr) {
			err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4<<10)
		}), err)
	}}
	lazy := &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext}}
	n.API = pbconnect.NewLedgerClient(lazy, n.URL, connect.WithAcceptCompression("gzip", nil, nil))
	w := watch(t, n, &pb.WatchRequest{Tables: []string{"facts"}})
	// More than the kernel takes for a connection, a block each.
	var slowest time.Duration
	for i := range 80 {
		start := time.Now()
		if _, err := n.Carrier.Do(t.Context(), &pb.SubmitFactRequest{Statements: large(i)}); err != nil {
			t.Fatal(err)
		}
		slowest = max(slowest, time.Since(start))
	}
	if slowest > 5*time.Second {
		t.Errorf("a transaction took %s beside a client that doesn't read", slowest)
	}
	blocks := 0
	for w.Receive() {
		if w.Msg().Height > 0 {
			blocks++
		}
	}
	if d := detail(t, w.Err()); d.Code != pb.Code_BUSY || blocks >= 80 {
		t.Fatalf("%v after %d blocks", w.Err(), blocks)
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

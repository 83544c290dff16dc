package client_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/internal/testnode"
)

// relay stands before a node and can cut what goes through it.
type relay struct {
	url  string
	fail atomic.Int32 // how many requests to fail after the node had them
	seen atomic.Int32
	ln   net.Listener
	srv  *http.Server
	to   *httputil.ReverseProxy
}

func newRelay(t *testing.T, node string) *relay {
	t.Helper()
	u, err := url.Parse(node)
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{to: &httputil.ReverseProxy{FlushInterval: -1, Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(u) },
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }}}
	r.listen(t, "127.0.0.1:0")
	r.url = "http://" + r.ln.Addr().String()
	t.Cleanup(func() { _ = r.srv.Close() })
	return r
}

func (r *relay) listen(t *testing.T, addr string) {
	t.Helper()
	var err error
	if r.ln, err = net.Listen("tcp", addr); err != nil {
		t.Fatal(err)
	}
	r.srv = &http.Server{Handler: r}
	go func() { _ = r.srv.Serve(r.ln) }()
}

func (r *relay) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if !strings.HasSuffix(req.URL.Path, "/Submit") {
		r.to.ServeHTTP(w, req)
		return
	}
	r.seen.Add(1)
	if r.fail.Add(-1) >= 0 {
		// The node gets it; its answer is lost.
		r.to.ServeHTTP(discard{http.Header{}}, req)
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = conn.Close()
		}
		return
	}
	r.to.ServeHTTP(w, req)
}

// discard is where an answer is lost.
type discard struct{ h http.Header }

func (d discard) Header() http.Header         { return d.h }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

func TestClient(t *testing.T) {
	n := testnode.Start(t)
	t.Run("submit again", func(t *testing.T) { submitAgain(t, n) })
	t.Run("watch", func(t *testing.T) { watchAgain(t, n) })
	t.Run("directory", func(t *testing.T) { directory(t, n) })
}

// submitAgain: the money moves once, though the answer is lost twice.
func submitAgain(t *testing.T, n *testnode.Node) {
	r := newRelay(t, n.URL)
	w := *n.Ada
	w.API = client.Dial(r.url)
	before, err := n.Ben.Holding(t.Context(), testnode.EUR)
	if err != nil {
		t.Fatal(err)
	}
	r.fail.Store(2)
	rec, err := w.Do(t.Context(), &pb.TransferRequest{To: n.Ben.Party, Amount: testnode.Euros(5)})
	if err != nil || rec.Height == 0 {
		t.Fatalf("%v, %v", rec, err)
	}
	after, err := n.Ben.Holding(t.Context(), testnode.EUR)
	if err != nil || after.Available != before.Available+5 || r.seen.Load() != 3 {
		t.Errorf("Ben had %d and has %d, after %d attempts, %v", before.Available, after.Available, r.seen.Load(), err)
	}
	// What is wrong stays wrong: no second attempt.
	_, err = w.Do(t.Context(), &pb.TransferRequest{To: n.Ben.Party, Amount: testnode.Euros(1 << 50)})
	var refused *client.Refusal
	if !errors.As(err, &refused) || client.CodeOf(err) != pb.Code_INSUFFICIENT || r.seen.Load() != 4 {
		t.Errorf("%v after %d attempts", err, r.seen.Load())
	}
	// Nobody there: it gives up when the time is over.
	w.API, w.Timeout = client.Dial("127.0.0.1:1"), 300*time.Millisecond
	start := time.Now()
	if _, err := w.Do(t.Context(), &pb.TransferRequest{To: n.Ben.Party, Amount: testnode.Euros(1)}); connect.CodeOf(err) != connect.CodeUnavailable || time.Since(start) > 5*time.Second {
		t.Errorf("%v after %s", err, time.Since(start))
	}
}

// watchAgain: a watcher outlives its connection, and says so.
func watchAgain(t *testing.T, n *testnode.Node) {
	r := newRelay(t, n.URL)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var payments sync.WaitGroup
	defer payments.Wait()
	pay := func() {
		if _, err := n.Ada.Do(t.Context(), &pb.TransferRequest{To: n.Ben.Party, Amount: testnode.Euros(1)}); err != nil {
			t.Error(err)
		}
	}
	changes, resumed := 0, 0
	for e, err := range client.Watch(ctx, client.Dial(r.url), []string{n.Ben.Party}, []string{"holdings"}) {
		if err != nil {
			t.Fatal(err)
		}
		changes += len(e.Changes)
		switch {
		case e.Resumed:
			resumed++
			payments.Go(pay)
		case len(e.Changes) == 0:
			payments.Go(pay)
		case resumed == 0:
			// The connection goes, and the node is back a little later.
			addr := r.ln.Addr().String()
			_ = r.srv.Close()
			time.AfterFunc(200*time.Millisecond, func() { r.listen(t, addr) })
		default:
			cancel()
		}
		if ctx.Err() != nil {
			break
		}
	}
	if changes != 2 || resumed != 1 {
		t.Errorf("%d changes, resumed %d times", changes, resumed)
	}
}

func directory(t *testing.T, n *testnode.Node) {
	d := client.NewDirectory(n.API)
	if id, err := d.Party(t.Context(), "@shop"); err != nil || id != n.Shop.Party || d.Name(t.Context(), id) != "@shop" {
		t.Errorf("%s, %v", id, err)
	}
	if _, err := d.Party(t.Context(), "@shpo"); err == nil || !strings.Contains(err.Error(), "did you mean @shop?") {
		t.Error(err)
	}
	if a, err := d.Amount(t.Context(), "1.5 EUR@bank"); err != nil || a.Units != 150 || d.Format(t.Context(), 150, a.Asset) != "1.50 EUR@bank" {
		t.Errorf("%v, %v", a, err)
	}
	var res pb.GetPartyResponse
	conn := client.NewConn(n.URL)
	if err := conn.Call(t.Context(), "GetParty", &pb.GetRequest{Id: "@shop"}, &res); err != nil || res.Party.Id != n.Shop.Party {
		t.Errorf("%v, %v", res.Party, err)
	}
	if err := conn.Call(t.Context(), "GetPool", &pb.GetRequest{Id: "pl_x"}, &pb.GetPoolResponse{}); client.CodeOf(err) != pb.Code_NOT_FOUND {
		t.Error(err)
	}
}

package api_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/api"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/internal/testnode"
	"github.com/troth-ledger/troth/node"
)

// TestCaller: who a request is counted for.
func TestCaller(t *testing.T) {
	for _, c := range []struct {
		remote  string
		headers []string
		want    string
		free    bool
	}{
		{"192.0.2.7:1", nil, "192.0.2.7/32", false},
		{"192.0.2.7:1", []string{"198.51.100.1"}, "192.0.2.7/32", false}, // no proxy of ours
		{"10.0.0.1:1", []string{"198.51.100.1"}, "198.51.100.1/32", false},
		{"10.0.0.1:1", []string{"203.0.113.9, 198.51.100.1"}, "198.51.100.1/32", false}, // the first is anybody's word
		{"10.0.0.1:1", []string{"203.0.113.9", "198.51.100.1, 10.0.0.2"}, "198.51.100.1/32", false},
		{"10.0.0.1:1", nil, "10.0.0.1/32", false},
		{"10.0.0.1:1", []string{"nonsense"}, "10.0.0.1/32", false},
		{"[2001:db8:1:2:3::4]:1", nil, "2001:db8:1:2::/64", false},
		{"[::ffff:192.0.2.7]:1", nil, "192.0.2.7/32", false},
		{"127.0.0.1:1", nil, "127.0.0.1/32", true},
		{"10.0.0.1:1", []string{"127.0.0.1"}, "127.0.0.1/32", true},
		{"pipe", nil, "invalid Prefix", false},
	} {
		if got, free := api.CallerOf(t, c.remote, c.headers); got != c.want || free != c.free {
			t.Errorf("%s %q: %s, %v", c.remote, c.headers, got, free)
		}
	}
}

// limited are limits that apply to the test's own address.
func limited(change func(*node.Config)) func(*node.Config) {
	return func(c *node.Config) {
		c.Limits.Exempt = nil
		change(c)
	}
}

// TestRequestLimit: who asks too often is told when to come again, by a number, a
// header and a detail.
func TestRequestLimit(t *testing.T) {
	n := testnode.Start(t)
	n.Restart(limited(func(c *node.Config) { c.Limits.Requests = 1 }))
	var err error
	for range 20 {
		if _, err = n.API.GetStatus(t.Context(), connect.NewRequest(&pb.GetStatusRequest{})); err != nil {
			break
		}
	}
	var e *connect.Error
	if !errors.As(err, &e) || e.Code() != connect.CodeResourceExhausted {
		t.Fatalf("%v", err)
	}
	if d := detail(t, err); d.Code != pb.Code_RATE_LIMITED {
		t.Errorf("%v", d)
	}
	if e.Meta().Get("Retry-After") != "1" {
		t.Errorf("header %v", e.Meta())
	}
	// What isn't Connect's.
	res, err := http.Get(n.URL + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if b, _ := io.ReadAll(res.Body); res.StatusCode != http.StatusTooManyRequests || res.Header.Get("Retry-After") == "" || !strings.Contains(string(b), "RATE_LIMITED") {
		t.Errorf("%s %s %v", res.Status, b, res.Header)
	}
	time.Sleep(1100 * time.Millisecond)
	if _, err := n.API.GetStatus(t.Context(), connect.NewRequest(&pb.GetStatusRequest{})); err != nil {
		t.Errorf("after the wait: %v", err)
	}
}

// TestTransactionLimit: a bad signature costs its sender more than a good one.
func TestTransactionLimit(t *testing.T) {
	n := testnode.Start(t)
	n.Restart(limited(func(c *node.Config) { c.Limits.Requests, c.Limits.Txs = 0, 1 }))
	submit := func(txs ...[]byte) error {
		_, err := n.API.Submit(t.Context(), connect.NewRequest(&pb.SubmitRequest{Txs: txs, NoWait: true}))
		return err
	}
	bad := func() []byte {
		raw, err := n.Ada.Prepare(&pb.ThawRequest{})
		if err != nil {
			t.Fatal(err)
		}
		raw[len(raw)-1] ^= 1
		return raw
	}
	// 2,000 may come at once; each of these is counted as fifty.
	for i := range 100 {
		if err := submit(bad()); err != nil {
			if d := detail(t, err); d.Code != pb.Code_RATE_LIMITED || i < 30 {
				t.Fatalf("after %d: %v", i, err)
			}
			return
		}
	}
	t.Fatal("100 bad signatures were verified")
}

// safeBuffer is a buffer for a log that several goroutines write.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// TestRequestLog: each request has a line, and nothing that was sent is in it but
// what it asked for and the id it gave itself.
func TestRequestLog(t *testing.T) {
	const secret = "correct-horse-battery"
	n := testnode.Start(t)
	var log safeBuffer
	n.LogTo(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	n.Restart()
	pay(t, n, 1)
	for _, c := range []struct{ method, path, body string }{
		{"POST", "/troth.v1.Ledger/GetParty?token=" + secret, `{"id": "` + secret + `"}`},
		{"POST", "/troth.v1.Ledger/" + secret, `{}`},
		{"POST", "/troth.v1.Ledger/GetStatus", `{"` + secret + `": 1}`},
		{"GET", "/" + secret, ""},
		{"POST", "/hooks/" + secret, secret},
		{"GET", "/operator/webhooks/" + secret + "/dead", ""},
	} {
		req, err := http.NewRequestWithContext(t.Context(), c.method, n.URL+c.path, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer "+secret)
		req.Header.Set("X-Request-Id", "request-7")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
	}
	n.Stop()
	text := log.String()
	if strings.Contains(text, secret) {
		for line := range strings.Lines(text) {
			if strings.Contains(line, secret) {
				t.Errorf("the log has the secret: %s", line)
			}
		}
	}
	for _, want := range []string{"request_id=request-7 procedure=GetParty code=NOT_FOUND took=", "procedure=other", "procedure=GetStatus code=UNKNOWN_FIELD",
		"procedure=/hooks/{name} code=NOT_FOUND", "procedure=/operator/webhooks/{name}/dead code=BAD_SIGNATURE", "address=127.0.0.1", "bytes_out=", "msg=block"} {
		if !strings.Contains(text, want) {
			t.Errorf("the log has no %q", want)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

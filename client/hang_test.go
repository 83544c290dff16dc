package client_test

import (
	"context"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/client/keyfile"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/gen/pb/pbconnect"
	"github.com/troth-ledger/troth/ledger/sig"
)

// slowNode accepts every connection, and answers each attempt to submit as late
// as it is told; those it isn't told about, never.
type slowNode struct {
	pbconnect.UnimplementedLedgerHandler
	alive context.Context
	late  []time.Duration

	mu    sync.Mutex
	asked []time.Duration // how long it was asked to wait
}

func (s *slowNode) Submit(_ context.Context, r *connect.Request[pb.SubmitRequest]) (*connect.Response[pb.SubmitResponse], error) {
	s.mu.Lock()
	s.asked = append(s.asked, r.Msg.Timeout.AsDuration())
	i := len(s.asked) - 1
	s.mu.Unlock()
	var answer <-chan time.Time
	if i < len(s.late) {
		answer = time.After(s.late[i])
	}
	select {
	case <-answer:
		return connect.NewResponse(&pb.SubmitResponse{Txs: []*pb.TxRecord{{Height: 7, Result: &pb.TxResult{}}}}), nil
	case <-s.alive.Done(): // the caller's deadline is nothing to a node that hangs
		return nil, context.Canceled
	}
}

// TestHang: a node that accepts a connection and hangs holds Submit a little
// longer than it was asked to wait, and no longer.
func TestHang(t *testing.T) {
	const never = time.Hour
	for name, c := range map[string]struct {
		timeout time.Duration
		late    []time.Duration
		took    time.Duration
		asked   []time.Duration
		good    bool
	}{
		"for good":             {timeout: 10 * time.Second, took: 15 * time.Second, asked: []time.Duration{10 * time.Second}},
		"as long as asked":     {timeout: 10 * time.Second, late: []time.Duration{12 * time.Second}, took: 12 * time.Second, asked: []time.Duration{10 * time.Second}, good: true},
		"on the first attempt": {timeout: 2 * time.Minute, late: []time.Duration{never, time.Second}, took: 66*time.Second + 50*time.Millisecond, asked: []time.Duration{time.Minute, 55*time.Second - 50*time.Millisecond}, good: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &slowNode{late: c.late}
				w, stop := s.wallet(t)
				defer stop()
				w.Timeout = c.timeout
				tx, err := w.Prepare(&pb.TransferRequest{To: w.Party, Amount: &pb.Amount{Asset: "EUR@bank", Units: 1}})
				if err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				r, err := w.Submit(t.Context(), tx)
				if took := time.Since(start); took != c.took {
					t.Errorf("it took %s, want %s", took, c.took)
				}
				s.mu.Lock()
				defer s.mu.Unlock()
				if !slices.Equal(s.asked, c.asked) {
					t.Errorf("asked to wait %v, want %v", s.asked, c.asked)
				}
				if c.good {
					if err != nil || r.Height != 7 {
						t.Errorf("%v, %v", r, err)
					}
					return
				}
				id, _ := client.ID(tx)
				if connect.CodeOf(err) != connect.CodeDeadlineExceeded || !client.Transient(err) || !strings.Contains(err.Error(), id+" may still become final") {
					t.Errorf("%v", err)
				}
			})
		})
	}
}

// TestHangCaller: the caller's own deadline is the caller's to explain.
func TestHangCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slowNode{}
		w, stop := s.wallet(t)
		defer stop()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		start := time.Now()
		_, err := w.Do(ctx, &pb.TransferRequest{To: w.Party, Amount: &pb.Amount{Asset: "EUR@bank", Units: 1}})
		if time.Since(start) != 3*time.Second || connect.CodeOf(err) != connect.CodeDeadlineExceeded || strings.Contains(err.Error(), "no answer") {
			t.Errorf("%v after %s", err, time.Since(start))
		}
	})
}

// TestPatience: a call without a deadline is given up by whoever asked for that, and what
// was handed in may still count.
func TestPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slowNode{}
		w, stop := s.wallet(t, client.WithPatience(30*time.Second))
		defer stop()
		tx, err := w.Prepare(&pb.TransferRequest{To: w.Party, Amount: &pb.Amount{Asset: "EUR@bank", Units: 1}})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		_, err = w.API.Submit(t.Context(), connect.NewRequest(&pb.SubmitRequest{Txs: [][]byte{tx}, NoWait: true}))
		id, _ := client.ID(tx)
		if time.Since(start) != 30*time.Second || connect.CodeOf(err) != connect.CodeDeadlineExceeded || !strings.Contains(err.Error(), id+" may still become final") {
			t.Errorf("%v after %s", err, time.Since(start))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start = time.Now()
		_, err = w.API.Submit(ctx, connect.NewRequest(&pb.SubmitRequest{Txs: [][]byte{tx}, NoWait: true}))
		if time.Since(start) != time.Minute || strings.Contains(err.Error(), "no answer") {
			t.Errorf("with a deadline of its own: %v after %s", err, time.Since(start))
		}
	})
}

// wallet is one on the node, over pipes: what goes over a socket can't be in a
// bubble with a clock of its own.
func (s *slowNode) wallet(t *testing.T, options ...connect.ClientOption) (w *client.Wallet, stop func()) {
	key, err := keyfile.Generate(sig.Ed25519, "", "")
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(pbconnect.NewLedgerHandler(s))
	var end context.CancelFunc
	s.alive, end = context.WithCancel(context.Background())
	srv := &http.Server{Handler: mux}
	l := pipes{conns: make(chan net.Conn), ended: s.alive}
	go func() { _ = srv.Serve(l) }()
	transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		l.conns <- theirs
		return ours, nil
	}}
	party := client.PartyID(key.Scheme(), key.Public(), make([]byte, 16), "")
	w = &client.Wallet{API: pbconnect.NewLedgerClient(&http.Client{Transport: transport}, "http://node", options...), ChainID: "made-up", Party: party, Keys: []keyfile.Signer{key}}
	return w, func() {
		end()
		transport.CloseIdleConnections()
		_ = srv.Close()
	}
}

// pipes is a listener whose connections are pipes.
type pipes struct {
	conns chan net.Conn
	ended context.Context
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.ended.Done():
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error { return nil }

func (p pipes) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "pipe" }

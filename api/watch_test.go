package api_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/internal/testnode"
	"github.com/troth-ledger/troth/node"
)

func onlyOrigin(origin string) func(*node.Config) {
	return func(c *node.Config) { c.API.Origins = []string{origin} }
}

type stream = connect.ServerStreamForClient[pb.WatchResponse]

func watch(t *testing.T, n *testnode.Node, m *pb.WatchRequest) *stream {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	w, err := n.API.Watch(ctx, connect.NewRequest(m))
	if err != nil {
		t.Fatal(err)
	}
	if !w.Receive() {
		t.Fatal(w.Err())
	}
	t.Cleanup(func() { cancel(); _ = w.Close() })
	return w
}

// next skips signs of life.
func next(t *testing.T, w *stream) *pb.WatchResponse {
	t.Helper()
	for w.Receive() {
		if w.Msg().Height > 0 {
			return w.Msg()
		}
	}
	t.Fatalf("the stream ended: %v", w.Err())
	return nil
}

func pay(t *testing.T, n *testnode.Node, cents int64) *pb.TxRecord {
	t.Helper()
	r, err := n.Ada.Do(t.Context(), &pb.TransferRequest{To: n.Ben.Party, Amount: testnode.Euros(cents)})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func say(t *testing.T, n *testnode.Node, subject, reference string) *pb.TxRecord {
	t.Helper()
	r, err := n.Carrier.Do(t.Context(), &pb.SubmitFactRequest{Statements: []*pb.Statement{
		{Subject: subject, Kind: "scan", At: now(), Reference: reference}}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestWatchFilters: by party, by subject, by handle, by table.
func TestWatchFilters(t *testing.T) {
	n := testnode.Start(t)
	ben := watch(t, n, &pb.WatchRequest{Ids: []string{n.Ben.Party}, Tables: []string{"holdings"}})
	parcel := watch(t, n, &pb.WatchRequest{Ids: []string{"parcel:7"}})
	carrier := watch(t, n, &pb.WatchRequest{Ids: []string{"@carrier"}, Tables: []string{"facts"}})
	all := watch(t, n, &pb.WatchRequest{})
	paid := pay(t, n, 5)
	if m := next(t, ben); m.Height != paid.Height || len(m.Changes) != 1 || m.Changes[0].Id != n.Ben.Party+"/"+testnode.EUR {
		t.Errorf("Ben's: %v", m)
	}
	say(t, n, "parcel:8", "a")
	said := say(t, n, "parcel:7", "b")
	if m := next(t, parcel); m.Height != said.Height || m.Changes[0].Table != "facts" || len(m.Changes[0].Before) != 0 || !strings.Contains(m.Changes[0].Json, "parcel:7") {
		t.Errorf("the parcel's: %v", m)
	}
	if m := next(t, carrier); m.Height == said.Height {
		t.Errorf("the carrier's first fact was left out: %v", m)
	}
	if m := next(t, all); m.Height != paid.Height || len(m.Changes) < 3 {
		t.Errorf("everything: %v", m)
	}
}

// TestWatchResumes: a client that was away asks for the height after its last,
// and gets every block once.
func TestWatchResumes(t *testing.T) {
	n := testnode.Start(t)
	first := pay(t, n, 1).Height
	last := first
	for range 5 {
		last = pay(t, n, 1).Height
	}
	w := watch(t, n, &pb.WatchRequest{Tables: []string{"holdings"}, FromHeight: first + 1})
	var live int64
	seen := int64(first)
	for i := range 10 {
		if i == 5 {
			live = pay(t, n, 1).Height
			for range 4 {
				live = pay(t, n, 1).Height
			}
		}
		m := next(t, w)
		if m.Height <= seen {
			t.Errorf("height %d after %d", m.Height, seen)
		}
		seen = m.Height
		if i == 4 && seen != last {
			t.Errorf("the past ends at %d, not %d", seen, last)
		}
	}
	if seen != live {
		t.Errorf("the stream is at %d, the chain at %d", seen, live)
	}
	// What is to come can be asked for too.
	later := watch(t, n, &pb.WatchRequest{Tables: []string{"holdings"}, FromHeight: live + 2})
	next2 := int64(0)
	for next2 < live+2 {
		next2 = pay(t, n, 1).Height
	}
	if m := next(t, later); m.Height < live+2 {
		t.Errorf("height %d came, which was not asked for", m.Height)
	}
}

func TestWatchRefuses(t *testing.T) {
	n := testnode.Start(t)
	pay(t, n, 1)
	n.Restart()
	for _, c := range []struct {
		m    *pb.WatchRequest
		want pb.Code
	}{
		{&pb.WatchRequest{FromHeight: 1}, pb.Code_NOT_FOUND},
		{&pb.WatchRequest{FromHeight: -1}, pb.Code_INVALID},
		{&pb.WatchRequest{Ids: make([]string, 1001)}, pb.Code_TOO_LARGE},
		{&pb.WatchRequest{Ids: []string{"@nobody"}}, pb.Code_UNKNOWN_PARTY},
		{&pb.WatchRequest{Tables: []string{"holdings", "holding"}}, pb.Code_INVALID},
		{&pb.WatchRequest{Ids: []string{strings.Repeat("x", 300)}}, pb.Code_TOO_LARGE},
	} {
		w, err := n.API.Watch(t.Context(), connect.NewRequest(c.m))
		if err != nil {
			t.Fatal(err)
		}
		if w.Receive() {
			t.Errorf("%v: accepted", c.m.FromHeight)
		}
		if d := detail(t, w.Err()); d.Code != c.want {
			t.Errorf("%v, want %v", w.Err(), c.want)
		}
	}
}

// TestWatchEnds: a node that stops tells its watchers, and doesn't wait for
// them.
func TestWatchEnds(t *testing.T) {
	n := testnode.Start(t)
	w := watch(t, n, &pb.WatchRequest{Ids: []string{"nothing"}})
	start := time.Now()
	n.Stop()
	for w.Receive() {
	}
	if d := detail(t, w.Err()); d.Code != pb.Code_BUSY || time.Since(start) > 5*time.Second {
		t.Errorf("%v after %s", d, time.Since(start))
	}
}

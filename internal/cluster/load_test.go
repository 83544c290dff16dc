//go:build linux

package cluster

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

const (
	// clients pay at the same time. People pay within their group, so that a
	// history falls apart into as many.
	clients, groups = 8, 2
	// answer is how long a client waits for one node before it sends the same
	// bytes to the next.
	answer = 3 * time.Second
	// thinking is how long a client does nothing after each answer.
	thinking = 40 * time.Millisecond
)

// sent is a transaction that a client handed in.
type sent struct {
	raw  []byte
	id   string
	name string // whose
	from int    // who pays, and whom how much, where it is a payment; else -1
	to   int
	cent int64

	node       int   // the one that answered
	tries      int   // how many were asked
	call, done int64 // nanoseconds since the load began; done is 0 without an answer
	rec        *pb.TxRecord
}

func (s *sent) ok() bool { return s.rec != nil && s.rec.Result.Code == 0 }

// read is what a node said somebody has.
type read struct {
	node, of   int
	call, done int64
	height     int64
	after      *sent // an own transaction that the same node had acknowledged
	cent       int64
}

// load is a number of clients that pay each other and look at what they have,
// through all nodes, and of companies that make promises and settle them.
type load struct {
	c     *cluster
	begun time.Time
	quit  chan struct{}
	wg    sync.WaitGroup

	mu      sync.Mutex
	sent    []*sent
	reads   []*read
	settled []*settled
}

// load starts clients.
func (c *cluster) load() *load {
	l := &load{c: c, begun: time.Now(), quit: make(chan struct{})}
	template := c.publish()
	for i := range clients {
		l.wg.Go(func() { l.pay(i) })
	}
	l.wg.Go(func() { l.promises(template) })
	c.t.Cleanup(l.wait)
	return l
}

// wait waits until the clients have ended. None may speak of a test that is over.
func (l *load) wait() {
	l.c.t.Helper()
	done := make(chan struct{})
	go func() {
		l.wg.Wait()
		close(done)
	}()
	l.c.await(done, 3*patience, "the clients end; each first learns what became of what it sent")
}

func (l *load) now() int64 { return int64(time.Since(l.begun)) + 1 }

func (l *load) over() bool {
	select {
	case <-l.quit:
		return true
	case <-l.c.t.Context().Done():
		return true
	case <-time.After(thinking):
		return false
	}
}

// pay pays until the load ends, and looks at somebody's money now and then.
func (l *load) pay(client int) {
	group := client % groups
	someone := func() int { return group + groups*rand.IntN(people/groups) }
	for !l.over() {
		from, to := someone(), someone()
		for to == from {
			to = someone()
		}
		cent := 1 + rand.Int64N(funds/2)
		s := l.made(fmt.Sprint(from), &pb.TransferRequest{To: l.c.keys[fmt.Sprint(to)].Party, Amount: euros(cent)})
		s.from, s.to, s.cent = from, to, cent
		if l.keep(s); !l.settle(s) {
			return
		}
		if rand.IntN(2) == 0 {
			l.look(s.node, someone(), s)
		} else {
			l.look(l.pick(), someone(), nil)
		}
	}
}

// made is a transaction of a party's that is no payment.
func (l *load) made(name string, ops ...op.Message) *sent {
	s := &sent{raw: l.c.sign(name, ops...), name: name, from: -1, call: l.now()}
	s.id, _ = client.ID(s.raw)
	return s
}

// keep puts what is about to be sent with the rest.
func (l *load) keep(s *sent) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent = append(l.sent, s)
}

// send makes and keeps a transaction that is no payment.
func (l *load) send(name string, ops ...op.Message) *sent {
	s := l.made(name, ops...)
	l.keep(s)
	return s
}

// pick is any node, whether it runs or not: a client doesn't know.
func (l *load) pick() int { return rand.IntN(len(l.c.nodes)) }

// settle hands a transaction to one node after the other until one says what
// became of it. It gives up where the test ends, and after patience, and then
// says so.
func (l *load) settle(s *sent) bool {
	for i := l.pick(); l.now()-s.call < int64(patience); i = (i + 1) % len(l.c.nodes) {
		s.tries++
		if rec := l.ask(i, s.raw); rec != nil {
			l.mu.Lock()
			defer l.mu.Unlock()
			s.node, s.rec, s.done = i, rec, l.now()
			return true
		}
		if l.c.t.Context().Err() != nil {
			return false
		}
		time.Sleep(thinking)
	}
	l.c.t.Errorf("nobody says what became of %s, a transaction of %s, in %s", s.id, s.name, patience)
	return false
}

// ask hands a transaction to one node and returns its record where it is final.
// A refusal without a height is one node's word, not the chain's.
func (l *load) ask(i int, raw []byte) *pb.TxRecord {
	ctx, cancel := context.WithTimeout(l.c.t.Context(), answer)
	defer cancel()
	r, err := l.c.nodes[i].api.Submit(ctx, connect.NewRequest(&pb.SubmitRequest{Txs: [][]byte{raw}, Timeout: durationpb.New(answer)}))
	if err != nil || r.Msg.Txs[0].Height == 0 {
		return nil
	}
	return r.Msg.Txs[0]
}

// look asks a node what somebody has.
func (l *load) look(i, of int, after *sent) {
	ctx, cancel := context.WithTimeout(l.c.t.Context(), answer)
	defer cancel()
	x := &read{node: i, of: of, after: after, call: l.now()}
	r, err := l.c.nodes[i].api.GetHolding(ctx, connect.NewRequest(&pb.GetHoldingRequest{Party: l.c.keys[fmt.Sprint(of)].Party, Asset: money}))
	if err != nil {
		return
	}
	x.done, x.height, x.cent = l.now(), r.Msg.Read.Height, r.Msg.Holding.GetAvailable()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reads = append(l.reads, x)
}

// acknowledged is how many payments were.
func (l *load) acknowledged() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.sent {
		if s.from >= 0 && s.done > 0 {
			n++
		}
	}
	return n
}

// serves waits until so many more payments are acknowledged.
func (l *load) serves(why string, n int) {
	l.c.t.Helper()
	start, had := time.Now(), l.acknowledged()
	for l.acknowledged() < had+n {
		if time.Since(start) > patience {
			l.c.t.Fatalf("%s: %d payments acknowledged in %s, not %d", why, l.acknowledged()-had, patience, n)
		}
		time.Sleep(50 * time.Millisecond)
	}
	l.c.t.Logf("%s: %d payments acknowledged within %s", why, n, time.Since(start).Round(100*time.Millisecond))
}

// end stops the clients; each first learns what became of what it sent.
func (l *load) end() {
	close(l.quit)
	l.wait()
	if l.c.t.Failed() {
		l.c.t.FailNow()
	}
}

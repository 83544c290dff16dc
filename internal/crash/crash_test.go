package crash

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/node"
)

// sent is a transfer that was handed in.
type sent struct {
	raw      []byte
	id       string
	from, to int
	amount   int64
	acked    *pb.TxRecord // its final record, where the client heard of one
}

// load hands in transfers from every wallet until the node is gone.
type load struct {
	mu  sync.Mutex
	all []*sent
}

// several is how many transfers are acknowledged before something happens to a
// node that works.
const several = 4 * people

// run starts the clients. The node has to be ended before end is called, which
// waits until they have noticed.
func (l *load) run(t *testing.T, h *home, p *process) (end func()) {
	var clients sync.WaitGroup
	for i := range h.all {
		clients.Go(func() {
			for {
				s := transfer(t, h, i)
				l.mu.Lock()
				l.all = append(l.all, s)
				l.mu.Unlock()
				ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
				r, err := p.api.Submit(ctx, connect.NewRequest(&pb.SubmitRequest{Txs: [][]byte{s.raw}}))
				cancel()
				if err != nil {
					return
				}
				if got := r.Msg.Txs[0]; got.Height > 0 {
					l.mu.Lock()
					s.acked = got
					l.mu.Unlock()
				}
			}
		})
	}
	done := make(chan struct{})
	go func() {
		clients.Wait()
		close(done)
	}()
	return func() {
		t.Helper()
		select {
		case <-done:
		case <-time.After(patience):
			t.Fatalf("the node has ended, and some clients still wait for its answer after %s", patience)
		}
	}
}

// acknowledged is how many transfers were.
func (l *load) acknowledged() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.all {
		if s.acked != nil {
			n++
		}
	}
	return n
}

// answered waits until so many more are acknowledged.
func (l *load) answered(t *testing.T, n int) {
	t.Helper()
	had := l.acknowledged()
	for start := time.Now(); l.acknowledged() < had+n; time.Sleep(10 * time.Millisecond) {
		if time.Since(start) > patience {
			t.Fatalf("%d transfers acknowledged in %s, not %d", l.acknowledged()-had, patience, n)
		}
	}
}

func transfer(t *testing.T, h *home, i int) *sent {
	s := &sent{from: i, to: rand.IntN(people), amount: 1 + rand.Int64N(5)}
	if s.to == i {
		s.to = (i + 1) % people
	}
	s.raw = h.sign(t, h.all[i], &pb.TransferRequest{To: h.all[s.to].id, Amount: &pb.Amount{Asset: money, Units: s.amount}})
	s.id, _ = client.ID(s.raw)
	return s
}

func (h *home) sign(t *testing.T, w who, ops ...op.Message) []byte {
	raw, err := client.Body{ChainID: chain, Party: w.id, Ops: ops}.Sign(w.key)
	if err != nil {
		t.Error(err)
	}
	return raw
}

// mint makes the money and gives everybody some.
func (h *home) mint(t *testing.T, p *process) {
	t.Helper()
	ops := []op.Message{&pb.CreateAssetRequest{Symbol: "EUR", Kind: pb.AssetKind_MONEY, Decimals: 2}}
	for _, w := range h.all {
		ops = append(ops, &pb.IssueRequest{To: w.id, Amount: &pb.Amount{Asset: money, Units: units}})
	}
	if r := p.final(t, [][]byte{h.sign(t, h.bank, ops...)})[0]; r.Result.Code != 0 {
		t.Fatalf("making the money was refused: %v", r)
	}
}

// final hands in transactions, and returns their records once all are final.
func (p *process) final(t *testing.T, raws [][]byte) []*pb.TxRecord {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r, err := p.api.Submit(ctx, connect.NewRequest(&pb.SubmitRequest{Txs: raws, Timeout: durationpb.New(time.Minute)}))
	if err != nil {
		t.Fatalf("handing in %d transactions: %v", len(raws), err)
	}
	for _, x := range r.Msg.Txs {
		if x.Height == 0 {
			t.Fatalf("one of %d transactions is not final in a minute: %v", len(raws), x)
		}
	}
	return r.Msg.Txs
}

// check compares the node with what was acknowledged.
func (l *load) check(t *testing.T, h *home, p *process) {
	t.Helper()
	// Who got no answer asks again; it must not happen twice. And a block that
	// the node had begun is finished by then.
	acked := l.acknowledged()
	l.again(t, p)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	want := make([]int64, people)
	for i := range want {
		want[i] = units
	}
	for _, s := range l.all {
		r, err := p.api.GetTx(ctx, connect.NewRequest(&pb.GetRequest{Id: s.id}))
		if err != nil || r.Msg.Tx.Height != s.acked.Height || r.Msg.Tx.Index != s.acked.Index || r.Msg.Tx.Result.Code != s.acked.Result.Code {
			t.Fatalf("transaction %s was acknowledged as %v, now %v, %v", s.id, s.acked, r, err)
		}
		if s.acked.Result.Code == 0 {
			want[s.from] -= s.amount
			want[s.to] += s.amount
		}
	}
	for i, w := range h.all {
		r, err := p.api.GetHolding(ctx, connect.NewRequest(&pb.GetHoldingRequest{Party: w.id, Asset: money}))
		if err != nil || r.Msg.Holding.GetAvailable() != want[i] {
			t.Fatalf("%s has %v, want %d (%v)", w.id, r, want[i], err)
		}
	}
	t.Logf("%d sent, %d acknowledged, all there", len(l.all), acked)
}

// again hands in once more what was not acknowledged, and the last of what was.
func (l *load) again(t *testing.T, p *process) {
	t.Helper()
	var open []*sent
	var raws [][]byte
	for i, s := range l.all {
		if s.acked == nil || i >= len(l.all)-people {
			open, raws = append(open, s), append(raws, s.raw)
		}
	}
	if len(open) == 0 {
		return
	}
	for i, r := range p.final(t, raws) {
		if open[i].acked == nil {
			open[i].acked = r
		}
	}
}

// replay runs the blocks from genesis and compares every root.
func (h *home) replay(t *testing.T) {
	t.Helper()
	height, s, err := node.Replay(h.dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d blocks replayed", height)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// begin starts a node on a new chain where everybody has money.
func begin(t *testing.T) (*home, *process) {
	t.Helper()
	h := newHome(t)
	showLog(t, h)
	p, up := h.start(t)
	if !up {
		t.Fatal("the node doesn't start")
	}
	h.mint(t, p)
	return h, p
}

// TestKill kills a node at random moments under load.
func TestKill(t *testing.T) {
	h, p := begin(t)
	l := &load{}
	acked := 0
	for range kills {
		had := l.acknowledged()
		end := l.run(t, h, p)
		time.Sleep(time.Duration(rand.IntN(800)) * time.Millisecond)
		p.kill(t)
		end()
		acked += l.acknowledged() - had
		var up bool
		if p, up = h.start(t); !up {
			t.Fatal("the node doesn't start again")
		}
		l.check(t, h, p)
		if len(l.all) > 5000 {
			h, p, l = fresh(t, h, p)
		}
	}
	p.kill(t)
	h.replay(t)
	if acked == 0 {
		t.Errorf("of %d kills none hit a node that had acknowledged anything", kills)
	}
}

// fresh goes on with a new chain: what a long run checks must not grow for ever.
func fresh(t *testing.T, h *home, p *process) (*home, *process, *load) {
	p.kill(t)
	h.replay(t)
	_ = os.RemoveAll(h.dir)
	h, p = begin(t)
	return h, p, &load{}
}

// showLog shows the node's log where the test fails.
func showLog(t *testing.T, h *home) {
	t.Cleanup(func() {
		if b, err := os.ReadFile(filepath.Join(h.dir, "log")); err == nil && t.Failed() {
			t.Logf("the node's log ends:\n%s", b[max(0, len(b)-4000):])
		}
	})
}

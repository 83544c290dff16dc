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

func (l *load) run(t *testing.T, h *home, p *process) (done *sync.WaitGroup) {
	done = &sync.WaitGroup{}
	for i := range h.all {
		done.Go(func() {
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
					s.acked = got
				}
			}
		})
	}
	return done
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
	r, err := p.api.Submit(t.Context(), connect.NewRequest(&pb.SubmitRequest{Txs: [][]byte{h.sign(t, h.bank, ops...)}}))
	if err != nil || r.Msg.Txs[0].Height == 0 || r.Msg.Txs[0].Result.Code != 0 {
		t.Fatalf("%v, %v", r, err)
	}
}

// check compares the node with what was acknowledged.
func (l *load) check(t *testing.T, h *home, p *process) {
	t.Helper()
	// Who got no answer asks again; it must not happen twice. And a block that
	// the node had begun is finished by then.
	var again [][]byte
	for _, s := range l.all[max(0, len(l.all)-people):] {
		again = append(again, s.raw)
	}
	if _, err := p.api.Submit(t.Context(), connect.NewRequest(&pb.SubmitRequest{Txs: again})); err != nil && len(again) > 0 {
		t.Fatal(err)
	}
	want := make([]int64, people)
	for i := range want {
		want[i] = units
	}
	acked := 0
	for _, s := range l.all {
		r, err := p.api.GetTx(t.Context(), connect.NewRequest(&pb.GetRequest{Id: s.id}))
		if s.acked != nil {
			acked++
			if err != nil || r.Msg.Tx.Height != s.acked.Height || r.Msg.Tx.Index != s.acked.Index || r.Msg.Tx.Result.Code != s.acked.Result.Code {
				t.Fatalf("transaction %s was acknowledged as %v, now %v, %v", s.id, s.acked, r, err)
			}
		}
		if err == nil && r.Msg.Tx.Height > 0 && r.Msg.Tx.Result.Code == 0 {
			want[s.from] -= s.amount
			want[s.to] += s.amount
		}
	}
	for i, w := range h.all {
		if got, err := p.holding(t.Context(), w.id); err != nil || got != want[i] {
			t.Fatalf("%s has %d, want %d (%v)", w.id, got, want[i], err)
		}
	}
	t.Logf("%d sent, %d acknowledged, all there", len(l.all), acked)
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
	for range kills {
		done := l.run(t, h, p)
		time.Sleep(time.Duration(rand.IntN(800)) * time.Millisecond)
		p.kill()
		done.Wait()
		var up bool
		if p, up = h.start(t); !up {
			t.Fatal("the node doesn't start again")
		}
		l.check(t, h, p)
		if len(l.all) > 5000 {
			h, p, l = fresh(t, h, p)
		}
	}
	p.kill()
	h.replay(t)
}

// fresh goes on with a new chain: what a long run checks must not grow for ever.
func fresh(t *testing.T, h *home, p *process) (*home, *process, *load) {
	p.kill()
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

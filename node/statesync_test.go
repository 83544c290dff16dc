package node

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/troth-ledger/troth/client/proof"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/asset"
)

// nodeSource reads headers from a node of this process.
type nodeSource struct {
	n    *Node
	name string
	lie  func(*pb.ReadHeaderResponse)
}

func (s nodeSource) String() string { return s.name }

func (s nodeSource) Header(ctx context.Context, height int64) ([]byte, []byte, error) {
	r, err := s.n.Header(ctx, height)
	if err == nil && s.lie != nil {
		s.lie(r)
	}
	return r.GetSignedHeader(), r.GetValidators(), err
}

func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// newProvider is a world that others can join.
func newProvider(t *testing.T) *world {
	t.Helper()
	w := prepareWorld(t, 20, func(c *Config, _ *pb.Genesis) {
		c.P2P.Listen = freePort(t)
		c.Snapshots.Every = 4 * time.Second // an offer holds for two of these
	})
	w.start()
	t.Cleanup(func() {
		if err := w.Stop(); err != nil {
			t.Errorf("stopping the node: %v", err)
		}
	})
	w.mint(1000)
	return w
}

// peer is the address of a node.
func (w *world) peer() string { return w.ID() + "@" + w.c.P2P.Listen }

// until waits until something is so.
func until(t testing.TB, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); !so(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("no ", what)
		}
	}
}

// newcomer makes the folder of a node that joins by a block of the provider's
// that is trusted, or from blocks where height is 0.
func (w *world) newcomer(t *testing.T, height int64) *Config {
	t.Helper()
	genesis, err := w.Genesis()
	if err != nil {
		t.Fatal(err)
	}
	var join Joining
	if height > 0 {
		r, err := w.Header(t.Context(), height)
		if err != nil {
			t.Fatal(err)
		}
		join.Nodes = []string{"http://127.0.0.1:1"}
		join.Trust.Height, join.Trust.Hash = height, hex.EncodeToString(r.Hash)
	}
	home := filepath.Join(t.TempDir(), "node")
	if err := InitJoining(home, genesis, "127.0.0.1:8700", freePort(t), []string{w.peer()}, join); err != nil {
		t.Fatal(err)
	}
	if err := InitJoining(home, genesis, "", "", nil, join); !errors.Is(err, ErrExists) {
		t.Fatalf("a second time: %v", err)
	}
	c, err := LoadConfig(home)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var quietLog = slog.New(slog.NewTextHandler(io.Discard, nil))

// A node joins from a snapshot, another from blocks: both come to the same state
// and prove what they answer. The first knows no transaction from before, and
// says so.
func TestJoin(t *testing.T) {
	w := newProvider(t)
	var last *pb.TxRecord
	load := func(n int) {
		for i := range n {
			last = w.must(w.pay(i%20, 1))
		}
	}
	load(20)
	first := last
	until(t, "snapshot", func() bool { return w.SnapshotHeight() > first.Height })
	load(20)

	start := time.Now()
	c := w.newcomer(t, 2)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if err := Join(ctx, c, []Source{nodeSource{n: w.Node, name: "a"}, nodeSource{n: w.Node, name: "b"}}, quietLog); err != nil {
		t.Fatal(err)
	}
	t.Logf("joined after %s", time.Since(start))
	if c.Joins() {
		t.Fatal("it would join again")
	}
	load(5)
	joined := w.follow(t, c)
	if joined.KeptFrom() <= first.Height || joined.BlocksFrom() != joined.KeptFrom() {
		t.Fatalf("knows transactions from %d and blocks from %d on; one is of height %d", joined.KeptFrom(), joined.BlocksFrom(), first.Height)
	}
	if joined.Record([32]byte(unhex(t, first.Id))) != nil {
		t.Fatal("knows a transaction from before the snapshot")
	}
	if r := joined.Record([32]byte(unhex(t, last.Id))); r == nil || r.Height != last.Height {
		t.Fatalf("%v, want %v", r, last)
	}

	blocks := w.follow(t, w.newcomer(t, 0))
	if r := blocks.Record([32]byte(unhex(t, first.Id))); r == nil || blocks.KeptFrom() != 1 {
		t.Fatalf("%v, from %d", r, blocks.KeptFrom())
	}

	// Started again before and after its first block, it goes on.
	if err := joined.Stop(); err != nil {
		t.Fatal(err)
	}
	load(1)
	w.follow(t, c)
}

// follow starts a node and waits until it has what the provider has, which it
// must prove.
func (w *world) follow(t *testing.T, c *Config) *Node {
	t.Helper()
	n, err := Start(c, quietLog)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Stop(); err != nil {
			t.Errorf("stopping a follower: %v", err)
		}
	})
	if at := n.BlockTime(); time.Since(at) > time.Hour { // the chain is new
		t.Errorf("the follower starts with the time %s", at)
	}
	height := w.store.Height()
	until(t, "height of the provider", func() bool { return n.store.Height() >= height })
	key := asset.HoldingKey(w.people[3].id, "EUR@bank")
	v := n.View()
	p, err := asset.Holdings.Prove(v, key)
	v.Release()
	if err != nil {
		t.Fatal(err)
	}
	b, err := n.Bundle(t.Context(), p.Height)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := p.Proof.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	b.Key, b.Value, b.Proof = p.Key, p.Value, raw
	trust, err := proof.LoadTrust(filepath.Join(w.c.Home, genesisFile))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := proof.Verify(b, proof.Holding(w.people[3].id, "EUR@bank"), trust); err != nil {
		t.Fatal(err)
	}
	// The provider's next header has the same root.
	h, err := w.Header(t.Context(), p.Height+1)
	if err != nil || !strings.Contains(string(h.SignedHeader), string(p.Root[:])) {
		t.Fatalf("root %x after height %d is not the provider's, %v", p.Root, p.Height, err)
	}
	return n
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// What a join refuses, and says.
func TestJoinRefuses(t *testing.T) {
	w := newProvider(t)
	until(t, "third block", func() bool { return w.store.Height() > 4 })
	good := nodeSource{n: w.Node, name: "good"}
	other := w.newcomer(t, 2)
	other.Join.Trust.Hash = strings.Repeat("ab", 32)
	for name, tc := range map[string]struct {
		c       *Config
		sources []Source
		want    string
	}{
		"another block": {other, []Source{good}, "one of the two is wrong"},
		"no header":     {w.newcomer(t, 2), []Source{nodeSource{w.Node, "liar", func(r *pb.ReadHeaderResponse) { r.SignedHeader = r.SignedHeader[:20] }}}, "from liar"},
		"another height": {w.newcomer(t, 2), []Source{nodeSource{w.Node, "liar", func(r *pb.ReadHeaderResponse) {
			o, _ := w.Header(t.Context(), r.Height+1)
			r.SignedHeader, r.Validators = o.SignedHeader, o.Validators
		}}}, "it is block 3"},
	} {
		err := Join(t.Context(), tc.c, tc.sources, quietLog)
		if !errors.Is(err, ErrUntrusted) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
		if !tc.c.Joins() {
			t.Errorf("%s: it has stores", name)
		}
	}
	// A second source that has another block is told from the first.
	h, err := trustHeader(t.Context(), testChain, 2, hexHash(t, w, 2), []Source{good,
		nodeSource{w.Node, "fork", func(r *pb.ReadHeaderResponse) { r.SignedHeader[60] ^= 1 }}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.at(t.Context(), 4); !errors.Is(err, ErrUntrusted) {
		t.Errorf("another header: %v", err)
	}
	if _, err := h.at(t.Context(), 1); err == nil || !strings.Contains(err.Error(), "before block 2") {
		t.Errorf("a block before the trusted one: %v", err)
	}
	h.now = func() time.Time { return time.Now().Add(evidenceAge + time.Hour) }
	h.sources = h.sources[:1]
	if _, err := h.at(t.Context(), 3); !errors.Is(err, ErrUntrusted) {
		t.Errorf("two weeks later: %v", err)
	}
}

func hexHash(t *testing.T, w *world, height int64) string {
	t.Helper()
	r, err := w.Header(t.Context(), height)
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(r.Hash)
}

// A join that was interrupted between its stores' moves is finished by the next
// start; one that was not whole leaves nothing.
func TestSettle(t *testing.T) {
	home := t.TempDir()
	for _, name := range joined {
		if err := os.MkdirAll(filepath.Join(home, joinDir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	have := func(dir string) (out string) {
		for _, name := range joined {
			if _, err := os.Stat(filepath.Join(home, dir, name)); err == nil {
				out += name + " "
			}
		}
		return out
	}
	if err := settle(home); err != nil || have("data") != "" {
		t.Fatalf("%v, %s", err, have("data"))
	}
	if err := finishFile(filepath.Join(home, joinDone)); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(home, joinDir, "ledger"), filepath.Join(home, "data/ledger")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := settle(home); err != nil {
			t.Fatal(err)
		}
		if got := have("data"); got != fmt.Sprintf("%s %s %s ", joined[0], joined[1], joined[2]) {
			t.Fatalf("in place: %s", got)
		}
		if _, err := os.Stat(filepath.Join(home, joinDir)); !os.IsNotExist(err) {
			t.Fatal("something is left")
		}
	}
}

//go:build linux

package cluster

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/client/keyfile"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/internal/need"
	"github.com/troth-ledger/troth/ledger"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/sig"
	"github.com/troth-ledger/troth/node"
)

const (
	chain = "troth-cluster"
	money = "EUR@bank"
	// people are those who pay each other; each begins with funds, little enough
	// that some payments are refused.
	people = 8
	funds  = 40
	// plenty is what companies have for promises.
	plenty = 1_000_000
	// quota lets a party send as much as it likes; burst is what one without a
	// quota of its own may send at once.
	quota, burst = 600_000, 20
)

// companies have handles; the rest of the parties are people.
var companies = []string{"bank", "shop", "carrier", "customer"}

// cluster is a chain of several nodes.
type cluster struct {
	t     *testing.T
	net   *network
	nodes []*member
	keys  map[string]*keyfile.Key // by company, or "0", "1" and so on
}

// begin starts n validators, in a network that can be cut where wire wants it.
// There is room for more nodes.
func begin(t *testing.T, n, more int, wire bool) *cluster {
	t.Helper()
	if testing.Short() {
		t.Skip("it builds a binary and starts several nodes")
	}
	c := newCluster(t, n, more)
	if wire && c.net.ns == nil {
		need.Missing(t, "it needs network namespaces that can be cut: root, ip of the package iproute2, and /dev/net/tun")
	}
	c.begin(n)
	return c
}

// begin starts the first n nodes and the economy.
func (c *cluster) begin(n int) {
	c.t.Helper()
	for i := range n {
		c.launch(i)
	}
	for i := range n {
		c.up(i)
	}
	c.rise("the chain begins", 2)
	c.fund()
}

// newCluster makes the nodes' folders.
func newCluster(t *testing.T, n, more int) *cluster {
	t.Helper()
	c := &cluster{t: t, net: openNetwork(t, n+more), keys: map[string]*keyfile.Key{}}
	dir := t.TempDir()
	params := ledger.DefaultParams()
	params.QuotaBurst = burst
	g := &pb.Genesis{Params: params}
	for i := range people {
		g.Parties = append(g.Parties, c.party(fmt.Sprint(i), pb.PartyKind_PERSON, quota))
	}
	g.Parties = append(g.Parties, c.party("modest", pb.PartyKind_PERSON, burst/2))
	for _, name := range companies {
		g.Parties = append(g.Parties, c.party(name, pb.PartyKind_COMPANY, quota))
	}
	var machines []node.Machine
	for i := range n + more {
		m := &member{c: c, i: i, home: filepath.Join(dir, fmt.Sprintf("node%d", i+1)), api: client.Dial(c.net.url[i])}
		c.nodes = append(c.nodes, m)
		if i < n {
			machines = append(machines, node.Machine{Home: m.home, API: c.net.api[i], Listen: c.net.p2p[i], Address: c.net.p2p[i],
				Operator: c.party(fmt.Sprintf("member%d", i+1), pb.PartyKind_COMPANY, quota)})
		}
	}
	if err := node.Testnet(chain, time.Now(), g, machines); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.tellLogs)
	return c
}

// party makes one that the chain has from the start.
func (c *cluster) party(name string, kind pb.PartyKind, perMinute uint32) *pb.Party {
	k, err := keyfile.Generate(sig.Ed25519, "", name)
	if err != nil {
		c.t.Fatal(err)
	}
	k.Party = client.PartyID(k.Scheme(), k.Public(), []byte("cluster-"+name), "")
	c.keys[name] = k
	p := &pb.Party{Id: k.Party, Kind: kind, QuotaPerMinute: perMinute, Keys: []*pb.Key{client.OwnerKey(k)}}
	if kind == pb.PartyKind_COMPANY {
		p.Handle, p.Name, p.Licensed = name, name, name == "bank"
	}
	return p
}

// sign makes a transaction of a party's.
func (c *cluster) sign(name string, ops ...op.Message) []byte {
	c.t.Helper()
	raw, err := client.Body{ChainID: chain, Party: c.keys[name].Party, Ops: ops}.Sign(c.keys[name])
	if err != nil {
		c.t.Fatal(err)
	}
	return raw
}

// do runs requests as one transaction through a node; they must succeed.
func (c *cluster) do(i int, name string, ops ...op.Message) *pb.TxRecord {
	c.t.Helper()
	w := client.New(c.net.url[i], chain, c.keys[name].Party, c.keys[name])
	w.API, w.Timeout = c.nodes[i].api, patience
	ctx, cancel := c.soon()
	defer cancel()
	r, err := w.Do(ctx, ops...)
	if err != nil {
		c.t.Fatalf("node %d: %v", i+1, err)
	}
	return r
}

// soon bounds what nodes are asked: one that hangs must not hold the test.
func (c *cluster) soon() (context.Context, context.CancelFunc) {
	return context.WithTimeout(c.t.Context(), patience)
}

// await waits until a channel is closed, for so long at most. The rest says what
// happens when it is.
func (c *cluster) await(done <-chan struct{}, most time.Duration, format string, args ...any) {
	c.t.Helper()
	select {
	case <-done:
	case <-time.After(most):
		c.t.Fatalf("waited %s for this, in vain: %s", most, fmt.Sprintf(format, args...))
	}
}

// fund makes the money and gives it out.
func (c *cluster) fund() {
	c.t.Helper()
	ops := []op.Message{&pb.CreateAssetRequest{Symbol: "EUR", Kind: pb.AssetKind_MONEY, Decimals: 2}}
	for name, units := range map[string]int64{"shop": plenty, "modest": plenty} {
		ops = append(ops, &pb.IssueRequest{To: c.keys[name].Party, Amount: euros(units)})
	}
	for i := range people {
		ops = append(ops, &pb.IssueRequest{To: c.keys[fmt.Sprint(i)].Party, Amount: euros(funds)})
	}
	c.do(0, "bank", ops...)
}

func euros(cents int64) *pb.Amount { return &pb.Amount{Asset: money, Units: cents} }

// running are the nodes that are up, by number.
func (c *cluster) running() (out []int) {
	for i, m := range c.nodes {
		if m.alive() {
			out = append(out, i)
		}
	}
	return out
}

// tellLogs shows the ends of the nodes' logs where the test failed.
func (c *cluster) tellLogs() {
	if !c.t.Failed() {
		return
	}
	for _, m := range c.nodes {
		if b, err := os.ReadFile(m.log()); err == nil {
			c.t.Logf("node %d's log ends:\n%s", m.i+1, b[max(0, len(b)-3000):])
		}
	}
}

//go:build linux && soak

package cluster

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/cometbft/cometbft/p2p"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/node"
)

// TestDoubleSign runs a validator's key on two nodes, the mistake that operators
// make. The evidence gets on the ledger, and the seat loses its power.
func TestDoubleSign(t *testing.T) {
	c := begin(t, 4, 1, false)
	l := c.load()
	l.serves("all four run", 10)
	c.copyOf(3, 4)
	c.start(4)
	party := c.keys["member4"].Party
	var member *pb.Member
	for start := time.Now(); !member.GetSuspended(); time.Sleep(200 * time.Millisecond) {
		if time.Since(start) > patience {
			t.Fatalf("after %s the seat is not suspended: %v", patience, member)
		}
		if m, err := c.member(party); err == nil {
			member = m
		}
	}
	c.rise("three go on", 4, 0, 1, 2)
	ctx, cancel := c.soon()
	defer cancel()
	r, err := c.nodes[0].api.ListMisbehaviour(ctx, connect.NewRequest(&pb.ListMisbehaviourRequest{Party: party}))
	if err != nil || len(r.Msg.Misbehaviour) == 0 {
		t.Fatalf("%v, %v", r, err)
	}
	first := r.Msg.Misbehaviour[0]
	for _, m := range r.Msg.Misbehaviour {
		if m.Recorded.AsTime().Before(first.Recorded.AsTime()) {
			first = m
		}
	}
	if first.Kind != pb.MisbehaviourKind_DUPLICATE_VOTE || first.Power != 10 || !first.Suspended || member.Power != 0 {
		t.Errorf("recorded as %v, of %v", first, member)
	}
	s, err := c.nodes[0].api.GetStatus(ctx, connect.NewRequest(&pb.GetStatusRequest{}))
	if err != nil || s.Msg.Validators != 3 || s.Msg.VotingPower != 30 {
		t.Errorf("%v, %v; three validators with a power of 10 each should be left", s, err)
	}
	l.serves("three serve", 10)
	l.agreed()
	c.safe(l)
	t.Logf("signed twice at height %d; recorded %d times", first.Height, len(r.Msg.Misbehaviour))
}

// member is one of the council, as the first node tells.
func (c *cluster) member(party string) (*pb.Member, error) {
	ctx, cancel := context.WithTimeout(c.t.Context(), answer)
	defer cancel()
	r, err := c.nodes[0].api.GetMember(ctx, connect.NewRequest(&pb.GetRequest{Id: party}))
	if err != nil {
		return nil, err
	}
	return r.Msg.Member, nil
}

// copyOf makes a node that joins the chain with another's validator key, and
// without the record of what that signed.
func (c *cluster) copyOf(i, as int) {
	c.t.Helper()
	genesis, err := os.ReadFile(filepath.Join(c.nodes[i].home, "genesis.json"))
	if err != nil {
		c.t.Fatal(err)
	}
	var peers []string
	for k, m := range c.nodes[:as] {
		key, err := p2p.LoadNodeKey(filepath.Join(m.home, "keys", "node.json"))
		if err != nil {
			c.t.Fatal(err)
		}
		peers = append(peers, string(key.ID())+"@"+c.net.p2p[k])
	}
	home := c.nodes[as].home
	if err := node.InitJoining(home, genesis, c.net.api[as], c.net.p2p[as], peers, node.Joining{}); err != nil {
		c.t.Fatal(err)
	}
	key, err := os.ReadFile(node.ValidatorFile(c.nodes[i].home))
	if err == nil {
		err = os.WriteFile(node.ValidatorFile(home), key, 0o600)
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

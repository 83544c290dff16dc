//go:build linux

package cluster

import (
	"cmp"
	"fmt"
	"slices"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/gen/pb"
)

// agreed ends the load and checks that all nodes, which must run, tell the same
// of everything that was sent, and that clients saw nothing else.
func (l *load) agreed() {
	c := l.c
	c.t.Helper()
	l.end()
	var top int64
	again := 0
	for _, s := range l.sent {
		top = max(top, s.rec.Height)
		again += s.tries - 1
	}
	c.reach("all have what was acknowledged", top, c.running()...)
	for _, i := range c.running() {
		l.same(i)
	}
	l.exact()
	l.linearizable()
	c.t.Logf("%d transactions acknowledged, all there, %d times after asking another node; %d reads, all exact", len(l.sent), again, len(l.reads))
}

// same checks one node's records and what it says everybody has.
func (l *load) same(i int) {
	c, api := l.c, l.c.nodes[i].api
	c.t.Helper()
	ctx, cancel := c.soon()
	defer cancel()
	for _, s := range l.sent {
		r, err := api.GetTx(ctx, connect.NewRequest(&pb.GetRequest{Id: s.id}))
		if err != nil || r.Msg.Tx.Height != s.rec.Height || r.Msg.Tx.Index != s.rec.Index || r.Msg.Tx.Result.Code != s.rec.Result.Code {
			c.t.Fatalf("%s was acknowledged as %v; node %d says %v, %v", s.id, s.rec, i+1, r, err)
		}
	}
	have := begun()
	for _, s := range l.sent {
		have.pay(s)
	}
	for of := range people {
		w := client.Wallet{API: api, Party: c.keys[fmt.Sprint(of)].Party}
		h, err := w.Holding(ctx, money)
		if err != nil || h.Available != have[of] {
			c.t.Errorf("node %d: person %d has %v, %v; what was acknowledged comes to %d", i+1, of, h, err, have[of])
		}
	}
	var broken int64
	for _, p := range l.settled {
		r, err := api.GetPromise(ctx, connect.NewRequest(&pb.GetRequest{Id: p.id}))
		if err != nil || r.Msg.Promise.State != pb.PromiseState_SETTLED || r.Msg.Promise.Settlements != 1 || r.Msg.Promise.Holds[0].Paid != bond {
			c.t.Errorf("node %d: promise %s is not settled once and in full: %v, %v", i+1, p.id, r, err)
		} else if r.Msg.Promise.Outcome == pb.Outcome_BROKEN {
			broken++
		}
	}
	for name, want := range map[string]int64{"shop": plenty - broken*bond, "customer": broken * bond} {
		w := client.Wallet{API: api, Party: c.keys[name].Party}
		h, err := w.Holding(ctx, money)
		if err != nil || h.Available != want {
			c.t.Errorf("node %d: @%s has %v, %v; %d of %d promises were broken, which makes %d", i+1, name, h, err, broken, len(l.settled), want)
		}
	}
}

// purse is what people have.
type purse [people]int64

func begun() (p purse) {
	for i := range p {
		p[i] = funds
	}
	return p
}

// pay does what a transaction did.
func (p *purse) pay(s *sent) {
	if s.from >= 0 && s.ok() {
		p[s.from] -= s.cent
		p[s.to] += s.cent
	}
}

// exact checks every read: it is what the chain had at the height it says, and a
// node's reads never go back, not even over a restart, nor behind what the node
// had acknowledged.
func (l *load) exact() {
	l.c.t.Helper()
	slices.SortFunc(l.reads, func(a, b *read) int { return cmp.Compare(a.height, b.height) })
	all := slices.Clone(l.sent)
	slices.SortFunc(all, func(a, b *sent) int { return cmp.Compare(a.rec.Height, b.rec.Height) })
	have := begun()
	for _, x := range l.reads {
		for len(all) > 0 && all[0].rec.Height <= x.height {
			have.pay(all[0])
			all = all[1:]
		}
		if x.cent != have[x.of] {
			l.c.t.Errorf("node %d said that person %d had %d at height %d; it was %d", x.node+1, x.of, x.cent, x.height, have[x.of])
		}
		if x.after != nil && x.height < x.after.rec.Height {
			l.c.t.Errorf("node %d read at height %d after it had acknowledged height %d", x.node+1, x.height, x.after.rec.Height)
		}
	}
	for _, a := range l.reads {
		for _, b := range l.reads {
			if a.node == b.node && a.done < b.call && a.height > b.height {
				l.c.t.Errorf("node %d read at height %d, and later at %d", a.node+1, a.height, b.height)
			}
		}
	}
}

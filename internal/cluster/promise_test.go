//go:build linux

package cluster

import (
	"context"
	_ "embed"
	"fmt"
	"sync"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/client/promisefile"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

//go:embed testdata/race.yaml
var race []byte

// bond is what a promise of the race template holds.
const bond = 100

// settled is a promise and those who want to end it, each in another way.
type settled struct {
	id     string
	rivals []*rival
}

// rival is one who wants to end a promise, and what it saw then.
type rival struct {
	wants pb.Outcome // GOES_ON for one who asks the ledger to look
	sent  *sent
	saw   pb.Outcome // as the node that acknowledged told
	done  int64      // 0 where it didn't
}

// publish puts the template of the race on the ledger.
func (c *cluster) publish() string {
	c.t.Helper()
	f, faults := promisefile.Parse("race.yaml", race)
	for _, x := range faults {
		if x.IsError() {
			c.t.Fatal(x)
		}
	}
	r := c.do(0, "shop", &pb.PublishTemplateRequest{Template: f.Template})
	p, err := client.Response[pb.PublishTemplateResponse](r, 0)
	if err != nil {
		c.t.Fatal(err)
	}
	return p.Template
}

// promises makes one promise after the other until the load ends, and lets
// rivals end each.
func (l *load) promises(template string) {
	for n := 0; !l.over(); n++ {
		p := l.offer(template, fmt.Sprintf("T%d", n))
		if p == nil {
			return
		}
		var wg sync.WaitGroup
		for _, r := range p.rivals {
			wg.Go(func() { l.rival(p, r) })
		}
		wg.Wait()
		l.mu.Lock()
		l.settled = append(l.settled, p)
		l.mu.Unlock()
	}
}

// offer makes a promise that both sides accepted, and its rivals; nil where that
// didn't end.
func (l *load) offer(template, tracking string) *settled {
	role := func(name, who string) *pb.RoleBinding {
		return &pb.RoleBinding{Role: name, Parties: []string{l.c.keys[who].Party}}
	}
	now := time.Now()
	s := l.send("shop", &pb.OfferRequest{Template: template,
		Roles: []*pb.RoleBinding{role("seller", "shop"), role("buyer", "customer"), role("carrier", "carrier")},
		Terms: []*pb.NamedValue{
			{Name: "tracking", Value: &pb.Value{Value: &pb.Value_String_{String_: tracking}}},
			{Name: "price", Value: &pb.Value{Value: &pb.Value_Amount{Amount: euros(bond)}}},
			{Name: "deliver_by", Value: &pb.Value{Value: &pb.Value_Time{Time: timestamppb.New(now.Add(time.Hour).Truncate(time.Second))}}},
		}})
	if !l.must(s) {
		return nil
	}
	made, err := client.Response[pb.OfferResponse](s.rec, 0)
	if err != nil {
		l.c.t.Error(err)
		return nil
	}
	if !l.must(l.send("customer", &pb.AcceptRequest{Promise: made.Promise})) {
		return nil
	}
	state := func(kind string) op.Message {
		return &pb.SubmitFactRequest{Statements: []*pb.Statement{{Subject: "parcel:" + tracking, Kind: kind, At: timestamppb.New(now)}}}
	}
	return &settled{id: made.Promise, rivals: []*rival{
		{wants: pb.Outcome_KEPT, sent: l.send("carrier", state("delivered"))},
		{wants: pb.Outcome_BROKEN, sent: l.send("carrier", state("lost"))},
		{sent: l.send("customer", &pb.SettleRequest{Promise: made.Promise})},
	}}
}

// must hands in what has to succeed.
func (l *load) must(s *sent) bool {
	if !l.settle(s) {
		return false
	}
	if !s.ok() {
		l.c.t.Errorf("a transaction of %s was refused: %v", s.name, s.rec.Result)
	}
	return s.ok()
}

// rival does what one of them wants, and looks at what came of it.
func (l *load) rival(p *settled, r *rival) {
	r.sent.call = l.now()
	if !l.settle(r.sent) {
		return
	}
	ctx, cancel := context.WithTimeout(l.c.t.Context(), answer)
	defer cancel()
	res, err := l.c.nodes[r.sent.node].api.GetPromise(ctx, connect.NewRequest(&pb.GetRequest{Id: p.id}))
	if err != nil {
		return
	}
	r.saw, r.done = res.Msg.Promise.Outcome, l.now()
}

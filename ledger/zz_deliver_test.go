package ledger_test

import (
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/promise"
)

func TestDeliverCost(t *testing.T) {
	c := newChaos(t, 1)
	c.genesis.Params.WorkPerBlock, c.genesis.Params.FactAheadMax = 5000, durationpb.New(time.Hour)
	c.machine, c.height = newMachine(t, c.genesis), 0
	c.run(nil)
	c.setUp()
	var m *pb.Template
	for _, x := range c.templates {
		if x.Name == "parcel-by-date" {
			m = x.CloneVT()
		}
	}
	m.Name, m.Version, m.Examples = "heavy", 1, m.Examples[:1]
	m.Rules[1].When = "now > terms.deliver_by + terms.grace"
	c.timed(t, c.sign(c.who[1], &pb.PublishTemplateRequest{Template: m}))
	amount := func(n string, u int64) *pb.NamedValue {
		return &pb.NamedValue{Name: n, Value: &pb.Value{Value: &pb.Value_Amount{Amount: &pb.Amount{Asset: c.ids["assets"][0], Units: u}}}}
	}
	for range 4 {
		var offers, accepts []op.Message
		for range 64 {
			offers = append(offers, &pb.OfferRequest{Template: "heavy@chaos1/1", Roles: []*pb.RoleBinding{{Role: "seller", Parties: []string{c.who[1].id}}, {Role: "buyer", Parties: []string{c.who[2].id}}, {Role: "carrier", Parties: []string{c.who[3].id}}},
				Terms: []*pb.NamedValue{amount("price", 10), amount("penalty", 1), {Name: "tracking", Value: &pb.Value{Value: &pb.Value_String_{String_: "1"}}},
					{Name: "deliver_by", Value: &pb.Value{Value: &pb.Value_Time{Time: timestamppb.New(c.now.Add(10 * time.Minute))}}}}})
		}
		c.height++
		tx, _ := op.Decode(c.sign(c.who[1], offers...))
		x := c.machine.Execute(ledger.Block{Height: c.height, Time: c.now, Txs: []ledger.Tx{{Decoded: tx}}})
		c.machine.Commit(nil)
		for _, ch := range x.Changes {
			if _, p, ok := promise.Promises.Of(ch); ok && ch.Before() == nil {
				accepts = append(accepts, &pb.AcceptRequest{Promise: p.Id})
			}
		}
		c.now = c.now.Add(time.Second)
		c.timed(t, c.sign(c.who[2], accepts...))
	}
	for k := range 4 {
		var ss []*pb.Statement
		for i := range 64 {
			ss = append(ss, &pb.Statement{Subject: "parcel:1", Kind: "delivered", At: timestamppb.New(c.now.Add(30*time.Minute + time.Duration(i))), Reference: fmt.Sprint(k, "-", i)})
		}
		_, d := c.timed(t, c.sign(c.who[3], &pb.SubmitFactRequest{Statements: ss}))
		fmt.Println("64 facts × 256 promises", d)
		for range 3 {
			_, d = c.timed(t)
			fmt.Println("  then", d)
		}
	}
}

package ledger_test

import (
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger"
	"github.com/troth-ledger/troth/ledger/op"
)

// spend runs one block and says how long it took.
func (c *chaos) timed(txs ...[]byte) (time.Duration, *ledger.Executed) {
	c.t.Helper()
	var decoded []ledger.Tx
	for _, raw := range txs {
		d, err := op.Decode(raw)
		if err == nil {
			err = d.Verify()
		}
		if err != nil {
			c.t.Fatal(err)
		}
		decoded = append(decoded, ledger.Tx{Decoded: d})
	}
	c.height++
	start := time.Now()
	x := c.machine.Execute(ledger.Block{Height: c.height, Time: c.now, Txs: decoded})
	took := time.Since(start)
	if err := c.machine.Commit(nil); err != nil {
		c.t.Fatal(err)
	}
	c.now = c.now.Add(time.Second)
	return took, x
}

func (c *chaos) ok(x *ledger.Executed) {
	c.t.Helper()
	for _, r := range x.Results {
		if r.Code != 0 {
			c.t.Fatalf("%s: %s", pb.Code(r.Code), r.Message)
		}
	}
}

// TestManyDue: what is due in one block is found without looking again at what
// was done.
func TestManyDue(t *testing.T) {
	for _, n := range []int{1000, 4000} {
		c := newChaos(t, 1)
		c.genesis.Params.WorkPerBlock = 5000
		c.machine = newMachine(t, c.genesis)
		c.height = 0
		c.run(nil)
		c.setUp()
		due := timestamppb.New(c.now.Add(time.Minute))
		var txs [][]byte
		for range n / 50 {
			var ms []op.Message
			for range 50 {
				ms = append(ms, &pb.PlaceHoldRequest{Amount: &pb.Amount{Asset: c.ids["assets"][0], Units: 1}, Holder: c.who[1].id, Expires: due})
			}
			txs = append(txs, c.sign(c.who[0], ms...))
		}
		_, x := c.timed(txs...)
		c.ok(x)
		c.now = c.now.Add(time.Hour)
		took, x := c.timed()
		fmt.Println(n, "due", took, len(x.Changes))
	}
}

package op

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/state"
)

// Context is what a handler sees of the world.
type Context struct {
	// State is the ledger as the block sees it.
	State *state.Overlay
	// ChainID is the chain's id.
	ChainID string
	// Height is the block's height.
	Height int64
	// Now is block time. There is no other clock.
	Now time.Time
	// Due is a place in the indexes of deadlines before which nothing stands; it
	// may be empty. It saves stepping over what was done in earlier blocks.
	Due string
	// Params are the chain's parameters.
	Params *pb.Params
	// Protocol is the version of the rules in force.
	Protocol uint32
	// Tx is the transaction's id; zero where the ledger acts by itself.
	Tx ID
	// Signer is the transaction's party; empty where the ledger acts by itself.
	Signer string
	// Signatures are the transaction's, all verified.
	Signatures []*pb.Signature
	// Index is the operation's place in the transaction.
	Index int
	// Steps is where the changes of each operation so far begin.
	Steps []state.Mark
	// Row is the operation's row; nil where the ledger acts by itself.
	Row *Row
	// Body is what was signed, for newcomers whose keys come with it.
	Body *pb.TxBody
}

// Time is block time as a message.
func (c *Context) Time() *timestamppb.Timestamp { return timestamppb.New(c.Now) }

// Apply runs the transaction's operations in order. It returns their encoded
// responses, or the error and the index of the operation at fault; then
// everything is as before.
func (t *Tx) Apply(c *Context) (responses [][]byte, failed int, err error) {
	start := c.State.Mark()
	responses, c.Steps = make([][]byte, len(t.ops)), make([]state.Mark, 0, len(t.ops))
	for i := range t.ops {
		d := &t.ops[i]
		c.Index, c.Row = i, d.row
		mark := c.State.Mark()
		c.Steps = append(c.Steps, mark)
		res, err := d.row.apply(c, d.request)
		if err == nil {
			err = checkPrivileges(c, mark)
		}
		if err != nil {
			c.State.Undo(start)
			return nil, i, err
		}
		responses[i] = state.Encode(res)
	}
	return responses, 0, nil
}

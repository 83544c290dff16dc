// Package ledger is the state machine: it takes blocks of transactions and
// says what became of each, and what the state's root is. It is pure: given
// the same blocks, every node computes the same bytes.
//
// Machine.Execute is the main path and reads from top to bottom.
package ledger

import (
	"fmt"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/invariant"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/party"
	"github.com/troth-ledger/troth/ledger/state"

	// The areas register their operations.
	_ "github.com/troth-ledger/troth/ledger/asset"
	_ "github.com/troth-ledger/troth/ledger/fact"
	_ "github.com/troth-ledger/troth/ledger/promise"
)

// Block is what consensus decided.
type Block struct {
	Height int64
	Time   time.Time
	Txs    []Tx
}

// Tx is a transaction of a block. Err is what decoding or verifying it said;
// it is a numbered error, and Decoded is nil or not to be used then.
type Tx struct {
	Decoded *op.Tx
	Err     error
}

// Executed is what a block did.
type Executed struct {
	Root    [32]byte
	Results []*pb.TxResult
	// Changes are all changes in order. Ends holds, for each transaction, where
	// its changes and the settlements it caused end; what stands before the
	// first and after the last is the ledger's own.
	Changes []state.Change
	Begin   int
	Ends    []int
}

// Machine is the state machine over a store. One goroutine executes.
type Machine struct {
	store   *state.Store
	chainID string
	params  *pb.Params
	overlay *state.Overlay
	// due is where to look for deadlines from, and nextDue what it will be once
	// the block is committed: after a block that did all that was due, nothing
	// stands before its time. Forgetting it costs time and changes nothing.
	due, nextDue string
}

// New returns the machine of a chain over its store.
func New(store *state.Store, chainID string) *Machine {
	m := &Machine{store: store, chainID: chainID}
	m.loadParams(nil)
	return m
}

// Store is the machine's store.
func (m *Machine) Store() *state.Store { return m.store }

// Execute runs a block: what is due first, then every transaction, each
// followed by the settlements it caused. Nothing is visible until Commit.
func (m *Machine) Execute(b Block) *Executed {
	o := m.overlay
	if o == nil {
		o = m.store.Begin()
	}
	m.overlay = nil
	m.loadParams(o)
	if state.At(b.Time) < m.due {
		m.due = "" // time went back, which consensus rules out
	}
	x := &Executed{Results: make([]*pb.TxResult, len(b.Txs)), Ends: make([]int, len(b.Txs))}

	work := int(m.params.WorkPerBlock)
	work -= op.RunDue(m.context(o, b), work, false)
	x.Begin = int(o.Mark())
	for i := range b.Txs {
		x.Results[i] = m.transact(o, b, &b.Txs[i])
		if x.Results[i].Code == 0 && work > 0 {
			c := m.context(o, b)
			c.Tx = b.Txs[i].Decoded.ID
			work -= op.RunDue(c, work, true)
		}
		x.Ends[i] = int(o.Mark())
	}

	if m.nextDue = m.due; work > 0 {
		m.nextDue = state.At(b.Time.Add(1))
	}
	x.Changes = o.Since(0)
	if err := invariant.Check(x.Changes); err != nil {
		panic(fmt.Sprintf("ledger: height %d: %v", b.Height, err))
	}
	x.Root = m.store.Finalize(o, b.Height)
	return x
}

// Commit makes the executed block visible, with what the node keeps beside it.
func (m *Machine) Commit(locals []state.Local) error {
	if err := m.store.Commit(locals); err != nil {
		return err
	}
	m.due = m.nextDue
	return nil
}

// NextDue is the earliest deadline of all after the last commit. It is for the
// goroutine that executes.
func (m *Machine) NextDue(r state.Reader) (time.Time, bool) { return op.NextDueFrom(r, m.due) }

func (m *Machine) context(o *state.Overlay, b Block) *op.Context {
	return &op.Context{State: o, ChainID: m.chainID, Height: b.Height, Now: b.Time, Due: m.due, Params: m.params}
}

// transact runs one transaction. A refused one leaves nothing behind but its
// idempotency key, and its charge where it was admitted: once in a block, a
// refusal is final.
func (m *Machine) transact(o *state.Overlay, b Block, t *Tx) *pb.TxResult {
	if t.Err != nil {
		return refused(t.Err, 0)
	}
	c := m.context(o, b)
	c.Tx, c.Signer, c.Signatures, c.Body = t.Decoded.ID, t.Decoded.Body.Party, t.Decoded.Signatures, t.Decoded.Body
	mark := o.Mark()
	if err := m.admit(c, t.Decoded); err != nil {
		o.Undo(mark)
		if party.CheckTime(c, t.Decoded) == nil {
			// It was admitted when the block was proposed, and something before it
			// changed that. Without its key being used, it could be handed in again
			// and run when its party was told that it never will.
			_ = party.Remember(c, t.Decoded)
		}
		return refused(err, 0)
	}
	mark = o.Mark()
	responses, failed, err := t.Decoded.Apply(c)
	if err != nil {
		return refused(err, failed+1)
	}
	if err := party.CheckSpend(c, t.Decoded, spent(c, t.Decoded)); err != nil {
		o.Undo(mark)
		return refused(err, 0)
	}
	return &pb.TxResult{Responses: responses}
}

// admit asks everything about a transaction but what its operations do.
func (m *Machine) admit(c *op.Context, t *op.Tx) error {
	if err := party.CheckTime(c, t); err != nil {
		return err
	}
	if err := party.Authorise(c, t); err != nil {
		return err
	}
	if err := party.Remember(c, t); err != nil {
		return err
	}
	return party.Charge(c, t.Weight())
}

// Admits says whether a transaction would be admitted now, on the committed
// state: the door's question, and a proposer's. It changes nothing.
func (m *Machine) Admits(o *state.Overlay, height int64, now time.Time, t *op.Tx) error {
	c := m.context(o, Block{Height: height, Time: now})
	c.Tx, c.Signer, c.Signatures, c.Body = t.ID, t.Body.Party, t.Signatures, t.Body
	mark := o.Mark()
	err := m.admit(c, t)
	if err != nil {
		o.Undo(mark)
	}
	return err
}

func refused(err error, failed int) *pb.TxResult {
	return &pb.TxResult{Code: uint32(op.CodeOf(err)), Message: err.Error(), FailedOp: uint32(failed)}
}

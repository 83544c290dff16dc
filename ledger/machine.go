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
	"github.com/troth-ledger/troth/ledger/council"
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
	// Evidence is what consensus found out about validators.
	Evidence []council.Evidence
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
	// Validators are those of consensus whose power changed, by public key.
	Validators []council.Update
	// Protocol is the version of the rules, where this block is the first that
	// runs by it; else 0.
	Protocol uint32
}

// Machine is the state machine over a store. One goroutine executes.
type Machine struct {
	store   *state.Store
	chainID string
	params  *pb.Params
	overlay *state.Overlay
	// scratch is the context of what runs: one after the other, and nobody keeps it.
	scratch op.Context
	// trial is where transactions of the next block were admitted: what that found
	// need not be found again.
	trial *Trial
	tried int // how many the last one admitted: as many may come again
	// protocol is the version of the rules in force.
	protocol uint32
	// due is where to look for deadlines from, and nextDue what it will be once
	// the block is committed: after a block that did all that was due, nothing
	// stands before its time. Forgetting it costs time and changes nothing.
	due, nextDue string
	// nextParams and nextProtocol are in force once the block is committed.
	nextParams   *pb.Params
	nextProtocol uint32
}

// New returns the machine of a chain over its store.
func New(store *state.Store, chainID string) *Machine {
	m := &Machine{store: store, chainID: chainID}
	v := store.View()
	defer v.Release()
	m.params, m.protocol = m.paramsOf(v)
	return m
}

// Store is the machine's store.
func (m *Machine) Store() *state.Store { return m.store }

// Ready says whether this program can execute a height, which is above the last
// one. The error is a *council.UpgradeNeeded. It is for any goroutine.
func (m *Machine) Ready(height int64) error {
	v := m.store.View()
	defer v.Release()
	return council.Ready(v, height)
}

// ReadyNext is Ready for the height after the block that was advanced to. It is
// for the goroutine that executes.
func (m *Machine) ReadyNext() error { return council.Ready(m.store.Begin(), m.store.Tip()+1) }

// Execute runs a block for which the machine is Ready: the council's business
// and what is due first, then every transaction, each followed by the
// settlements it caused. Nothing is visible until Commit.
func (m *Machine) Execute(b Block) *Executed {
	o, trial := m.begin()
	genesis := o.Mark() // what the block itself does comes after it
	m.params, m.protocol = m.paramsOf(o)
	if state.At(b.Time) < m.due {
		m.due = "" // time went back, which consensus rules out
	}
	x := &Executed{Results: make([]*pb.TxResult, len(b.Txs)), Ends: make([]int, len(b.Txs))}

	if x.Protocol = council.Begin(m.context(o, b), b.Evidence); x.Protocol != 0 {
		m.params, m.protocol = m.paramsOf(o)
	}
	work := int(m.params.WorkPerBlock)
	work -= op.RunDue(m.context(o, b), work, false)
	x.Begin = int(o.Mark())
	known := trial.forBlock(m, b)
	for i := range b.Txs {
		x.Results[i] = m.transact(o, b, &b.Txs[i], known.next(b.Txs[i].Decoded))
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
	party.SealUsed(m.context(o, b))
	// What is admitted next is judged by what this block leaves: a node that was
	// started anew has nothing else to go by. Once the block is advanced to, a look
	// could wait for its writing, which comes after.
	m.nextParams, m.nextProtocol = m.paramsOf(o)
	x.Changes, x.Validators = o.Since(0), council.Updates(o.Since(genesis))
	if err := invariant.Check(x.Changes); err != nil {
		panic(fmt.Sprintf("ledger: height %d: %v", b.Height, err))
	}
	x.Root = m.store.Finalize(o, b.Height)
	return x
}

// begin is where a block is executed: upon what the genesis left, or where its
// transactions were admitted, with all of that taken back.
func (m *Machine) begin() (*state.Overlay, *Trial) {
	o, trial := m.overlay, m.trial
	m.overlay, m.trial = nil, nil
	switch {
	case o != nil:
		return o, nil
	case trial != nil && trial.overlay.Rewind():
		m.tried = len(trial.admitted)
		return trial.overlay, trial
	default:
		return m.store.BeginLike(), nil
	}
}

// Commit makes the executed block visible, with what the node keeps beside it.
func (m *Machine) Commit(locals []state.Local) error {
	if err := m.Advance(); err != nil {
		return err
	}
	return m.store.Write(func() []state.Local { return locals })
}

// Advance makes the executed block what the next one begins from. The store's
// Write has to follow, which makes it visible.
func (m *Machine) Advance() error {
	if err := m.store.Advance(); err != nil {
		return err
	}
	m.due, m.trial, m.scratch = m.nextDue, nil, op.Context{}
	m.params, m.protocol = m.nextParams, m.nextProtocol
	return nil
}

// NextDue is the earliest deadline of all after the last commit, which is
// written. It is for the goroutine that executes.
func (m *Machine) NextDue(r state.Reader) (time.Time, bool) { return op.NextDueFrom(r, m.due) }

func (m *Machine) context(o *state.Overlay, b Block) *op.Context {
	m.scratch = op.Context{State: o, ChainID: m.chainID, Height: b.Height, Now: b.Time, Due: m.due, Params: m.params, Protocol: m.protocol}
	return &m.scratch
}

// transact runs one transaction. A refused one leaves nothing behind but its
// idempotency key, and its charge where it was admitted: once in a block, a
// refusal is final. What its admission found, where there was one, is had again as
// long as it would find the same.
func (m *Machine) transact(o *state.Overlay, b Block, t *Tx, before *admitted) *pb.TxResult {
	if t.Err != nil {
		return refused(t.Err, 0)
	}
	c := m.context(o, b)
	c.Tx, c.Signer, c.Signatures, c.Body = t.Decoded.ID, t.Decoded.Body.Party, t.Decoded.Signatures, t.Decoded.Body
	mark := o.Mark()
	if err := before.ready(c, t.Decoded); err != nil {
		return refused(err, 0)
	}
	// From here on its key is used. It was admitted when the block was proposed,
	// and what came before it may have changed that: could it be handed in again,
	// it might run after its party was told that it never will.
	party.Use(c, t.Decoded)
	free, err := before.entitled(c, t.Decoded)
	if err != nil {
		o.Undo(mark)
		return refused(err, 0)
	}
	mark = o.Mark()
	responses, failed, err := t.Decoded.Apply(c)
	if err != nil {
		return refused(err, failed+1)
	}
	if !free {
		if err := party.CheckSpend(c, t.Decoded, spent(c, t.Decoded)); err != nil {
			o.Undo(mark)
			return refused(err, 0)
		}
	}
	return &pb.TxResult{Responses: responses}
}

// Ahead reads what transactions that are about to be admitted or executed will
// need. It changes nothing but how long that takes.
func (m *Machine) Ahead(n int, tx func(i int) *op.Tx) {
	m.store.Ahead(n, func(i int, row func(state.Ref)) {
		if t := tx(i); t != nil { // what can't be decoded is refused
			party.Ahead(t.Body.Party, row)
			t.Ahead(row)
		}
	})
}

func refused(err error, failed int) *pb.TxResult {
	return &pb.TxResult{Code: uint32(op.CodeOf(err)), Message: err.Error(), FailedOp: uint32(failed)}
}

package ledger

import (
	"time"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/party"
	"github.com/troth-ledger/troth/ledger/state"
)

// Trial is where transactions of the next block are admitted, one after the other:
// a proposer's, and of whoever is asked to agree to a proposal. What it finds out
// is used when the block is executed, as far as it still holds then, and is else
// forgotten. It belongs to the goroutine that executes.
type Trial struct {
	machine *Machine
	overlay *state.Overlay
	height  int64
	now     time.Time
	// params and protocol are what was judged by.
	params   *pb.Params
	protocol uint32
	admitted []admitted
}

// admitted is a transaction with what admitting it read and changed.
type admitted struct {
	tx      *op.Tx
	outcome state.Outcome
	free    bool
}

// Trial begins where the last block left the state, for a block of this height and
// time.
func (m *Machine) Trial(height int64, now time.Time) *Trial {
	m.trial = &Trial{machine: m, overlay: m.store.BeginLike(), height: height, now: now, params: m.params, protocol: m.protocol,
		admitted: make([]admitted, 0, m.tried)}
	return m.trial
}

// Admits says whether a transaction would be admitted after those that were. It
// changes nothing but this.
func (t *Trial) Admits(tx *op.Tx) error {
	o := t.overlay
	c := t.machine.context(o, Block{Height: t.height, Time: t.now})
	c.Tx, c.Signer, c.Signatures, c.Body = tx.ID, tx.Body.Party, tx.Signatures, tx.Body
	if err := ready(c, tx); err != nil {
		return err
	}
	mark := o.Mark()
	o.Watch()
	free, err := entitled(c, tx)
	found, ok := o.Watched(mark)
	if err != nil {
		o.Undo(mark)
		return err
	}
	party.Use(c, tx)
	if ok {
		t.admitted = append(t.admitted, admitted{tx, found, free})
	}
	return nil
}

// forBlock is the trial where it was of this block, and judged by the same rules.
func (t *Trial) forBlock(m *Machine, b Block) *Trial {
	if t == nil || t.height != b.Height || !t.now.Equal(b.Time) || t.params != m.params || t.protocol != m.protocol {
		return nil
	}
	return t
}

// next is what is known of the next transaction of the block; nil where nothing
// is. A block has what was admitted in that order; of another, no more is known from
// where it differs.
func (t *Trial) next(tx *op.Tx) *admitted {
	if t == nil || tx == nil || len(t.admitted) == 0 || t.admitted[0].tx != tx {
		return nil
	}
	a := &t.admitted[0]
	t.admitted = t.admitted[1:]
	return a
}

// ready asks whether a transaction is of this chain and time, and new. One that was
// admitted is of both, and nothing but this very block can have used its key since.
func (a *admitted) ready(c *op.Context, t *op.Tx) error {
	if a != nil && !c.State.UsedHere(t.Once) {
		return nil
	}
	return ready(c, t)
}

// entitled asks whether those who signed may do this, and so much; it charges them
// for it. free says that they may spend what they like. Where everything that this
// was found by is as it was, the answer is too.
func (a *admitted) entitled(c *op.Context, t *op.Tx) (free bool, err error) {
	if a != nil && c.State.Redo(a.outcome) {
		return a.free, nil
	}
	return entitled(c, t)
}

func ready(c *op.Context, t *op.Tx) error {
	if err := party.CheckTime(c, t); err != nil {
		return err
	}
	return party.CheckUnused(c, t)
}

func entitled(c *op.Context, t *op.Tx) (free bool, err error) {
	if free, err = party.Authorise(c, t); err != nil {
		return false, err
	}
	return free, party.Charge(c, t.Weight())
}

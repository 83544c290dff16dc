package council

import (
	"encoding/binary"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// Evidence is what consensus proved about a validator in a block.
type Evidence struct {
	// Address is the validator's, 20 bytes.
	Address []byte
	// Kind is what it did.
	Kind pb.MisbehaviourKind
	// Height and Time are when it did it.
	Height int64
	Time   time.Time
	// Power is what it had then.
	Power int64
}

// record keeps evidence and acts on it: the validator has no power any more, and
// its member's seat is suspended. This doesn't wait for the bound on change, for
// who signed twice counts as faulty whatever power it has.
func record(c *op.Context, e Evidence) {
	id := op.MakeID("mb", e.Address, binary.BigEndian.AppendUint64(nil, uint64(e.Height)), []byte{byte(e.Kind)})
	if Misbehaviour.Has(c.State, state.Key(id)) {
		return // twice in one round, or one more in another round of the height
	}
	m := &pb.Misbehaviour{Id: id, Address: e.Address, Kind: e.Kind, Height: e.Height, Time: timestamppb.New(e.Time), Power: e.Power, Recorded: c.Time()}
	if v, ok := Validators.Get(c.State, ValidatorKey(e.Address)); ok {
		m.Party = v.Party
		v.Misbehaved = true
		Validators.Put(c.State, ValidatorKey(e.Address), v)
		m.Suspended = suspend(c, v.Party)
	}
	Misbehaviour.Put(c.State, state.Key(id), m)
}

// suspend takes a member's power, also where it was a former key of its
// validator that misbehaved. It says false where the seat is gone or suspended,
// and for the only validator with power: the chain would end.
func suspend(c *op.Context, id string) bool {
	m, ok := Members.Get(c.State, state.Key(id))
	if !ok || m.Suspended || m.Power == Get(c.State).Power {
		return false
	}
	_ = shift(c, m.Power, 0, forced) // which has no error then
	m.Power, m.Suspended = 0, true
	Members.Put(c.State, state.Key(id), m)
	return true
}

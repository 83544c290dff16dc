package fact

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/party"
	"github.com/troth-ledger/troth/ledger/state"
)

// codeSubmit is the operation whose scope a key needs to state anything: a key
// that may not submit a fact may not have one carried either. CarryFact is the
// right to bring, not to state.
const codeSubmit = 200

// carry records a carried statement whose signature is good. A statement that
// is a fact already keeps its id even where its key is not valid any more: a
// carrier that repeats itself after the device was retired is not at fault.
func carry(c *op.Context, s *pb.CarriedStatement) (string, error) {
	if id := ID(s.Attester, s.Statement); Facts.Has(c.State, state.Key(id)) {
		return id, nil
	}
	attester, err := party.Get(c.State, s.Attester)
	if err != nil {
		return "", err
	}
	if err := party.CanState(c, attester, s.Signature, codeSubmit); err != nil {
		return "", err
	}
	st, err := Decode(s.Statement)
	if err != nil {
		return "", err
	}
	return record(c, s.Attester, st, s.Statement)
}

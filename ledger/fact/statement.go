package fact

import (
	"bytes"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// StatementMax is the longest encoded statement, in bytes.
const StatementMax = 8 << 10

// ID is the id of the fact that an attester's statement is or would be: made
// from the attester and the statement's bytes as Encode writes them.
func ID(attester string, statement []byte) string {
	return op.MakeID("f", []byte(attester), statement)
}

// Encode writes a statement in its one canonical form: fields in the order of
// their numbers, nothing that is empty. A device signs these bytes.
func Encode(s *pb.Statement) []byte { return state.Encode(s) }

// Message is what a device signs for its statement to be carried on a chain:
// the prefix keeps the signature from ever being one of a transaction, the
// chain's id from counting elsewhere.
func Message(chainID string, statement []byte) []byte {
	b := make([]byte, 0, 32+len(chainID)+len(statement))
	b = append(b, "troth-statement/1\x00"...)
	b = append(b, chainID...)
	b = append(b, 0)
	return append(b, statement...)
}

var decode = op.Strict[pb.Statement]()

// Decode reads a carried statement and checks it by itself. The bytes must be
// the canonical ones, or one statement could be written, signed and counted
// twice. It returns TOO_LARGE, MALFORMED, UNKNOWN_FIELD or what Check returns.
func Decode(b []byte) (*pb.Statement, error) {
	if len(b) > StatementMax {
		return nil, op.Errorf(pb.Code_TOO_LARGE, "the statement has %d bytes; %d is the most", len(b), StatementMax)
	}
	s, err := decode(b)
	if err != nil {
		return nil, err
	}
	if err := Check(s); err != nil {
		return nil, err
	}
	if !bytes.Equal(Encode(s), b) {
		return nil, op.Errorf(pb.Code_MALFORMED, "the statement is not in its canonical form: fields by number, each once, none that is empty")
	}
	return s, nil
}

package fact

import (
	"bytes"

	"google.golang.org/protobuf/proto"

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

// Decode reads a carried statement and checks it by itself. The bytes must be
// the canonical ones, or one statement could be written, signed and counted
// twice. It returns TOO_LARGE, MALFORMED, UNKNOWN_FIELD or what Check returns.
func Decode(b []byte) (*pb.Statement, error) {
	if len(b) > StatementMax {
		return nil, op.Errorf(pb.Code_TOO_LARGE, "the statement has %d bytes; %d is the most", len(b), StatementMax)
	}
	s := &pb.Statement{}
	if err := s.UnmarshalVT(b); err != nil {
		return nil, op.Errorf(pb.Code_MALFORMED, "the statement is no troth.v1.Statement: %v", err)
	}
	if err := known(s); err != nil {
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

// known refuses fields that this version doesn't know, at any depth. The
// generated decoder keeps them, and the encoder writes them again; but for those
// of times and durations, which are lost and so found out as not canonical.
func known(s *pb.Statement) error {
	parts := []proto.Message{s}
	for _, v := range s.Values {
		parts = append(parts, v)
		if v.Value != nil {
			parts = append(parts, v.Value)
		}
		if a := v.Value.GetAmount(); a != nil {
			parts = append(parts, a)
		}
	}
	for _, p := range parts {
		if m := p.ProtoReflect(); len(m.GetUnknown()) > 0 {
			return op.Errorf(pb.Code_UNKNOWN_FIELD, "%s in the statement has a field that this version doesn't know", m.Descriptor().FullName())
		}
	}
	return nil
}

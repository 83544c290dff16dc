package client

import (
	"crypto/rand"
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/client/keyfile"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/sig"
	"github.com/troth-ledger/troth/ledger/state"

	// The areas register the operations that a body can hold.
	_ "github.com/troth-ledger/troth/ledger/asset"
	_ "github.com/troth-ledger/troth/ledger/council"
	_ "github.com/troth-ledger/troth/ledger/fact"
	_ "github.com/troth-ledger/troth/ledger/promise"
)

// Life is how long a transaction stays valid where nothing else is said.
const Life = 5 * time.Minute

// Body describes a transaction to be signed.
type Body struct {
	ChainID string
	Party   string
	Key     []byte    // idempotency key; random where nil
	Expires time.Time // Life from now where zero
	Ops     []op.Message
}

// Sign returns the transaction, signed with keys of its party.
func (b Body) Sign(keys ...keyfile.Signer) ([]byte, error) {
	body, err := b.Encode(keys...)
	if err != nil {
		return nil, err
	}
	return Sign(body, keys...)
}

// Encode returns the exact bytes to be signed with these keys, in this order: a
// body names its signers.
func (b Body) Encode(keys ...keyfile.Signer) ([]byte, error) {
	signers := make([]*pb.Key, len(keys))
	for i, k := range keys {
		signers[i] = &pb.Key{Scheme: pb.Scheme(k.Scheme()), PublicKey: k.Public()}
	}
	t := &pb.TxBody{ChainId: b.ChainID, Party: b.Party, Key: b.Key, Signers: op.Signers(signers)}
	if t.Key == nil {
		t.Key = make([]byte, 16)
		if _, err := rand.Read(t.Key); err != nil {
			return nil, err
		}
	}
	if b.Expires.IsZero() {
		b.Expires = time.Now().Add(Life)
	}
	t.Expires = timestamppb.New(b.Expires)
	for _, m := range b.Ops {
		row, ok := op.FindRequest(m)
		if !ok {
			return nil, fmt.Errorf("client: %T is no operation's request", m)
		}
		t.Ops = append(t.Ops, &pb.Operation{Code: row.Code, Request: state.Encode(m)})
	}
	return state.Encode(t), nil
}

// Sign signs a body with the keys that it was encoded for and returns the
// transaction.
func Sign(body []byte, keys ...keyfile.Signer) ([]byte, error) {
	t := &pb.SignedTx{Body: body}
	for _, k := range keys {
		s, err := SignBytes(body, k)
		if err != nil {
			return nil, err
		}
		t.Signatures = append(t.Signatures, s)
	}
	return state.Encode(t), nil
}

// SignBytes signs any message of the schema's: a transaction's body, or what
// StatementBytes returns.
func SignBytes(message []byte, k keyfile.Signer) (*pb.Signature, error) {
	s, err := k.Sign(message)
	if err != nil {
		return nil, fmt.Errorf("client: signing: %w", err)
	}
	return &pb.Signature{Scheme: pb.Scheme(k.Scheme()), PublicKey: k.Public(), Signature: s}, nil
}

// PartyID is the id of a party with a first key and a salt, registered by
// another party; registrar is empty for one that comes by itself.
func PartyID(scheme sig.Scheme, publicKey, salt []byte, registrar string) string {
	return op.MakeID("p", []byte{byte(scheme)}, publicKey, salt, []byte(registrar))
}

// SignStatement lets an attester, such as a device, sign a statement that
// anybody may then carry to the ledger.
func SignStatement(chainID, attester string, s *pb.Statement, k keyfile.Signer) (*pb.CarriedStatement, error) {
	b := state.Encode(s)
	signature, err := SignBytes(StatementBytes(chainID, b), k)
	if err != nil {
		return nil, err
	}
	return &pb.CarriedStatement{Attester: attester, Statement: b, Signature: signature}, nil
}

// StatementBytes is what an attester signs for an encoded statement.
func StatementBytes(chainID string, statement []byte) []byte {
	b := append([]byte("troth-statement/1\x00"), chainID...)
	return append(append(b, 0), statement...)
}

// ID returns the id of a transaction's bytes, in hexadecimal, without checking
// it.
func ID(tx []byte) (string, bool) {
	id, ok := op.PeekID(tx)
	return fmt.Sprintf("%x", id), ok
}

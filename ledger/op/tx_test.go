package op_test

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	_ "github.com/troth-ledger/troth/ledger" // registers every operation
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// someParty has the form of a party's id.
const someParty = "p_aaaaaaaaaaaaaaaaaaaaaaaaaa"

var someKey = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))

// unsigned is a transaction with these operations, for some party. Decode does
// not look at the signature.
func unsigned(ops ...*pb.Operation) *pb.SignedTx { return toSign(pb.Scheme_ED25519, ops...) }

// toSign is unsigned with some key said to be of this scheme.
func toSign(scheme pb.Scheme, ops ...*pb.Operation) *pb.SignedTx {
	sigs := []*pb.Signature{{Scheme: scheme, PublicKey: someKey.Public().(ed25519.PublicKey)}}
	return &pb.SignedTx{Signatures: sigs, Body: state.Encode(&pb.TxBody{ChainId: "x", Party: someParty, Key: make([]byte, 8),
		Expires: &timestamppb.Timestamp{Seconds: 1}, Signers: op.Signers(sigs), Ops: ops})}
}

// signed is unsigned with a good signature.
func signed(ops ...*pb.Operation) *pb.SignedTx { return sign(unsigned(ops...)) }

func sign(s *pb.SignedTx) *pb.SignedTx {
	s.Signatures[0].Signature = ed25519.Sign(someKey, s.Body)
	return s
}

func operation(m op.Message) *pb.Operation {
	row, _ := op.FindRequest(m)
	return &pb.Operation{Code: row.Code, Request: state.Encode(m)}
}

// FuzzDecode: nothing panics, and what is accepted means to the official
// library what it means to the generated decoder.
func FuzzDecode(f *testing.F) {
	f.Add([]byte{})
	for _, m := range []op.Message{
		&pb.SetPoliciesRequest{Policies: []*pb.KeyPolicy{{Ops: []uint32{152, 200}, Asset: "EUR@bank", Above: 5, Threshold: 2}}},
		&pb.PlaceHoldRequest{Amount: &pb.Amount{Asset: "EUR@bank", Units: 1}, Holder: someParty, Expires: &timestamppb.Timestamp{Seconds: 9, Nanos: 1}},
		&pb.SubmitFactRequest{Statements: []*pb.Statement{{Subject: "s", Kind: "k", At: &timestamppb.Timestamp{},
			Values: []*pb.NamedValue{{Name: "n", Value: &pb.Value{Value: &pb.Value_Bool{Bool: true}}}}}}},
		&pb.FreezeRequest{},
	} {
		f.Add(state.Encode(signed(operation(m))))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if tx, err := op.Decode(b); err == nil {
			same(t, b, &pb.SignedTx{})
			same(t, state.Encode(tx.Body), &pb.TxBody{})
		} else if op.CodeOf(err) == pb.Code_INTERNAL {
			t.Fatalf("an error without a number: %v", err)
		}
		for _, row := range op.Rows() {
			// Most of what is random fails in the envelope: put it inside.
			if _, err := op.Decode(state.Encode(unsigned(&pb.Operation{Code: row.Code, Request: b}))); err == nil {
				same(t, b, row.NewRequest())
			}
		}
	})
}

// same decodes bytes with both decoders and compares.
func same(t *testing.T, b []byte, m op.Message) {
	t.Helper()
	official := m.ProtoReflect().New().Interface()
	if err := proto.Unmarshal(b, official); err != nil {
		t.Fatalf("%T: the official decoder refuses %x: %v", m, b, err)
	}
	if err := m.UnmarshalVT(b); err != nil {
		t.Fatalf("%T: %v", m, err)
	}
	if !proto.Equal(official, m) {
		t.Fatalf("%T: %x is %v, or officially %v", m, b, m, official)
	}
	again := m.ProtoReflect().New().Interface().(op.Message)
	if err := again.UnmarshalVT(state.Encode(m)); err != nil || !proto.Equal(again, m) {
		t.Fatalf("%T: %v does not come back: %v, %v", m, m, again, err)
	}
}

// TestPackedNumbers: a number of a packed list is read with the care that any
// other gets.
func TestPackedNumbers(t *testing.T) {
	long := "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x7f" // more than 64 bits
	request := "\x0a\x0e\x0a\x0a" + long + "\x20\x01"
	_, err := op.Decode(state.Encode(signed(&pb.Operation{Code: 105, Request: []byte(request)})))
	if op.CodeOf(err) != pb.Code_MALFORMED {
		t.Fatalf("%v, not MALFORMED", err)
	}
}

// TestSchemeNumber: 257 is not 1.
func TestSchemeNumber(t *testing.T) {
	s := signed(operation(&pb.FreezeRequest{}))
	tx, err := op.Decode(state.Encode(s))
	if err != nil || tx.Verify() != nil {
		t.Fatal(err, tx.Verify())
	}
	for _, n := range []pb.Scheme{257, -255, 1 << 30, 0} {
		s.Signatures[0].Scheme = n
		if _, err := op.Decode(state.Encode(s)); op.CodeOf(err) != pb.Code_BAD_SIGNATURE {
			t.Errorf("scheme %d in the place of 1: %v", n, err)
		}
		tx, err := op.Decode(state.Encode(sign(toSign(n, operation(&pb.FreezeRequest{})))))
		if err != nil {
			t.Fatal(err)
		}
		if got := op.CodeOf(tx.Verify()); got != pb.Code_BAD_SIGNATURE {
			t.Errorf("scheme %d: %s", n, got)
		}
	}
}

// TestMessageLength: an answer is not longer than the question.
func TestMessageLength(t *testing.T) {
	_, err := op.Decode(state.Encode(signed(operation(&pb.TransferRequest{To: strings.Repeat("\x01", 60_000)}))))
	if err == nil || len(err.Error()) > 1100 {
		t.Fatalf("a message of %d bytes", len(err.Error()))
	}
	if msg := op.Errorf(pb.Code_INVALID, "%s", strings.Repeat("€", 9000)).Error(); !utf8.ValidString(msg) || len(msg) > 1100 {
		t.Fatalf("a message of %d bytes", len(msg))
	}
}

// TestSigners: what a body says about who signs is frozen, for wallets in other
// languages make it too; and no two lists of keys say the same.
func TestSigners(t *testing.T) {
	key := func(s pb.Scheme, fill byte, n int) *pb.Key {
		return &pb.Key{Scheme: s, PublicKey: bytes.Repeat([]byte{fill}, n)}
	}
	ed, other, p256, passkey := key(pb.Scheme_ED25519, 7, 32), key(pb.Scheme_ED25519, 8, 32), key(pb.Scheme_P256, 2, 33), key(pb.Scheme_WEBAUTHN, 2, 33)
	if got, want := fmt.Sprintf("%x", op.Signers([]*pb.Key{ed, p256})), "16da76e663e10b9483ce22233ff881a6"; got != want {
		t.Errorf("signers is %s, want %s", got, want)
	}
	seen := map[string]int{}
	for i, keys := range [][]*pb.Key{nil, {ed}, {other}, {p256}, {passkey}, {ed, other}, {other, ed}, {ed, ed}, {ed, p256, passkey}, {ed, passkey, p256}} {
		name := string(op.Signers(keys))
		if was, ok := seen[name]; ok || len(name) != 16 {
			t.Errorf("lists %d and %d are both %x", was, i, name)
		}
		seen[name] = i
	}
}

func BenchmarkSigners(b *testing.B) {
	for _, n := range []int{1, 2, op.SignaturesMax} {
		sigs := make([]*pb.Signature, n)
		for i := range sigs {
			sigs[i] = &pb.Signature{Scheme: pb.Scheme_ED25519, PublicKey: make([]byte, 32)}
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				op.Signers(sigs)
			}
		})
	}
}

// TestOnce: what an idempotency key is remembered by is committed to, and so frozen.
func TestOnce(t *testing.T) {
	tx, err := op.Decode(state.Encode(signed(operation(&pb.FreezeRequest{}))))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprintf("%x", tx.Once), "ca4e19089d8d9771078a312884f53c80"; got != want {
		t.Fatalf("once is %s, want %s", got, want)
	}
}

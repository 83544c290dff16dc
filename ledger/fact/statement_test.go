package fact

import (
	"bytes"
	"encoding/hex"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
)

// full is a statement with a value of every type.
func full() *pb.Statement {
	named := func(name string, v *pb.Value) *pb.NamedValue { return &pb.NamedValue{Name: name, Value: v} }
	return &pb.Statement{
		Subject: "flight:KE123/2026-12-01", Kind: "arrived", At: timestamppb.New(start), Reference: "r-1",
		Values: []*pb.NamedValue{
			named("gate", &pb.Value{Value: &pb.Value_String_{String_: "A17"}}),
			named("delay", &pb.Value{Value: &pb.Value_Int{Int: -3}}),
			named("diverted", &pb.Value{Value: &pb.Value_Bool{}}),
			named("landed", &pb.Value{Value: &pb.Value_Time{Time: timestamppb.New(start)}}),
			named("taxi", &pb.Value{Value: &pb.Value_Duration{Duration: durationpb.New(7 * time.Minute)}}),
			named("fee", &pb.Value{Value: &pb.Value_Amount{Amount: &pb.Amount{Asset: "EUR@northbank", Units: 5}}}),
			named("crew", &pb.Value{Value: &pb.Value_Sealed{Sealed: make([]byte, 32)}}),
		},
	}
}

// TestFrozen freezes what a device signs and the id that comes of it: a device
// in the field can't be told that either has changed.
func TestFrozen(t *testing.T) {
	s := &pb.Statement{Subject: "device:toaster", Kind: "failure", At: timestamppb.New(time.Unix(1767603540, 0)), Reference: "1"}
	const wantBytes = "0a0e6465766963653a746f617374657212076661696c7572651a0608d4faedca062a0131"
	if got := hex.EncodeToString(Encode(s)); got != wantBytes {
		t.Errorf("encoded %s, want %s", got, wantBytes)
	}
	if got, want := ID("p_aaaaaaaaaaaaaaaaaaaaaaaaaa", Encode(s)), "f_bek3hzesr2fnhq726gtbfpc7ui"; got != want {
		t.Errorf("id %s, want %s", got, want)
	}
	want := "troth-statement/1\x00troth-1\x00" + string(Encode(s))
	if got := string(Message("troth-1", Encode(s))); got != want {
		t.Errorf("message %q, want %q", got, want)
	}
}

// TestUnknownFields: at any depth they are refused, not carried along.
func TestUnknownFields(t *testing.T) {
	extra := []byte{0xfa, 0x7f, 0x01, 0x61} // field 2047
	at := []byte{0x1a, 0x06, 0x08, 0x80, 0xde, 0xed, 0xca, 0x06}
	head := append([]byte("\x0a\x01s\x12\x01k"), at...)
	sub := func(tag byte, b []byte) []byte { return append([]byte{tag, byte(len(b))}, b...) }
	value := func(b []byte) []byte { // a NamedValue around a Value
		return sub(0x22, append([]byte("\x0a\x01v"), sub(0x12, b)...))
	}
	for name, b := range map[string][]byte{
		"statement": append(bytes.Clone(head), extra...),
		"time":      append([]byte("\x0a\x01s\x12\x01k"), sub(0x1a, extra)...),
		"named":     append(bytes.Clone(head), sub(0x22, append([]byte("\x0a\x01v"), extra...))...),
		"value":     append(bytes.Clone(head), value(extra)...),
		"timestamp": append(bytes.Clone(head), value(sub(0x22, extra))...),
		"duration":  append(bytes.Clone(head), value(sub(0x2a, extra))...),
		"amount":    append(bytes.Clone(head), value(sub(0x32, extra))...),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Decode(b)
			wantCode(t, err, pb.Code_UNKNOWN_FIELD)
		})
	}
	_, err := Decode(append(bytes.Clone(head), value([]byte{0x10, 0x05})...))
	wantCode(t, err, pb.Code_OK)
	// A number in more bytes than it needs.
	_, err = Decode(append(bytes.Clone(head), value([]byte{0x10, 0x85, 0x00})...))
	wantCode(t, err, pb.Code_MALFORMED)
	// Two values in one.
	_, err = Decode(append(bytes.Clone(head), value([]byte{0x10, 0x05, 0x18, 0x01})...))
	wantCode(t, err, pb.Code_MALFORMED)
}

// FuzzDecode: whatever is accepted is canonical, so that no two encodings are
// one statement.
func FuzzDecode(f *testing.F) {
	f.Add([]byte{})
	f.Add(Encode(full()))
	f.Add(Encode(say("shock", start)))
	f.Add(Encode(&pb.Statement{Subject: "s", At: timestamppb.New(start), Withdraws: "f_aaaaaaaaaaaaaaaaaaaaaaaaaa"}))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Decode(b)
		if err != nil {
			return
		}
		if !bytes.Equal(Encode(s), b) {
			t.Fatalf("accepted %x, which encodes as %x", b, Encode(s))
		}
		if err := Check(s); err != nil {
			t.Fatalf("accepted what does not check: %v", err)
		}
		again, err := Decode(Encode(s))
		if err != nil || !bytes.Equal(Encode(again), b) {
			t.Fatalf("%x does not come back: %v", b, err)
		}
	})
}

func TestFullStatementDecodes(t *testing.T) {
	b := Encode(full())
	s, err := Decode(b)
	if err != nil || !bytes.Equal(Encode(s), b) {
		t.Fatalf("%v", err)
	}
}

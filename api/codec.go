package api

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/troth-ledger/troth/ledger/state"
)

// codec encodes with the generated code instead of reflection.
type codec struct{}

func (codec) Name() string { return "proto" }

func (codec) Marshal(m any) ([]byte, error) {
	if r, ok := m.(state.Record); ok {
		return state.Encode(r), nil
	}
	return proto.Marshal(m.(proto.Message))
}

func (codec) Unmarshal(b []byte, m any) error {
	r, ok := m.(state.Record)
	if !ok {
		return proto.Unmarshal(b, m.(proto.Message))
	}
	if err := r.UnmarshalVT(b); err != nil {
		return err
	}
	return known(m.(proto.Message).ProtoReflect())
}

// unknownField is in the text of an error about a field that this version
// doesn't know. Connect passes on the text alone.
const unknownField = "unknown field"

// known refuses fields that this version doesn't know: a filter that is skipped
// would answer another question than the one asked.
func known(m protoreflect.Message) (err error) {
	if len(m.GetUnknown()) > 0 {
		return fmt.Errorf("%s: %s %d; this version doesn't know it", m.Descriptor().FullName(), unknownField, firstField(m.GetUnknown()))
	}
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		if f.Message() == nil || f.IsMap() {
			return true
		}
		if !f.IsList() {
			err = known(v.Message())
			return err == nil
		}
		for i := 0; i < v.List().Len() && err == nil; i++ {
			err = known(v.List().Get(i).Message())
		}
		return err == nil
	})
	return err
}

func firstField(b protoreflect.RawFields) protowire.Number {
	n, _, _ := protowire.ConsumeTag(b)
	return n
}

// jsonCodec is Connect's own but that it refuses fields that it doesn't know,
// for the same reason, and writes fields that are zero: who reads JSON by hand
// should see that something is 0.
type jsonCodec struct{ name string }

func (c jsonCodec) Name() string { return c.name }

func (jsonCodec) Marshal(m any) ([]byte, error) {
	return protojson.MarshalOptions{EmitDefaultValues: true}.Marshal(m.(proto.Message))
}

func (jsonCodec) Unmarshal(b []byte, m any) error {
	if len(b) == 0 {
		return fmt.Errorf("there is no JSON; an empty request is {}")
	}
	return protojson.Unmarshal(b, m.(proto.Message))
}

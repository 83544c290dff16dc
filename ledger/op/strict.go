package op

import (
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/troth-ledger/troth/gen/pb"
)

// depthMax bounds how deep messages nest.
const depthMax = 12

// plan is what a message's bytes may be: its fields by number.
type plan struct {
	name   protoreflect.FullName
	fields []*field // by number
}

type field struct {
	wire     protowire.Type
	packable bool // a repeated number: one by one, or packed
	list     bool
	text     bool
	oneof    int8  // index of its oneof plus one
	sub      *plan // of a message
}

// plans are made once for each message type, during initialisation.
var plans = map[protoreflect.FullName]*plan{}

func planOf(d protoreflect.MessageDescriptor) *plan {
	if p := plans[d.FullName()]; p != nil {
		return p
	}
	p := &plan{name: d.FullName()}
	plans[d.FullName()] = p
	for i := range d.Fields().Len() {
		f := d.Fields().Get(i)
		for int(f.Number()) >= len(p.fields) {
			p.fields = append(p.fields, nil)
		}
		p.fields[f.Number()] = fieldOf(f)
	}
	return p
}

func fieldOf(f protoreflect.FieldDescriptor) *field {
	out := &field{list: f.IsList(), text: f.Kind() == protoreflect.StringKind}
	if o := f.ContainingOneof(); o != nil {
		out.oneof = int8(o.Index()) + 1
	}
	switch f.Kind() {
	case protoreflect.MessageKind:
		out.wire, out.sub = protowire.BytesType, planOf(f.Message())
	case protoreflect.StringKind, protoreflect.BytesKind:
		out.wire = protowire.BytesType
	case protoreflect.Fixed32Kind, protoreflect.Sfixed32Kind, protoreflect.FloatKind:
		out.wire, out.packable = protowire.Fixed32Type, true
	case protoreflect.Fixed64Kind, protoreflect.Sfixed64Kind, protoreflect.DoubleKind:
		out.wire, out.packable = protowire.Fixed64Type, true
	default:
		out.wire, out.packable = protowire.VarintType, true
	}
	return out
}

// verify refuses what a lenient decoder would let through: unknown fields,
// fields twice, wrong types, text that is not UTF-8, nesting without end.
func (p *plan) verify(b []byte, depth int) error {
	if depth > depthMax {
		return Errorf(pb.Code_TOO_LARGE, "%s nests deeper than %d", p.name, depthMax)
	}
	var seen, oneofs uint64
	for len(b) > 0 {
		num, wire, n := protowire.ConsumeTag(b)
		if n < 0 {
			return Errorf(pb.Code_MALFORMED, "%s: not a message: %v", p.name, protowire.ParseError(n))
		}
		b = b[n:]
		if int64(num) >= int64(len(p.fields)) || p.fields[num] == nil {
			return Errorf(pb.Code_UNKNOWN_FIELD, "%s has no field %d in this version", p.name, num)
		}
		f := p.fields[num]
		n = protowire.ConsumeFieldValue(num, wire, b)
		if n < 0 {
			return Errorf(pb.Code_MALFORMED, "%s field %d: %v", p.name, num, protowire.ParseError(n))
		}
		if wire != f.wire && !(f.list && f.packable && wire == protowire.BytesType) {
			return Errorf(pb.Code_MALFORMED, "%s field %d has wire type %d, not %d", p.name, num, wire, f.wire)
		}
		if bit := uint64(1) << uint(num); !f.list {
			if seen&bit != 0 || f.oneof > 0 && oneofs&(1<<uint(f.oneof)) != 0 {
				return Errorf(pb.Code_MALFORMED, "%s field %d is there twice", p.name, num)
			}
			seen |= bit
			if f.oneof > 0 {
				oneofs |= 1 << uint(f.oneof)
			}
		}
		if wire != f.wire {
			if err := f.verifyPacked(b); err != nil {
				return Errorf(pb.Code_MALFORMED, "%s field %d: %v", p.name, num, err)
			}
		}
		if f.sub != nil || f.text {
			v, _ := protowire.ConsumeBytes(b)
			if f.text && !utf8.Valid(v) {
				return Errorf(pb.Code_MALFORMED, "%s field %d is not UTF-8", p.name, num)
			}
			if f.sub != nil {
				if err := f.sub.verify(v, depth+1); err != nil {
					return err
				}
			}
		}
		b = b[n:]
	}
	return nil
}

// verifyPacked looks at the numbers of a packed list, which the generated
// decoder reads with less care than the official one.
func (f *field) verifyPacked(b []byte) error {
	v, _ := protowire.ConsumeBytes(b)
	for len(v) > 0 {
		n := protowire.ConsumeFieldValue(1, f.wire, v)
		if n < 0 {
			return protowire.ParseError(n)
		}
		v = v[n:]
	}
	return nil
}

// Strict makes a decoder that reads messages of a type as Decode does those of
// a transaction: for what else travels signed. It is made during
// initialisation. Its errors are UNKNOWN_FIELD, MALFORMED and TOO_LARGE.
func Strict[V any, P interface {
	*V
	Message
}]() func([]byte) (P, error) {
	plan := planOf(P(new(V)).ProtoReflect().Descriptor())
	return func(b []byte) (P, error) {
		m := P(new(V))
		if err := strictly(plan, b, m); err != nil {
			return nil, err
		}
		return m, nil
	}
}

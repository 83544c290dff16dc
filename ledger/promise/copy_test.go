package promise

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/troth-ledger/troth/gen/pb"
)

// fill sets every field of a message, of lists one element.
func fill(m protoreflect.Message, depth int) {
	fs := m.Descriptor().Fields()
	for i := range fs.Len() {
		f := fs.Get(i)
		value := func() protoreflect.Value {
			switch f.Kind() {
			case protoreflect.MessageKind:
				v := m.NewField(f)
				if f.IsList() {
					v = v.List().NewElement()
				}
				if depth > 0 {
					fill(v.Message(), depth-1)
				}
				return v
			case protoreflect.StringKind:
				return protoreflect.ValueOfString("text")
			case protoreflect.BytesKind:
				return protoreflect.ValueOfBytes([]byte{1})
			case protoreflect.BoolKind:
				return protoreflect.ValueOfBool(true)
			case protoreflect.EnumKind:
				return protoreflect.ValueOfEnum(1)
			case protoreflect.Int32Kind:
				return protoreflect.ValueOfInt32(7)
			case protoreflect.Int64Kind:
				return protoreflect.ValueOfInt64(7)
			}
			return protoreflect.ValueOfUint32(7)
		}
		if f.IsList() {
			m.Mutable(f).List().Append(value())
		} else {
			m.Set(f, value())
		}
	}
}

// A copy to change has all of the record, and what is done to the copy is not
// done to the record.
func TestChanging(t *testing.T) {
	p := &pb.Promise{}
	fill(p.ProtoReflect(), 2)
	before := p.CloneVT()
	q := changing(p)
	if !proto.Equal(p, q) {
		t.Fatalf("%v\nis not\n%v", q, p)
	}
	q.Roles[0].Accepted, q.Roles[0].Parties = false, []string{"another"}
	q.Holds[0].Paid++
	q.Holds[0].Party = "another"
	q.Assertion.Challenger = "another"
	q.Agreement.By = append(q.Agreement.By, "another")
	q.Facts = append(q.Facts, &pb.FactRef{})
	q.Fired = append(q.Fired, &pb.Fired{})
	if !proto.Equal(p, before) {
		t.Errorf("the record became\n%v", p)
	}
	if r := changing(p); len(append(r.Facts, &pb.FactRef{Fact: "r"})) != 2 || cap(p.Facts) > 1 && p.Facts[:2][1] != nil {
		t.Error("an added fact is written into the record's list")
	}
}

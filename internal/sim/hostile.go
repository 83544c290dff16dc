package sim

import (
	"fmt"
	"math"
	"strings"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// What follows fills messages with whatever their fields can hold: ids of
// things that exist beside nonsense, times of every age.

// fill gives a message values, mostly what makes sense.
func (w *world) fill(m protoreflect.Message, depth int) {
	switch m.Descriptor().FullName() {
	case "google.protobuf.Timestamp":
		copyFields(m, w.stamp().ProtoReflect())
		return
	case "google.protobuf.Duration":
		copyFields(m, w.length().ProtoReflect())
		return
	}
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		o := f.ContainingOneof()
		if w.r.IntN(25) < w.noise || w.noise > 0 && w.one(30) || depth > 6 || o != nil && w.r.IntN(o.Fields().Len()) != 0 {
			continue
		}
		w.set(m, f, depth)
	}
}

func copyFields(to, from protoreflect.Message) {
	from.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool { to.Set(f, v); return true })
}

func (w *world) set(m protoreflect.Message, f protoreflect.FieldDescriptor, depth int) {
	if !f.IsList() {
		if f.Kind() == protoreflect.MessageKind {
			w.fill(m.Mutable(f).Message(), depth+1)
			return
		}
		m.Set(f, w.scalar(f))
		return
	}
	list := m.Mutable(f).List()
	list.Truncate(0)
	n := 1 + w.r.IntN(2)
	if w.r.IntN(10) < w.noise {
		n = among(w, 0, 3, 70)
	}
	for range n {
		if f.Kind() == protoreflect.MessageKind {
			w.fill(list.AppendMutable().Message(), depth+1)
		} else {
			list.Append(w.scalar(f))
		}
	}
}

// mutate changes one field of a message, somewhere.
func (w *world) mutate(m protoreflect.Message, depth int) {
	fields := m.Descriptor().Fields()
	if fields.Len() == 0 || depth > 6 {
		return
	}
	f := fields.Get(w.r.IntN(fields.Len()))
	switch {
	case f.Kind() == protoreflect.MessageKind && f.IsList() && m.Get(f).List().Len() > 0 && !w.one(5):
		list := m.Mutable(f).List()
		w.mutate(list.Get(w.r.IntN(list.Len())).Message(), depth+1)
	case f.Kind() == protoreflect.MessageKind && !f.IsList() && m.Has(f) && !w.one(5):
		w.mutate(m.Mutable(f).Message(), depth+1)
	case w.one(6):
		m.Clear(f)
	default:
		w.set(m, f, depth)
	}
}

func (w *world) scalar(f protoreflect.FieldDescriptor) protoreflect.Value {
	switch f.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(w.one(2))
	case protoreflect.EnumKind:
		if w.r.IntN(10) < w.noise {
			return protoreflect.ValueOfEnum(protoreflect.EnumNumber(int32(w.number())))
		}
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(1 + w.r.IntN(f.Enum().Values().Len()-1)))
	case protoreflect.Int32Kind:
		return protoreflect.ValueOfInt32(int32(w.number()))
	case protoreflect.Uint32Kind:
		return protoreflect.ValueOfUint32(uint32(w.number()))
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(w.number())
	case protoreflect.Uint64Kind:
		return protoreflect.ValueOfUint64(uint64(w.number()))
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes(w.bytes(string(f.Name())))
	}
	return protoreflect.ValueOfString(w.text(string(f.Name())))
}

func (w *world) number() int64 {
	if w.r.IntN(10) >= w.noise {
		return 1 + w.r.Int64N(500)
	}
	return among[int64](w, 0, 1, 1, 2, 3, 10, 100, 1000, -1, 152, 1<<31, 1<<32, 1<<62, math.MaxInt64, math.MinInt64)
}

func (w *world) bytes(field string) []byte {
	if strings.Contains(field, "key") || field == "validator" {
		if p := w.parties[w.pick("parties")]; !w.one(3) && len(p.GetKeys()) > 0 {
			return p.Keys[0].PublicKey
		}
		return w.newKey().PublicKey
	}
	n := 16
	if w.r.IntN(10) < w.noise {
		n = among(w, 0, 8, 32, 33, 64, 300)
	}
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(w.r.Uint32())
	}
	return b
}

func (w *world) stamp() *timestamppb.Timestamp {
	if w.r.IntN(10) >= w.noise {
		return timestamppb.New(w.now.Add(time.Duration(w.r.Int64N(int64(200*time.Hour))) - 100*time.Hour))
	}
	return among(w, &timestamppb.Timestamp{Seconds: math.MaxInt64, Nanos: -5}, &timestamppb.Timestamp{Seconds: math.MinInt64},
		timestamppb.New(time.Date(1900+w.r.IntN(251), 12, 31, 23, 59, 59, 999999999, time.UTC)),
		timestamppb.New(time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC)), timestamppb.New(w.now))
}

func (w *world) length() *durationpb.Duration {
	if w.r.IntN(10) < w.noise {
		return among(w, &durationpb.Duration{Seconds: math.MaxInt64, Nanos: 7}, durationpb.New(-time.Hour), durationpb.New(100*365*24*time.Hour))
	}
	return durationpb.New(time.Duration(w.r.Int64N(int64(10 * 24 * time.Hour))))
}

// wanted says which set's ids a text field likely wants.
var wanted = map[string]string{
	"party": "parties", "parties": "parties", "to": "parties", "holder": "parties", "payee": "parties", "device": "device",
	"attester": "parties", "add": "parties", "remove": "parties", "asset": "assets", "hold": "holds", "promise": "promises",
	"template": "templates", "pool": "pools", "proposal": "proposals",
}

func (w *world) text(field string) string {
	if w.r.IntN(15) < w.noise {
		return among(w, "", "\x00", "a\x00b", "@", "p_\x00", strings.Repeat("x", 5000), "é\u202e", "#challenge", "../1", "-9223372036854775808", "terms.price / 0", "\"\\")
	}
	if s := wanted[field]; s != "" {
		return w.pick(s)
	}
	switch field {
	case "corrects", "withdraws":
		if len(w.facts) > 0 {
			return among(w, w.facts...).Id
		}
	case "subject", "subjects":
		return w.subject()
	}
	return w.word()
}

// word is one that means something to some template.
func (w *world) word() string {
	words := []string{"x", "one", "1/3", "all", "rest", euro}
	t := among(w, w.templates...)
	for _, r := range t.Roles {
		words = append(words, r.Name)
	}
	for _, d := range t.Facts {
		words = append(words, d.Kind, d.Kind)
		for _, f := range d.Fields {
			words = append(words, f.Name)
		}
	}
	for _, r := range t.Rules {
		words = append(words, r.Name, r.When)
	}
	for _, h := range t.Holds {
		words = append(words, h.Name, h.Amount)
	}
	return among(w, words...)
}

func (w *world) subject() string { return fmt.Sprintf("parcel:%d", w.r.IntN(60)) }

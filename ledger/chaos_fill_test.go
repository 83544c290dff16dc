package ledger_test

import (
	"math"
	"strings"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
)

// fill gives a message whatever its fields can hold, mostly what makes sense.
func (c *chaos) fill(m protoreflect.Message, depth int) {
	switch m.Descriptor().FullName() {
	case "google.protobuf.Timestamp":
		copyFields(m, c.stamp().ProtoReflect())
		return
	case "google.protobuf.Duration":
		copyFields(m, c.duration().ProtoReflect())
		return
	}
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		o := f.ContainingOneof()
		if c.r.Intn(25) < c.noise || c.noise > 0 && c.r.Intn(30) == 0 || depth > 6 || o != nil && c.r.Intn(o.Fields().Len()) != 0 {
			continue
		}
		c.set(m, f, depth)
	}
}

func copyFields(to, from protoreflect.Message) {
	from.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool { to.Set(f, v); return true })
}

func (c *chaos) set(m protoreflect.Message, f protoreflect.FieldDescriptor, depth int) {
	if !f.IsList() {
		if f.Kind() == protoreflect.MessageKind {
			c.fill(m.Mutable(f).Message(), depth+1)
			return
		}
		m.Set(f, c.scalar(f))
		if f.Name() == "promise" && m.Descriptor().Name() != "Statement" && c.noise == 0 {
			m.Set(f, protoreflect.ValueOfString(c.pick("promises")))
		}
		return
	}
	list := m.Mutable(f).List()
	list.Truncate(0)
	n := 1 + c.r.Intn(2)
	if c.r.Intn(10) < c.noise {
		n = []int{0, 3, 70}[c.r.Intn(3)]
	}
	for range n {
		if f.Kind() == protoreflect.MessageKind {
			c.fill(list.AppendMutable().Message(), depth+1)
		} else {
			list.Append(c.scalar(f))
		}
	}
}

// mutate changes one field of a message, somewhere.
func (c *chaos) mutate(m protoreflect.Message, depth int) {
	fields := m.Descriptor().Fields()
	if fields.Len() == 0 {
		return
	}
	f := fields.Get(c.r.Intn(fields.Len()))
	switch {
	case f.Kind() == protoreflect.MessageKind && f.IsList() && m.Get(f).List().Len() > 0 && c.r.Intn(5) > 0:
		list := m.Mutable(f).List()
		c.mutate(list.Get(c.r.Intn(list.Len())).Message(), depth+1)
	case f.Kind() == protoreflect.MessageKind && !f.IsList() && m.Has(f) && c.r.Intn(5) > 0:
		c.mutate(m.Mutable(f).Message(), depth+1)
	case c.r.Intn(6) == 0:
		m.Clear(f)
	default:
		c.set(m, f, depth)
	}
}

func (c *chaos) scalar(f protoreflect.FieldDescriptor) protoreflect.Value {
	switch f.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(c.r.Intn(2) == 0)
	case protoreflect.EnumKind:
		if f.Enum().Name() == "Scheme" && c.noise == 0 {
			return protoreflect.ValueOfEnum(1)
		}
		if c.r.Intn(10) < c.noise {
			return protoreflect.ValueOfEnum(protoreflect.EnumNumber(int32(c.number())))
		}
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(1 + c.r.Intn(f.Enum().Values().Len()-1)))
	case protoreflect.Int32Kind:
		return protoreflect.ValueOfInt32(int32(c.number()))
	case protoreflect.Uint32Kind:
		return protoreflect.ValueOfUint32(uint32(c.number()))
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(c.number())
	case protoreflect.Uint64Kind:
		return protoreflect.ValueOfUint64(uint64(c.number()))
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes(c.bytes(string(f.Name())))
	}
	return protoreflect.ValueOfString(c.text(string(f.Name())))
}

func (c *chaos) number() int64 {
	if c.r.Intn(10) >= c.noise {
		return 1 + c.r.Int63n(500)
	}
	list := []int64{0, 1, 1, 2, 3, 10, 100, 1000, -1, 152, 1 << 31, 1 << 32, 1 << 62, math.MaxInt64, math.MinInt64}
	return list[c.r.Intn(len(list))]
}

func (c *chaos) bytes(field string) []byte {
	if strings.Contains(field, "key") {
		names := []string{"/main", "/a", "/b", "/c"}
		return newKey(c.who[c.r.Intn(len(c.who))].name+names[c.r.Intn(len(names))], pb.Scheme_ED25519).public
	}
	b := make([]byte, 16)
	if c.r.Intn(10) < c.noise {
		b = make([]byte, []int{0, 8, 32, 33, 64, 300}[c.r.Intn(6)])
	}
	c.r.Read(b)
	return b
}

func (c *chaos) stamp() *timestamppb.Timestamp {
	noisy := c.r.Intn(10) < c.noise
	if !noisy && c.r.Intn(3) > 0 {
		return timestamppb.New(c.now.Add(-time.Duration(c.r.Int63n(int64(time.Hour)))))
	}
	switch n := c.r.Intn(4); {
	case !noisy:
	case n == 0:
		return &timestamppb.Timestamp{Seconds: math.MaxInt64, Nanos: -5}
	case n == 1:
		return &timestamppb.Timestamp{Seconds: math.MinInt64}
	case n == 2:
		return timestamppb.New(time.Date(1900+c.r.Intn(251), 12, 31, 23, 59, 59, 999999999, time.UTC))
	default:
		return timestamppb.New(time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC))
	}
	return timestamppb.New(c.now.Add(time.Duration(c.r.Int63n(int64(100*24*time.Hour))) - time.Hour))
}

// ahead is a time like those in terms.
func (c *chaos) ahead() *timestamppb.Timestamp {
	if c.r.Intn(10) < c.noise {
		return c.stamp()
	}
	return timestamppb.New(c.now.Add(time.Duration(c.r.Int63n(int64(60 * 24 * time.Hour)))))
}

func (c *chaos) duration() *durationpb.Duration {
	switch n := c.r.Intn(3); {
	case c.r.Intn(10) >= c.noise:
	case n == 0:
		return &durationpb.Duration{Seconds: math.MaxInt64, Nanos: 7}
	case n == 1:
		return durationpb.New(-time.Hour)
	default:
		return durationpb.New(100 * 365 * 24 * time.Hour)
	}
	return durationpb.New(time.Duration(c.r.Int63n(int64(10 * 24 * time.Hour))))
}

func (c *chaos) subject() string {
	return []string{"parcel:1", "device:" + c.who[5].id, "flight:1", c.who[0].id}[c.r.Intn(4)]
}

func (c *chaos) pick(table string) string {
	list := c.ids[table]
	if n := len(list); n > 30 && c.r.Intn(4) > 0 {
		list = list[n-12:]
	}
	if len(list) == 0 {
		return "nothing"
	}
	return list[c.r.Intn(len(list))]
}

// tables says which table's ids a text field likely wants.
var tables = map[string]string{
	"party": "parties", "parties": "parties", "to": "parties", "holder": "parties", "payee": "parties", "device": "parties",
	"attester": "parties", "add": "parties", "remove": "parties", "asset": "assets", "hold": "holds", "promise": "promises",
	"corrects": "facts", "withdraws": "facts", "template": "templates", "pool": "pools", "class": "attester_classes",
}

func (c *chaos) text(field string) string {
	if c.r.Intn(15) < c.noise {
		return []string{"", "\x00", "a\x00b", "@", "p_\x00", strings.Repeat("x", 5000), "é\u202e", "#challenge", "../1", "-9223372036854775808", "terms.price / 0", "\"\\"}[c.r.Intn(12)]
	}
	if c.noise == 0 && (field == "corrects" || field == "withdraws" || field == "promise" && c.r.Intn(2) == 0) && c.r.Intn(12) > 0 {
		return ""
	}
	if field == "class" && c.noise == 0 {
		return "carriers"
	}
	if t := tables[field]; t != "" {
		return c.pick(t)
	}
	if field == "subject" || field == "subjects" {
		return c.subject()
	}
	t := c.templates[c.r.Intn(len(c.templates))]
	words := []string{"x", "one", "1/3", "all", "rest", "EUR"}
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
	return words[c.r.Intn(len(words))]
}

package reflag

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/client/promisefile"
	"github.com/troth-ledger/troth/client/promisefile/yaml"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/promise/contract"
)

// keyed are lists that may be written as a map: by the element's type, the
// fields that a key and its value go to.
var keyed = map[protoreflect.Name][2]protoreflect.Name{
	"NamedValue":  {"name", "value"},
	"RoleBinding": {"role", "parties"},
	"PoolChoice":  {"hold", "pool"},
	"SpendLimit":  {"asset", "units"},
}

// itemsOf returns a list's items: of a list, of a map where its type has one,
// or the one item that stands alone.
func itemsOf(t *Tree, f protoreflect.FieldDescriptor, at string) ([]*Tree, error) {
	if t.Kind == yaml.List {
		return t.Items, nil
	}
	pair, ok := [2]protoreflect.Name{}, false
	if f.Message() != nil {
		pair, ok = keyed[f.Message().Name()]
	}
	if !ok || t.Kind != yaml.Map {
		return []*Tree{t}, nil
	}
	if t.Get(string(pair[0])) != nil && t.Get(string(pair[1])) != nil {
		return []*Tree{t}, nil // one element, written out
	}
	var out []*Tree
	for _, e := range t.Entries {
		item := &Tree{}
		put(item, []string{string(pair[0])}, e.Key)
		put(item, []string{string(pair[1])}, e.Value)
		out = append(out, item)
	}
	return out, nil
}

// special reads messages that have a form of their own. done says that it did.
func (d *Decoder) special(ctx context.Context, t *Tree, m protoreflect.Message, at string) (done bool, err error) {
	switch r := m.Interface().(type) {
	case *timestamppb.Timestamp:
		return true, d.time(t, r, at)
	case *durationpb.Duration:
		return true, duration(t, r, at)
	case *pb.NamedValue:
		return d.named(ctx, t, r, at)
	case *pb.Value:
		return d.value(ctx, t, r, d.one, at)
	}
	if t.Kind != yaml.Scalar {
		return false, d.keyFile(t, m, at)
	}
	switch r := m.Interface().(type) {
	case *pb.Amount:
		a, err := d.World.Amount(ctx, t.Text)
		if err != nil {
			return true, wrong(at, "%w", err)
		}
		proto.Merge(r, a)
	case *pb.SpendLimit:
		a, err := d.World.Amount(ctx, t.Text)
		if err != nil {
			return true, wrong(at, "%w", err)
		}
		r.Asset, r.Units = a.Asset, a.Units
	case *pb.Key:
		k, err := d.World.Key(t.Text)
		if err != nil {
			return true, wrong(at, "%w", err)
		}
		proto.Merge(r, k)
	case *pb.Template:
		x, err := d.World.Template(ctx, t.Text)
		if err != nil {
			return true, err // it names the file and the line
		}
		proto.Merge(r, x)
	default:
		return false, nil
	}
	return true, nil
}

// keyFile reads the file of a key that is written as a map with a file, and
// takes the entry out of the map: what else is there says more of the key.
func (d *Decoder) keyFile(t *Tree, m protoreflect.Message, at string) error {
	r, ok := m.Interface().(*pb.Key)
	if !ok || t.Get("file") == nil {
		return nil
	}
	k, err := d.World.Key(t.Get("file").Text)
	if err != nil {
		return wrong(at, "%w", err)
	}
	proto.Merge(r, k)
	t.Entries = slices.DeleteFunc(t.Entries, func(e yaml.Entry) bool { return e.Key.Text == "file" })
	return nil
}

func (d *Decoder) time(t *Tree, to *timestamppb.Timestamp, at string) error {
	if t.Kind != yaml.Scalar {
		return wrong(at, "a time is wanted, not %s", describe(t))
	}
	x, err := parseTime(t.Text, d.World.Now())
	if err != nil {
		return wrong(at, "%w", err)
	}
	proto.Merge(to, timestamppb.New(x))
	return nil
}

// parseTime reads RFC 3339, now, or a length of time from now.
func parseTime(s string, now time.Time) (time.Time, error) {
	if s == "now" {
		return now.UTC(), nil
	}
	if strings.HasPrefix(s, "+") || strings.HasPrefix(s, "-") {
		n, err := promisefile.ParseDuration(strings.TrimPrefix(s, "+"))
		if err != nil {
			return time.Time{}, err
		}
		return now.Add(n).UTC(), nil
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return t, wrong("", "%.40q is not a time; write 2026-12-01T18:00:00Z, now, or +48h for 48 hours from now", s)
	}
	return t, nil
}

func duration(t *Tree, to *durationpb.Duration, at string) error {
	if t.Kind != yaml.Scalar {
		return wrong(at, "a length of time is wanted, not %s", describe(t))
	}
	n, err := promisefile.ParseDuration(t.Text)
	if err != nil {
		return wrong(at, "%w", err)
	}
	proto.Merge(to, durationpb.New(n))
	return nil
}

// named reads one named value whose type its name tells.
func (d *Decoder) named(ctx context.Context, t *Tree, to *pb.NamedValue, at string) (bool, error) {
	name, v := t.Get("name"), t.Get("value")
	if t.Kind != yaml.Map || name == nil || v == nil || len(t.Entries) != 2 {
		return true, wrong(at, "name=value is wanted, not %s", describe(t))
	}
	to.Name, to.Value = name.Text, &pb.Value{}
	typ, known := d.types[to.Name]
	if d.types != nil && !known && len(d.types) > 0 {
		return true, wrong(at, "there is no %q; there are %s", to.Name, names(d.types))
	}
	done, err := d.value(ctx, v, to.Value, typ, at+" "+to.Name)
	if !done && err == nil {
		err = d.message(ctx, v, to.Value.ProtoReflect(), at)
	}
	return true, err
}

// value reads a value of a known type, or as it looks. A map says the type:
// {string: "42"}.
func (d *Decoder) value(ctx context.Context, t *Tree, to *pb.Value, typ pb.ValueType, at string) (bool, error) {
	if t.Kind != yaml.Scalar {
		if t.Kind == yaml.Map && len(t.Entries) == 1 {
			f := find(to.ProtoReflect().Descriptor().Fields(), t.Entries[0].Key.Text)
			if f != nil {
				return true, d.field(ctx, t.Entries[0].Value, to.ProtoReflect(), f, at)
			}
		}
		return true, wrong(at, "a value is wanted, or a map from its type to it, as in {string: \"42\"}; not %s", describe(t))
	}
	if typ == pb.ValueType_NO_VALUE_TYPE {
		typ = guess(t)
	}
	field := to.ProtoReflect().Descriptor().Fields().ByName(protoreflect.Name(strings.ToLower(typ.String())))
	return true, d.field(ctx, t, to.ProtoReflect(), field, at)
}

// guess tells a value's type from how it looks.
func guess(t *Tree) pb.ValueType {
	s := t.Text
	if t.Quoted {
		return pb.ValueType_STRING
	}
	if s == "true" || s == "false" {
		return pb.ValueType_BOOL
	}
	if _, err := strconv.ParseInt(s, 10, 64); err == nil {
		return pb.ValueType_INT
	}
	if _, err := parseTime(s, time.Time{}); err == nil {
		return pb.ValueType_TIME
	}
	if _, err := promisefile.ParseDuration(s); err == nil {
		return pb.ValueType_DURATION
	}
	if _, _, asset, err := contract.SplitAmount(s); err == nil && strings.Contains(asset, "@") {
		return pb.ValueType_AMOUNT
	}
	return pb.ValueType_STRING
}

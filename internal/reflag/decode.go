package reflag

import (
	"context"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/client/promisefile/yaml"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

// World answers what can't be read from the text alone.
type World interface {
	// Party returns the id of @handle; anything else is taken for an id.
	Party(ctx context.Context, name string) (string, error)
	// Amount reads "5.00 EUR@northbank".
	Amount(ctx context.Context, text string) (*pb.Amount, error)
	// Types returns the types of the values in a request: of the terms for an
	// offer or a reveal, of the fields for a statement. Nil where nobody knows.
	Types(ctx context.Context, about op.Message) (map[string]pb.ValueType, error)
	// Key reads the public half of a key file.
	Key(path string) (*pb.Key, error)
	// Template reads a template's file.
	Template(ctx context.Context, path string) (*pb.Template, error)
	// Now is the clock.
	Now() time.Time
}

// Decoder makes messages of trees.
type Decoder struct {
	World World
	types map[string]pb.ValueType // of the named values at hand
	one   pb.ValueType            // of the one value at hand
}

// Decode reads a tree into an empty message. Errors name the place.
func (d *Decoder) Decode(ctx context.Context, t *Tree, m op.Message) error {
	if empty(t) {
		return nil
	}
	return d.message(ctx, t, m.ProtoReflect(), "")
}

func (d *Decoder) message(ctx context.Context, t *Tree, m protoreflect.Message, at string) error {
	if done, err := d.special(ctx, t, m, at); done || err != nil {
		return err
	}
	if t.Kind != yaml.Map {
		return wrong(at, "%s is wanted, not %s", article(m.Descriptor()), describe(t))
	}
	fields := m.Descriptor().Fields()
	// Text first: what the values in the rest mean may hang on it.
	for _, late := range []bool{false, true} {
		if late {
			if err := d.learn(ctx, m); err != nil {
				return err
			}
		}
		for _, e := range t.Entries {
			f := find(fields, e.Key.Text)
			if f == nil {
				return wrong(at, "there is no field %q%s", e.Key.Text, nearest(e.Key.Text, fields))
			}
			if holdsValues(f) != late || e.Value.Kind == yaml.Null {
				continue
			}
			if err := d.field(ctx, e.Value, m, f, join(at, Kebab(string(f.Name())))); err != nil {
				return err
			}
		}
	}
	return nil
}

// learn asks for the types of the values that a message has.
func (d *Decoder) learn(ctx context.Context, m protoreflect.Message) (err error) {
	switch r := m.Interface().(type) {
	case *pb.OfferRequest, *pb.Statement:
		d.types, err = d.World.Types(ctx, r.(op.Message))
	case *pb.RevealRequest:
		var types map[string]pb.ValueType
		types, err = d.World.Types(ctx, r)
		d.one = types[r.Term]
	}
	return err
}

// holdsValues says whether a field has typed values.
func holdsValues(f protoreflect.FieldDescriptor) bool {
	if f.Message() == nil {
		return false
	}
	name := f.Message().Name()
	return name == "Value" || name == "NamedValue"
}

func (d *Decoder) field(ctx context.Context, t *Tree, m protoreflect.Message, f protoreflect.FieldDescriptor, at string) error {
	if f.IsList() {
		return d.list(ctx, t, m.Mutable(f).List(), f, at)
	}
	if f.Message() != nil {
		sub := m.NewField(f)
		if err := d.message(ctx, t, sub.Message(), at); err != nil {
			return err
		}
		m.Set(f, sub)
		return nil
	}
	v, err := d.scalar(ctx, t, f, at)
	if err != nil {
		return err
	}
	m.Set(f, v)
	return nil
}

func (d *Decoder) list(ctx context.Context, t *Tree, l protoreflect.List, f protoreflect.FieldDescriptor, at string) error {
	items, err := itemsOf(t, f, at)
	if err != nil {
		return err
	}
	for i, item := range items {
		place := fmt.Sprintf("%s[%d]", at, i)
		if f.Message() == nil {
			v, err := d.scalar(ctx, item, f, place)
			if err != nil {
				return err
			}
			l.Append(v)
			continue
		}
		v := l.NewElement()
		if err := d.message(ctx, item, v.Message(), place); err != nil {
			return err
		}
		l.Append(v)
	}
	return nil
}

// find finds a field by its name as in the schema, in JSON or on the command
// line.
func find(fields protoreflect.FieldDescriptors, name string) protoreflect.FieldDescriptor {
	if f := fields.ByName(protoreflect.Name(strings.ReplaceAll(name, "-", "_"))); f != nil {
		return f
	}
	return fields.ByJSONName(name)
}

func nearest(name string, fields protoreflect.FieldDescriptors) string {
	best, least := "", 4
	var all []string
	for i := range fields.Len() {
		f := Kebab(string(fields.Get(i).Name()))
		all = append(all, f)
		if n := client.Distance(Kebab(name), f); n < least {
			best, least = f, n
		}
	}
	if best != "" {
		return "; did you mean " + best + "?"
	}
	if len(all) == 0 {
		return "; it has none"
	}
	return "; there are " + strings.Join(all, ", ")
}

func join(at, name string) string {
	if at == "" {
		return name
	}
	return at + "." + name
}

func wrong(at, format string, args ...any) error {
	if at == "" {
		return fmt.Errorf(format, args...)
	}
	return fmt.Errorf("%s: %w", at, fmt.Errorf(format, args...))
}

func article(d protoreflect.MessageDescriptor) string {
	return "a map with the fields of " + string(d.Name())
}

func describe(t *Tree) string {
	if t.Kind == yaml.Scalar {
		return fmt.Sprintf("%.60q", t.Text)
	}
	return t.Kind.String()
}

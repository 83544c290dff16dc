package reflag

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/troth-ledger/troth/client/promisefile/yaml"
	"github.com/troth-ledger/troth/gen/pb"
)

func (d *Decoder) scalar(ctx context.Context, t *Tree, f protoreflect.FieldDescriptor, at string) (protoreflect.Value, error) {
	var none protoreflect.Value
	if t.Kind != yaml.Scalar {
		return none, wrong(at, "%s is wanted, not %s", TypeName(f), describe(t))
	}
	s := t.Text
	switch f.Kind() {
	case protoreflect.StringKind:
		if IsParty(f) && strings.HasPrefix(s, "@") {
			id, err := d.World.Party(ctx, s)
			if err != nil {
				return none, wrong(at, "%w", err)
			}
			s = id
		}
		return protoreflect.ValueOfString(s), nil
	case protoreflect.BoolKind:
		if s != "true" && s != "false" {
			return none, wrong(at, "true or false is wanted, not %.40q", s)
		}
		return protoreflect.ValueOfBool(s == "true"), nil
	case protoreflect.EnumKind:
		return enum(f.Enum(), s, at)
	case protoreflect.BytesKind:
		b, err := parseBytes(s)
		if err != nil {
			return none, wrong(at, "%w", err)
		}
		return protoreflect.ValueOfBytes(b), nil
	}
	return number(f, s, at)
}

func number(f protoreflect.FieldDescriptor, s, at string) (protoreflect.Value, error) {
	digits := strings.ReplaceAll(s, "_", "")
	var v protoreflect.Value
	var err error
	switch f.Kind() {
	case protoreflect.Uint32Kind:
		n, e := strconv.ParseUint(digits, 10, 32)
		v, err = protoreflect.ValueOfUint32(uint32(n)), e
	case protoreflect.Int32Kind:
		n, e := strconv.ParseInt(digits, 10, 32)
		v, err = protoreflect.ValueOfInt32(int32(n)), e
	case protoreflect.Int64Kind:
		n, e := strconv.ParseInt(digits, 10, 64)
		v, err = protoreflect.ValueOfInt64(n), e
	default:
		return v, wrong(at, "a %s can't be written here", f.Kind())
	}
	if err == nil {
		return v, nil
	}
	if strings.Contains(s, "@") {
		return v, wrong(at, "a whole number of minor units is wanted, not %.40q", s)
	}
	return v, wrong(at, "a whole number is wanted, not %.40q", s)
}

func enum(e protoreflect.EnumDescriptor, s, at string) (protoreflect.Value, error) {
	want := strings.ToLower(strings.ReplaceAll(s, "_", "-"))
	for i := range e.Values().Len() {
		v := e.Values().Get(i)
		if EnumName(v) == want {
			return protoreflect.ValueOfEnum(v.Number()), nil
		}
	}
	return protoreflect.Value{}, wrong(at, "%.40q is none of %s", s, strings.Join(EnumNames(e), ", "))
}

// parseBytes reads hexadecimal, or base64 with or without padding, in either of
// its alphabets.
func parseBytes(s string) ([]byte, error) {
	if b, err := hex.DecodeString(s); err == nil {
		return b, nil
	}
	plain := strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(s, "="))
	b, err := base64.RawStdEncoding.DecodeString(plain)
	if err != nil {
		return nil, wrong("", "%.40q is neither hexadecimal nor base64", s)
	}
	return b, nil
}

// TypeName names a field's type for people.
func TypeName(f protoreflect.FieldDescriptor) string {
	switch f.Kind() {
	case protoreflect.StringKind:
		if IsParty(f) {
			return "party"
		}
		return "text"
	case protoreflect.BytesKind:
		return "bytes"
	case protoreflect.EnumKind:
		return strings.Join(EnumNames(f.Enum()), "|")
	case protoreflect.BoolKind:
		return "bool"
	case protoreflect.MessageKind:
		return messageName(f.Message())
	}
	return "number"
}

func messageName(m protoreflect.MessageDescriptor) string {
	switch m.Name() {
	case "Timestamp":
		return "time"
	case "Duration":
		return "duration"
	case "Amount", "Value":
		return strings.ToLower(string(m.Name()))
	case "SpendLimit":
		return "amount"
	case "Key":
		return "keyfile"
	case "Template":
		return "file"
	case "NamedValue":
		return "name=value"
	case "RoleBinding":
		return "role=party"
	case "PoolChoice":
		return "hold=pool"
	}
	return "{" + string(m.Name()) + "}"
}

func names(types map[string]pb.ValueType) string {
	var out []string
	for n := range types {
		out = append(out, n)
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

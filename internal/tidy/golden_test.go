package tidy

import (
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	_ "github.com/troth-ledger/troth/ledger" // the areas register their tables
	"github.com/troth-ledger/troth/ledger/state"
)

var update = flag.Bool("update", false, "write golden files anew")

// TestEncoding freezes the bytes of a record of every table, every field of it
// filled: they are hashed into the state's root, so a table that encodes
// otherwise is another chain. A new field adds to the end of a line; what stands
// there never changes.
func TestEncoding(t *testing.T) {
	var b strings.Builder
	for _, table := range state.Tables() {
		r := table.New()
		fill(r.(proto.Message).ProtoReflect(), 0)
		fmt.Fprintf(&b, "%d %s %s\n", table.Number, table.Name, hex.EncodeToString(state.Encode(r)))
	}
	golden := filepath.Join("testdata", "golden", "tables.txt")
	if *update {
		if err := os.MkdirAll(filepath.Dir(golden), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	is, was := strings.Split(b.String(), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(is), len(was)) {
		if i >= len(is) || i >= len(was) || is[i] != was[i] {
			t.Fatalf("line %d of %s differs. If the change of the state's encoding is meant, and the chains that exist may break: go test ./internal/tidy -update", i+1, golden)
		}
	}
}

// fill sets every field, of a oneof the first, to something that is not zero.
func fill(m protoreflect.Message, depth int) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if o := f.ContainingOneof(); o != nil && o.Fields().Get(0) != f {
			continue
		}
		if f.Message() != nil && depth == 3 {
			continue
		}
		if f.IsList() {
			l := m.Mutable(f).List()
			for n := range 2 {
				if f.Message() != nil {
					fill(l.AppendMutable().Message(), depth+1)
				} else {
					l.Append(value(f, n))
				}
			}
			continue
		}
		if f.Message() != nil {
			fill(m.Mutable(f).Message(), depth+1)
			continue
		}
		m.Set(f, value(f, 0))
	}
}

func value(f protoreflect.FieldDescriptor, n int) protoreflect.Value {
	k := int(f.Number()) + n
	switch f.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(true)
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(f.Enum().Values().Get(f.Enum().Values().Len() - 1).Number())
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(fmt.Sprint("text ", k))
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte{byte(k), 0, 0xff})
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return protoreflect.ValueOfUint32(uint32(k) + 300)
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return protoreflect.ValueOfUint64(uint64(k) + 300)
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return protoreflect.ValueOfInt32(int32(k) + 300)
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return protoreflect.ValueOfInt64(int64(k) + 300)
	}
	panic("a record of the state has a field of the kind " + f.Kind().String()) // floats
}

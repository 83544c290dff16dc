package state_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	_ "github.com/troth-ledger/troth/ledger" // every table and index
	"github.com/troth-ledger/troth/ledger/state"
)

var update = flag.Bool("update", false, "write golden files anew")

// ours are the tables of this package's tests.
var ours = map[string]bool{"things": true, "sealed": true, "plain": true}

// TestPlaces compares where the indexes have some made-up records with a golden file.
// An index that has them elsewhere than in stores of before has to be made anew there,
// which layoutVersion tells; so the file is only written anew, by go test ./ledger/state
// -run TestPlaces -update, with another version.
func TestPlaces(t *testing.T) {
	version := fmt.Sprintf("layout version %d\n", state.LayoutVersion)
	var now, names []string
	state.Places(func(table string, fresh func() state.Record) (records []state.Record) {
		if ours[table] {
			return nil
		}
		records, names = variants(fresh)
		return records
	}, func(index string, at int, entries []string) {
		now = append(now, fmt.Sprintf("%s %s %q\n", index, names[at], entries))
	})
	golden := filepath.Join("testdata", "places.golden")
	b, err := os.ReadFile(golden)
	if err != nil && !*update {
		t.Fatal(err)
	}
	had := map[string]string{} // by index and record
	for line := range strings.Lines(string(b)) {
		f := strings.SplitN(line, " ", 3)
		had[f[0]+f[1]] = line
	}
	same := strings.HasPrefix(string(b), version)
	for _, line := range now {
		f := strings.SplitN(line, " ", 3)
		if old, there := had[f[0]+f[1]]; there && old != line && same {
			t.Errorf("layoutVersion is to be raised: stores have\n\t%s\tand now it is\n\t%s", old, line)
		}
	}
	got := version + strings.Join(now, "")
	if *update && !t.Failed() {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != string(b) {
		t.Errorf("%s is not what the indexes are now; run this test with -update", golden)
	}
}

// variants are a table's record with something everywhere, with nothing but the
// messages, and the first with each other value of each enumeration and bool.
func variants(fresh func() state.Record) (out []state.Record, names []string) {
	add := func(name string, all bool) protoreflect.Message {
		rec := fresh()
		stuff(reflected(rec), 4, all)
		out, names = append(out, rec), append(names, name)
		return reflected(rec)
	}
	add("all", true)
	add("least", false)
	fields := reflected(fresh()).Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		switch {
		case f.IsList() || f.IsMap():
		case f.Kind() == protoreflect.EnumKind:
			for v := range f.Enum().Values().Len() {
				value := f.Enum().Values().Get(v)
				add(fmt.Sprintf("%s=%s", f.Name(), value.Name()), true).Set(f, protoreflect.ValueOfEnum(value.Number()))
			}
		case f.Kind() == protoreflect.BoolKind:
			add(fmt.Sprintf("%s=false", f.Name()), true).Set(f, protoreflect.ValueOfBool(false))
		}
	}
	return out, names
}

// reflected is a record as the schema sees it.
func reflected(r state.Record) protoreflect.Message { return r.(proto.Message).ProtoReflect() }

// stuff puts something into every field of a message, so many messages deep; or only
// the messages that stand alone.
func stuff(m protoreflect.Message, deep int, all bool) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		message := f.Kind() == protoreflect.MessageKind && !f.IsMap()
		switch {
		case deep == 0 || f.IsMap():
		case f.IsList() && all:
			list := m.Mutable(f).List()
			for n := range 2 {
				if v := list.NewElement(); message {
					stuff(v.Message(), deep-1, all)
					list.Append(v)
				} else {
					list.Append(scalar(f, n))
				}
			}
		case f.IsList():
		case message:
			stuff(m.Mutable(f).Message(), deep-1, all)
		case all:
			m.Set(f, scalar(f, 0))
		}
	}
}

// scalar is a value of a field, another for each n.
func scalar(f protoreflect.FieldDescriptor, n int) protoreflect.Value {
	word := fmt.Sprintf("%s.%d", f.Name(), n)
	number := 1000*int(f.Number()) + n
	switch f.Kind() {
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(word)
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte(word))
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(true)
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(f.Enum().Values().Get(1).Number())
	case protoreflect.Int32Kind, protoreflect.Sint32Kind:
		return protoreflect.ValueOfInt32(int32(number))
	case protoreflect.Uint32Kind:
		return protoreflect.ValueOfUint32(uint32(number))
	case protoreflect.Int64Kind, protoreflect.Sint64Kind:
		return protoreflect.ValueOfInt64(int64(number))
	case protoreflect.Uint64Kind:
		return protoreflect.ValueOfUint64(uint64(number))
	}
	panic(fmt.Sprintf("no value for %s", f.FullName()))
}

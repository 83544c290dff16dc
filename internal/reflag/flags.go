package reflag

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/troth-ledger/troth/client/promisefile/yaml"
)

// depthMax is how deep dotted flags go.
const depthMax = 2

// Set is a message's fields as flags.
type Set struct {
	leaves []*leaf
	// inline is the list that the flags describe one element of; empty where
	// they are the message's own.
	inline string
}

// leaf is one flag.
type leaf struct {
	path  []string
	field protoreflect.FieldDescriptor
	texts []string
}

// String, Set and Type make a leaf a pflag.Value.
func (l *leaf) String() string { return strings.Join(l.texts, " ") }

func (l *leaf) Set(s string) error {
	if !l.field.IsList() {
		l.texts = l.texts[:0]
	}
	l.texts = append(l.texts, s)
	return nil
}

func (l *leaf) Type() string { return TypeName(l.field) }

// Define adds flags for a message's fields. A request that is one list only
// has the flags of its element. Fields whose flag exists already get new- before
// their name; fields in skip get none.
func Define(fs *pflag.FlagSet, m protoreflect.MessageDescriptor, skip ...string) *Set {
	s := &Set{}
	if m.Fields().Len() == 1 {
		if f := m.Fields().Get(0); f.IsList() && f.Message() != nil && keyed[f.Message().Name()] == [2]protoreflect.Name{} {
			s.inline = string(f.Name())
			m = f.Message()
		}
	}
	s.define(fs, m, nil, skip)
	return s
}

func (s *Set) define(fs *pflag.FlagSet, m protoreflect.MessageDescriptor, path, skip []string) {
	for i := range m.Fields().Len() {
		f := m.Fields().Get(i)
		if len(path) == 0 && contains(skip, string(f.Name())) {
			continue
		}
		here := append(path[:len(path):len(path)], string(f.Name()))
		s.add(fs, f, here)
		if f.Message() != nil && !f.IsList() && len(here) < depthMax && dotted(f.Message()) {
			s.define(fs, f.Message(), here, nil)
		}
	}
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// dotted says whether a nested message has flags of its own.
func dotted(m protoreflect.MessageDescriptor) bool {
	switch m.Name() {
	case "Timestamp", "Duration", "Amount", "Value", "Template":
		return false
	}
	return true
}

func (s *Set) add(fs *pflag.FlagSet, f protoreflect.FieldDescriptor, path []string) {
	l := &leaf{path: path, field: f}
	name := Kebab(strings.Join(path, "."))
	if fs.Lookup(name) != nil {
		name = "new-" + name
	}
	usage := strings.ReplaceAll(Comment(f), "`", "'")
	if f.IsList() {
		usage += " May be given several times."
	}
	fs.Var(l, name, usage)
	if f.Kind() == protoreflect.BoolKind && !f.IsList() {
		fs.Lookup(name).NoOptDefVal = "true"
	}
	s.leaves = append(s.leaves, l)
}

// Enums calls define for each flag that has a fixed choice of values.
func (s *Set) Enums(define func(flag string, values []string)) {
	for _, l := range s.leaves {
		if l.field.Kind() == protoreflect.EnumKind {
			define(Kebab(strings.Join(l.path, ".")), EnumNames(l.field.Enum()))
		}
	}
}

// Empty says whether no flag was given.
func (s *Set) Empty() bool {
	for _, l := range s.leaves {
		if len(l.texts) > 0 {
			return false
		}
	}
	return true
}

// Fields names the flags there are, for a hint.
func (s *Set) Fields() []string {
	var out []string
	for _, l := range s.leaves {
		if len(l.path) == 1 {
			out = append(out, "--"+Kebab(l.path[0]))
		}
	}
	return out
}

// Tree writes the flags given into a tree, over what is there.
func (s *Set) Tree(base *Tree) (*Tree, error) {
	if base == nil {
		base = &Tree{Kind: yaml.Map}
	}
	if s.Empty() {
		return base, nil
	}
	if s.inline == "" {
		return base, s.write(base)
	}
	item := &Tree{Kind: yaml.Map}
	if err := s.write(item); err != nil {
		return nil, err
	}
	list := child(base, s.inline)
	list.Kind = yaml.List
	list.Items = append(list.Items, item)
	return base, nil
}

func (s *Set) write(t *Tree) error {
	if t.Kind != yaml.Map && t.Kind != yaml.Null {
		return fmt.Errorf("the request is %s; flags need a map", t.Kind)
	}
	for _, l := range s.leaves {
		if len(l.texts) == 0 {
			continue
		}
		v, err := l.tree()
		if err != nil {
			return fmt.Errorf("--%s: %w", Kebab(strings.Join(l.path, ".")), err)
		}
		if at := t.Get(l.path[0]); len(l.path) > 1 && at != nil && at.Kind == yaml.Scalar {
			// A key file, of which the dotted flags say more.
			at.Kind, at.Entries = yaml.Map, []yaml.Entry{{Key: Text("file"), Value: Text(at.Text)}}
		}
		put(t, l.path, v)
	}
	return nil
}

// tree is what a flag's texts say.
func (l *leaf) tree() (*Tree, error) {
	if !l.field.IsList() {
		return l.one(l.texts[0])
	}
	list := &Tree{Kind: yaml.List}
	for _, s := range l.texts {
		v, err := l.one(s)
		if err != nil {
			return nil, err
		}
		list.Items = append(list.Items, v)
	}
	return list, nil
}

// one reads one text: name=value where the field is a list of such pairs.
func (l *leaf) one(s string) (*Tree, error) {
	if l.field.Message() == nil {
		return Text(s), nil
	}
	pair, ok := keyed[l.field.Message().Name()]
	if !ok || strings.HasPrefix(strings.TrimSpace(s), "{") || l.field.Message().Name() == "SpendLimit" {
		return value(s)
	}
	name, text, found := strings.Cut(s, "=")
	if !found {
		return nil, fmt.Errorf("%s is wanted, not %.60q", TypeName(l.field), s)
	}
	v, err := value(text)
	if err != nil {
		return nil, err
	}
	if pair[1] == "parties" && v.Kind == yaml.Scalar {
		v = &Tree{Kind: yaml.List}
		for _, p := range strings.Split(text, ",") {
			v.Items = append(v.Items, Text(p))
		}
	}
	t := &Tree{Kind: yaml.Map}
	put(t, []string{string(pair[0])}, Text(name))
	put(t, []string{string(pair[1])}, v)
	return t, nil
}

package reflag

import (
	"fmt"
	"strings"

	"github.com/troth-ledger/troth/client/promisefile/yaml"
)

// Tree is what somebody wrote.
type Tree = yaml.Node

// Text is a tree of one text.
func Text(s string) *Tree { return &Tree{Kind: yaml.Scalar, Text: s} }

// ParseTree reads YAML or JSON. name is said in errors.
func ParseTree(name, src string) (*Tree, error) {
	doc, err := yaml.Parse(src)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return doc.Root, nil
}

// value reads what stands for one value on the command line: a map or a list
// in braces or brackets, or else text as it is.
func value(s string) (*Tree, error) {
	if t := strings.TrimSpace(s); strings.HasPrefix(t, "{") || strings.HasPrefix(t, "[") {
		return ParseTree("value", t)
	}
	return Text(s), nil
}

// child returns the entry of a map, made where it isn't there.
func child(t *Tree, key string) *Tree {
	t.Kind = yaml.Map
	if n := t.Get(key); n != nil {
		return n
	}
	n := &Tree{Kind: yaml.Null}
	t.Entries = append(t.Entries, yaml.Entry{Key: Text(key), Value: n})
	return n
}

// put sets the entry at a path of map keys.
func put(t *Tree, path []string, v *Tree) {
	for _, key := range path {
		t = child(t, key)
	}
	*t = *v
}

// empty says whether nothing is written.
func empty(t *Tree) bool {
	return t == nil || t.Kind == yaml.Null || t.Kind == yaml.Map && len(t.Entries) == 0
}

package yaml

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml/ast"
	goccy "github.com/goccy/go-yaml/parser"
)

// show writes a node in one line: 'text', {key: value}, [item], null.
func show(n *Node) string {
	var parts []string
	switch n.Kind {
	case Scalar:
		return fmt.Sprintf("%q", n.Text)
	case Null:
		return "null"
	case List:
		for _, x := range n.Items {
			parts = append(parts, show(x))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	for _, e := range n.Entries {
		parts = append(parts, fmt.Sprintf("%q", e.Key.Text)+": "+show(e.Value))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func TestParse(t *testing.T) {
	for _, x := range []struct{ src, want string }{
		{"a: b", `{"a": "b"}`},
		{"a:\n  b: c\n  d: e\nf: g\n", `{"a": {"b": "c", "d": "e"}, "f": "g"}`},
		{"a:\n- b\n- c\nd: e", `{"a": ["b", "c"], "d": "e"}`},
		{"a:\n  - b: 1\n    c: 2\n  -\n    d: 3\n  - - x\n    - y\n  -\n", `{"a": [{"b": "1", "c": "2"}, {"d": "3"}, ["x", "y"], null]}`},
		{"a: [b, {c: d, e: [f]}, 'g, h', ]", `{"a": ["b", {"c": "d", "e": ["f"]}, "g, h"]}`},
		{"a: {b: 2026-12-01T18:00:00Z, c: x:y}", `{"a": {"b": "2026-12-01T18:00:00Z", "c": "x:y"}}`},
		{"a: { b: c,\n  d: e } # comment\n", `{"a": {"b": "c", "d": "e"}}`},
		{"# c\n---\na: b # c\n...\n", `{"a": "b"}`},
		{"a: b\n  c\n\n  d\n", `{"a": "b c\nd"}`},
		{"a: 'it''s'\nb: \"x\\n\\u00e9\\\"\"\n", `{"a": "it's", "b": "x\né\""}`},
		{"a: \"b\n  c\n\n  d\\\n  e\"", `{"a": "b c\nde"}`},
		{"a: |\n  b\n   c\n\n  d\n\ne: f\n", `{"a": "b\n c\n\nd\n", "e": "f"}`},
		{"a: |-\n  b\nc: |+\n  d\n\n", `{"a": "b", "c": "d\n\n"}`},
		{"a: >\n  b\n  c\n\n  d\n   e\n  f\n", `{"a": "b c\nd\n e\nf\n"}`},
		{"a: >-\n  b # no comment\n", `{"a": "b # no comment"}`},
		{"a: |2\n    b\n   c\n", `{"a": "  b\n c\n"}`},
		{"a:\nb: ~\nc: null\nd: ''\n", `{"a": null, "b": null, "c": null, "d": ""}`},
		{`{"a":1,"b":[true,"x:y"],"c":{"d":null}}`, `{"a": "1", "b": ["true", "x:y"], "c": {"d": null}}`},
		{`{"a": "\ud83d\ude00\/"}`, `{"a": "😀/"}`},
		{"a: b#c\n\"d e\": 'f'\n? g\n", ""},
		{"a: f.x == 'y' && z > 3\n", `{"a": "f.x == 'y' && z > 3"}`},
		{"a:\n    - b\n    - c\n", `{"a": ["b", "c"]}`},
		{"a: b\r\nc: |\r\n  d\r\n  e\r\n", `{"a": "b", "c": "d\ne\n"}`},
	} {
		d, err := Parse(x.src)
		if x.want == "" {
			if err == nil {
				t.Errorf("%q is accepted", x.src)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", x.src, err)
		} else if got := show(d.Root); got != x.want {
			t.Errorf("%q:\n got %s\nwant %s", x.src, got, x.want)
		}
	}
}

func TestRefused(t *testing.T) {
	for src, want := range map[string]string{
		"":                             "1:1: the file is empty",
		"a: &x b":                      "1:4: anchors and aliases",
		"a: *x":                        "1:4: anchors and aliases",
		"a: !!str b":                   "1:4: tags are not allowed",
		"<<: {a: b}":                   "1:1: merge keys",
		"a: {<<: b}":                   "1:5: merge keys",
		"%YAML 1.2\n---\na: b":         "1:1: directives",
		"a: b\na: c":                   `2:1: the key "a" is there twice`,
		"a: {b: c, b: d}":              `1:11: the key "b" is there twice`,
		"a: b\n---\nc: d":              "2:1: a second document",
		"a:\n\tb: c":                   "2:1: a tab in the indentation",
		"a: b: c":                      "1:5: a colon and a space inside a value",
		"a: 'b":                        "1:4: this quote is never closed",
		"a: \"b\\q\"":                  `1:6: there is no escape \q`,
		"a: [b":                        "1:4: this [ is never closed",
		"a: [b}":                       "1:6: a comma or ] is expected here",
		"a: {b: c":                     "1:4: this { is never closed",
		"a: [b] c":                     "1:8: nothing can follow",
		"a: 'b' c":                     "1:8: nothing can follow",
		"a: b\n  c: d":                 "2:3: a key inside a value",
		"a:\n  b: c\n   d: e":          "3:4: a key inside a value",
		"a:\n    b: c\n  d: e":         "3:3: this is indented more than what it follows",
		"- a\nb: c":                    "2:1: this doesn't belong to anything above",
		"a: - b":                       "1:4: a list begins on a line of its own",
		"a: @b":                        "1:4: a value can't begin with @",
		"a: \x00":                      "1:4: the control character U+0000",
		"a: \xff":                      "1:4: the file is not valid UTF-8",
		"a\rb":                         "1:2: a carriage return without a line feed",
		"a: | b\n  c":                  "1:6: a text block begins on the next line",
		strings.Repeat("[", 17):        "1:17: nested more than 16 deep",
		strings.Repeat("- ", 17) + "a": "1:33: nested more than 16 deep",
		"? a":                          "1:1: complex keys",
		"a: {b c}":                     `1:5: "b c" has no colon and value`,
	} {
		_, err := Parse(src)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", src, err, want)
		}
	}
}

// Every byte of a scalar knows where it is in the source.
func TestPlace(t *testing.T) {
	src := "a: one\nb: 'it''s X'\nc: |\n   two\n    X\nd: >-\n  three\n  X\ne: \"\\u00e9\\tX\"\nf: {g: plain X}\nh: four\n  X\n"
	d, err := Parse(src)
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{"b": "2:11", "c": "5:5", "d": "8:3", "e": "9:13", "h": "12:3"} {
		n := d.Root.Get(key)
		i := strings.IndexByte(n.Text, 'X')
		line := strings.Count(n.Text[:i], "\n") + 1
		col := len([]rune(n.Text[strings.LastIndexByte(n.Text[:i], '\n')+1:i])) + 1
		l, c := n.Place(line, col)
		if got := fmt.Sprintf("%d:%d", l, c); got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
	if l, c := d.Root.Get("f").Get("g").Place(1, 7); l != 10 || c != 14 {
		t.Errorf("f.g: %d:%d", l, c)
	}
}

// The same source read by the library that most Go programs read YAML with.
func TestAgainstLibrary(t *testing.T) {
	files, _ := filepath.Glob("../../../templates/*.yaml")
	more, _ := filepath.Glob("../testdata/bad/*.yaml")
	compared := 0
	for _, name := range append(files, more...) {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		ours, err := Parse(string(src))
		if err != nil {
			continue // the library accepts more
		}
		theirs, err := goccy.ParseBytes(src, 0)
		if err != nil || len(theirs.Docs) != 1 {
			t.Errorf("%s: %v", name, err)
			continue
		}
		compared++
		if a, b := show(ours.Root), showLibrary(theirs.Docs[0].Body); a != b {
			t.Errorf("%s:\nours   %s\ntheirs %s", name, a, b)
		}
	}
	if compared < 40 {
		t.Errorf("%d files compared", compared)
	}
}

func showLibrary(n ast.Node) string {
	var parts []string
	switch x := n.(type) {
	case *ast.MappingNode:
		for _, e := range x.Values {
			parts = append(parts, fmt.Sprintf("%q", e.Key.GetToken().Value)+": "+showLibrary(e.Value))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case *ast.MappingValueNode:
		return "{" + fmt.Sprintf("%q", x.Key.GetToken().Value) + ": " + showLibrary(x.Value) + "}"
	case *ast.SequenceNode:
		for _, e := range x.Values {
			parts = append(parts, showLibrary(e))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case *ast.LiteralNode:
		return fmt.Sprintf("%q", x.Value.Value)
	case *ast.StringNode:
		return fmt.Sprintf("%q", x.Value)
	case *ast.NullNode, nil:
		return "null"
	}
	return fmt.Sprintf("%q", n.GetToken().Value)
}

// Nothing takes more than a moment, however it is made.
func TestLinear(t *testing.T) {
	const n = 64 << 10
	for name, src := range map[string]string{
		"brackets": strings.Repeat("[", n), "dashes": strings.Repeat("- ", n/2), "keys": strings.Repeat("a: ", n/3),
		"blank lines": "a: |\n" + strings.Repeat("\n", n), "short lines": "a: b\n" + strings.Repeat("  c\n", n/4),
		"flow": "[" + strings.Repeat("a,", n/2) + "]", "quotes": "'" + strings.Repeat("''", n/2) + "'",
		"tabs": "a:" + strings.Repeat("\t", n), "spaces and tabs": strings.Repeat(" ", n/2) + strings.Repeat("\t", n/2) + "x",
		"folds": "a: >\n" + strings.Repeat("  b\n\n", n/5), "quoted lines": "a: \"" + strings.Repeat(" \n", n/2) + "\"",
		"comments": strings.Repeat("# x\n", n/4) + "a: b", "map": strings.Repeat("a\n", n/2),
	} {
		began := time.Now()
		_, _ = Parse(src)
		if took := time.Since(began); took > time.Second {
			t.Errorf("%s: %s", name, took)
		}
	}
}

func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("../../../templates/*.yaml")
	for _, name := range files {
		if src, err := os.ReadFile(name); err == nil {
			f.Add(string(src))
		}
	}
	for _, s := range []string{"a: |2-\n   b", "a: >+\n\n  b\n \n", "{a: [b, 'c'], \"d\": e}", "a: \"\\x41\\\n b\"", "- - a\n  - b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		d, err := Parse(src)
		if err != nil {
			if e, ok := err.(*SyntaxError); !ok || e.Line < 1 || e.Col < 1 {
				t.Errorf("%v", err)
			}
			return
		}
		var walk func(n *Node)
		walk = func(n *Node) {
			if len(n.from) != len(n.Text) {
				t.Errorf("%q: %d places for %d bytes", n.Text, len(n.from), len(n.Text))
			}
			n.Place(1, 1)
			n.Place(1<<20, 1<<20)
			for _, x := range n.Items {
				walk(x)
			}
			for _, e := range n.Entries {
				walk(e.Key)
				walk(e.Value)
			}
		}
		walk(d.Root)
	})
}

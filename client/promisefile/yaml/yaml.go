// Package yaml reads the part of YAML 1.2 that templates are written in, and
// keeps the place in the source of every byte it reads, so that a fault in the
// middle of an expression can be shown where it is in the file.
//
// It reads block and flow maps and lists, plain, single- and double-quoted,
// literal and folded scalars, and comments: one document. It refuses anchors,
// aliases, merge keys, tags, directives, complex keys, tabs in indentation,
// duplicate keys and nesting deeper than DepthMax. Every scalar is text: what
// it means is for whoever knows which type is wanted. Time and memory grow
// linearly with the source, whatever is in it.
package yaml

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// DepthMax is the deepest nesting of maps and lists.
const DepthMax = 16

// Kind says what a Node is.
type Kind uint8

// The kinds.
const (
	Scalar Kind = iota // Text
	Map                // Entries
	List               // Items
	Null               // nothing where a value could be, or a plain null or ~
)

// String returns the kind as messages call it.
func (k Kind) String() string {
	return [...]string{"a value", "a map", "a list", "nothing"}[k]
}

// Node is one node of a document.
type Node struct {
	Kind Kind
	// Text of a scalar, folded and unescaped.
	Text string
	// Quoted says that a scalar was in quotes or a block.
	Quoted bool
	// Entries of a map, in order.
	Entries []Entry
	// Items of a list.
	Items []*Node

	doc  *Doc
	off  int     // where the node begins in the source
	from []int32 // by byte of Text, where it is in the source
}

// Entry is one entry of a map.
type Entry struct {
	Key, Value *Node
}

// Doc is a parsed document.
type Doc struct {
	// Root is the document's one node.
	Root  *Node
	src   string
	lines []int // offset of each line's start
}

// SyntaxError is why a source is not a document. Line and Col count from 1,
// Col in characters.
type SyntaxError struct {
	Line, Col int
	Msg       string
}

// Error returns "line:col: message".
func (e *SyntaxError) Error() string { return fmt.Sprintf("%d:%d: %s", e.Line, e.Col, e.Msg) }

// Parse reads a document. The error is a *SyntaxError.
func Parse(src string) (doc *Doc, err error) {
	src = strings.TrimPrefix(src, "\ufeff")
	d := &Doc{src: src, lines: lineStarts(src)}
	p := &parser{doc: d, src: src}
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(*SyntaxError)
			if !ok {
				panic(r)
			}
			doc, err = nil, e
		}
	}()
	p.characters()
	p.document()
	return d, nil
}

// Pos returns the node's line and column.
func (n *Node) Pos() (line, col int) { return n.doc.pos(n.off) }

// Place returns where the text's own line and column, both from 1 and in
// characters, are in the file. Beyond the text's end it is the end.
func (n *Node) Place(line, col int) (int, int) {
	i := 0
	for ; line > 1 && i < len(n.Text); line-- {
		next := strings.IndexByte(n.Text[i:], '\n')
		if next < 0 {
			i = len(n.Text)
			break
		}
		i += next + 1
	}
	for ; col > 1 && i < len(n.Text) && n.Text[i] != '\n'; col-- {
		_, size := utf8.DecodeRuneInString(n.Text[i:])
		i += size
	}
	switch {
	case i < len(n.from):
		return n.doc.pos(int(n.from[i]))
	case len(n.from) > 0:
		return n.doc.pos(int(n.from[len(n.from)-1]) + 1)
	}
	return n.Pos()
}

// Get returns the value of a key of a map, or nil.
func (n *Node) Get(key string) *Node {
	for _, e := range n.Entries {
		if e.Key.Text == key {
			return e.Value
		}
	}
	return nil
}

func (d *Doc) pos(off int) (line, col int) {
	off = min(off, len(d.src))
	i := d.lineAt(off)
	return i + 1, utf8.RuneCountInString(d.src[d.lines[i]:off]) + 1
}

// lineAt is the index of the line that an offset is in.
func (d *Doc) lineAt(off int) int {
	lo, hi := 0, len(d.lines)
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; d.lines[mid] <= off {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo
}

func lineStarts(src string) []int {
	out := []int{0}
	for i := 0; i < len(src); i++ {
		if src[i] == '\n' {
			out = append(out, i+1)
		}
	}
	return out
}

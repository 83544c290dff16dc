package yaml

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// parser walks the source once. Its errors are panics of *SyntaxError, caught
// by Parse.
type parser struct {
	doc   *Doc
	src   string
	pos   int
	depth int
}

func (p *parser) fail(off int, format string, a ...any) {
	line, col := p.doc.pos(off)
	panic(&SyntaxError{Line: line, Col: col, Msg: fmt.Sprintf(format, a...)})
}

// characters refuses what no text file should contain.
func (p *parser) characters() {
	for i, r := range p.src {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(p.src[i:], "\uFFFD"):
			p.fail(i, "the file is not valid UTF-8")
		case r < ' ' && r != '\n' && r != '\t' && r != '\r', r == 0x7f, r == '\ufeff':
			p.fail(i, "the control character U+%04X", r)
		case r == '\r' && !strings.HasPrefix(p.src[i:], "\r\n"):
			p.fail(i, "a carriage return without a line feed")
		}
	}
}

func (p *parser) document() {
	p.blank()
	if p.at("%") {
		p.fail(p.pos, "directives are not used here")
	}
	if p.marker("---") {
		p.pos += 3
		p.blank()
	}
	if p.end() {
		p.fail(p.pos, "the file is empty")
	}
	if p.marker("...") || p.marker("---") {
		p.fail(p.pos, "the document is empty")
	}
	p.doc.Root = p.node(-1)
	p.blank()
	if p.marker("...") {
		p.pos += 3
		p.blank()
	}
	if p.marker("---") {
		p.fail(p.pos, "a second document; a file holds one")
	}
	if !p.end() {
		p.fail(p.pos, "this doesn't belong to anything above; look at the indentation")
	}
}

func (p *parser) end() bool { return p.pos >= len(p.src) }

func (p *parser) at(s string) bool { return strings.HasPrefix(p.src[p.pos:], s) }

// char is the byte at the cursor, or 0 at the end.
func (p *parser) char() byte { return p.charAt(p.pos) }

func (p *parser) charAt(i int) byte {
	if i < 0 || i >= len(p.src) {
		return 0
	}
	return p.src[i]
}

// marker reports a document marker at the start of a line.
func (p *parser) marker(m string) bool {
	return p.at(m) && p.column() == 0 && spaceOrEnd(p.charAt(p.pos+3))
}

// column of the cursor, in bytes from 0; indentation is spaces alone.
func (p *parser) column() int { return p.pos - p.doc.lines[p.doc.lineAt(p.pos)] }

func spaceOrEnd(c byte) bool { return c == 0 || c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// blank skips spaces, comments and line ends up to the next token. It reports
// whether it went to another line.
func (p *parser) blank() (moved bool) {
	for !p.end() {
		switch c := p.char(); {
		case c == ' ' || c == '\r':
			p.pos++
		case c == '\t':
			if p.indenting() {
				p.fail(p.pos, "a tab in the indentation; use spaces")
			}
			p.pos++
		case c == '\n':
			p.pos++
			moved = true
		case c == '#' && (p.pos == 0 || spaceOrEnd(p.charAt(p.pos-1))):
			p.line()
		default:
			return moved
		}
	}
	return moved
}

// indentMax is the widest indentation in which tabs are looked for.
const indentMax = 256

// indenting reports whether nothing but spaces is before the cursor in its
// line, and something other than a line end or comment after.
func (p *parser) indenting() bool {
	col := p.column()
	if col > indentMax || strings.Trim(p.src[p.pos-col:p.pos], " ") != "" {
		return false
	}
	rest := strings.TrimLeft(p.src[p.pos:min(len(p.src), p.pos+indentMax)], " \t")
	return rest != "" && rest[0] != '\n' && rest[0] != '\r' && rest[0] != '#'
}

// line moves to the end of the line.
func (p *parser) line() {
	if n := strings.IndexByte(p.src[p.pos:], '\n'); n >= 0 {
		p.pos += n
	} else {
		p.pos = len(p.src)
	}
}

func (p *parser) deeper() {
	if p.depth++; p.depth > DepthMax {
		p.fail(p.pos, "nested more than %d deep", DepthMax)
	}
}

// node reads the block node at the cursor, whose parent is at column indent.
func (p *parser) node(indent int) *Node {
	switch {
	case p.dash():
		return p.list()
	case p.isKey():
		return p.blockMap()
	}
	return p.value(indent)
}

// dash reports a list item's dash.
func (p *parser) dash() bool { return p.char() == '-' && spaceOrEnd(p.charAt(p.pos+1)) }

func (p *parser) list() *Node {
	p.deeper()
	n := &Node{Kind: List, doc: p.doc, off: p.pos}
	col := p.column()
	for !p.end() && p.dash() && p.column() == col {
		p.pos++
		moved := p.blank()
		switch {
		case p.end() || moved && p.column() <= col:
			n.Items = append(n.Items, p.null())
		default:
			n.Items = append(n.Items, p.node(col))
		}
		p.blank()
	}
	p.dedented(col)
	p.depth--
	return n
}

func (p *parser) null() *Node { return &Node{Kind: Null, doc: p.doc, off: p.pos} }

// dedented checks that what follows a block at column col is further left.
func (p *parser) dedented(col int) {
	if !p.end() && p.column() > col {
		p.fail(p.pos, "this is indented more than what it follows")
	}
}

func (p *parser) blockMap() *Node {
	p.deeper()
	n := &Node{Kind: Map, doc: p.doc, off: p.pos}
	col := p.column()
	seen := map[string]bool{}
	for !p.end() && p.column() == col && !p.dash() && !p.marker("---") && !p.marker("...") {
		if !p.isKey() {
			p.fail(p.pos, "a key and a colon are expected here, as in name: value")
		}
		key := p.key(seen)
		n.Entries = append(n.Entries, Entry{Key: key, Value: p.entryValue(col)})
		p.blank()
	}
	p.dedented(col)
	p.depth--
	return n
}

// entryValue reads what follows "key:" in a block map at column col.
func (p *parser) entryValue(col int) *Node {
	from := p.pos
	moved := p.blank()
	switch {
	case p.end(), p.marker("---"), p.marker("..."):
	case !moved:
		if p.dash() {
			p.fail(p.pos, "a list begins on a line of its own")
		}
		n := p.value(col)
		if p.blankInLine(); p.char() == ':' && spaceOrEnd(p.charAt(p.pos+1)) {
			p.fail(p.pos, "a second colon in one line; put the value in quotes")
		}
		return n
	case p.column() > col:
		return p.node(col)
	case p.column() == col && p.dash():
		return p.list()
	}
	return &Node{Kind: Null, doc: p.doc, off: from}
}

func (p *parser) blankInLine() {
	for p.char() == ' ' || p.char() == '\t' || p.char() == '\r' {
		p.pos++
	}
}

// value reads a scalar or a flow collection. A plain or quoted scalar goes on
// in lines indented more than indent.
func (p *parser) value(indent int) *Node {
	switch p.char() {
	case '[', '{':
		n := p.flow()
		p.lineDone()
		return n
	case '|', '>':
		return p.blockScalar(indent)
	case '"', '\'':
		n := p.quoted(indent)
		p.lineDone()
		return n
	}
	return p.plain(indent, false)
}

// lineDone checks that nothing but a comment follows in the line.
func (p *parser) lineDone() {
	p.blankInLine()
	c := p.char()
	if c != 0 && c != '\n' && c != '#' && c != ':' {
		p.fail(p.pos, "nothing can follow in this line")
	}
}

// isKey looks ahead for a key: a plain or quoted scalar in one line with a
// colon and a space or line end behind it.
func (p *parser) isKey() bool {
	i := p.pos
	switch c := p.charAt(i); c {
	case '"', '\'':
		for i++; i < len(p.src) && p.src[i] != '\n'; i++ {
			if c == '"' && p.src[i] == '\\' {
				i++
				continue
			}
			if p.src[i] != c {
				continue
			}
			if c == '\'' && p.charAt(i+1) == '\'' {
				i++
				continue
			}
			for i++; p.charAt(i) == ' '; i++ {
			}
			return p.charAt(i) == ':' && spaceOrEnd(p.charAt(i+1))
		}
		return false
	case '[', '{', '|', '>', '#', 0:
		return false
	case '?':
		if spaceOrEnd(p.charAt(i + 1)) {
			p.fail(i, "complex keys are not used here")
		}
	}
	for ; i < len(p.src) && p.src[i] != '\n'; i++ {
		if p.src[i] == ':' && spaceOrEnd(p.charAt(i+1)) {
			return true
		}
		if p.src[i] == '#' && i > 0 && p.src[i-1] == ' ' {
			return false
		}
	}
	return false
}

// key reads a key and its colon.
func (p *parser) key(seen map[string]bool) *Node {
	var k *Node
	if c := p.char(); c == '"' || c == '\'' {
		k = p.quoted(-1)
	} else {
		k = p.plainKey()
	}
	p.blankInLine()
	if p.char() != ':' {
		p.fail(p.pos, "a colon and a space are expected after the key %q", clip(k.Text))
	}
	p.pos++
	if seen[k.Text] {
		p.fail(k.off, "the key %q is there twice", clip(k.Text))
	}
	seen[k.Text] = true
	return k
}

func (p *parser) plainKey() *Node {
	p.indicator()
	n := &Node{doc: p.doc, off: p.pos}
	end := p.pos
	for end < len(p.src) && !(p.src[end] == ':' && spaceOrEnd(p.charAt(end+1))) {
		end++
	}
	n.take(p, p.pos, p.pos+len(strings.TrimRight(p.src[p.pos:end], " \t")))
	p.pos = end
	if n.Text == "<<" {
		p.fail(n.off, "merge keys are not allowed: what a template says must be read in one place")
	}
	return n
}

// take appends source bytes to the node's text.
func (n *Node) take(p *parser, from, to int) {
	n.Text += p.src[from:to]
	for i := from; i < to; i++ {
		n.from = append(n.from, int32(i))
	}
}

func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}

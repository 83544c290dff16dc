package yaml

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// indicator refuses what can't begin a plain scalar, in words that help.
func (p *parser) indicator() {
	switch c := p.char(); c {
	case '&', '*':
		p.fail(p.pos, "anchors and aliases are not allowed: what a template says must be read in one place")
	case '!':
		p.fail(p.pos, "tags are not allowed; to begin an expression with !, put it in quotes")
	case '@', '`', '%':
		p.fail(p.pos, "a value can't begin with %c; put it in quotes", c)
	case ',', ']', '}':
		p.fail(p.pos, "a value is expected before this %c", c)
	case ':', '?', '-':
		if spaceOrEnd(p.charAt(p.pos + 1)) {
			p.fail(p.pos, "a value can't begin with %c and a space; put it in quotes", c)
		}
	}
}

// plain reads a plain scalar. In a flow it ends at , ] } too.
func (p *parser) plain(indent int, flow bool) *Node {
	p.indicator()
	n, t := &Node{doc: p.doc, off: p.pos}, &text{}
	for {
		end := p.plainLine(flow)
		if end == p.pos {
			p.fail(p.pos, "a value is expected here")
		}
		for ; p.pos < end; p.pos++ {
			t.put(p.src[p.pos], p.pos)
		}
		if !p.continues(t, indent, flow) {
			break
		}
	}
	n.Text, n.from = t.b.String(), t.from
	if n.Text == "null" || n.Text == "~" {
		n.Kind = Null
	}
	return n
}

// plainLine finds where the plain text at the cursor ends in its line.
func (p *parser) plainLine(flow bool) int {
	i := p.pos
	for ; i < len(p.src); i++ {
		c, next := p.src[i], p.charAt(i+1)
		switch {
		case c == '\n':
		case c == ':' && (spaceOrEnd(next) || flow && strings.IndexByte(",[]{}", next) >= 0):
		case c == '#' && i > p.pos && (p.src[i-1] == ' ' || p.src[i-1] == '\t'):
		case flow && strings.IndexByte(",[]{}", c) >= 0:
		default:
			continue
		}
		break
	}
	return p.pos + len(strings.TrimRight(p.src[p.pos:i], " \t\r"))
}

// continues looks whether the plain scalar goes on in the next line. If so it
// folds the line ends into t and moves there.
func (p *parser) continues(t *text, indent int, flow bool) bool {
	start := p.pos
	p.blankInLine()
	if p.char() != '\n' {
		if c := p.char(); !flow && c == ':' {
			p.fail(p.pos, "a colon and a space inside a value; put the value in quotes")
		}
		return false
	}
	breaks, first := 0, p.pos
	for p.char() == '\n' {
		p.pos++
		breaks++
		p.blankInLine()
	}
	more := !p.end() && p.char() != '#' && !p.marker("---") && !p.marker("...")
	if flow {
		more = more && strings.IndexByte(",]}:", p.char()) < 0
	} else {
		more = more && p.column() > indent
	}
	if !more {
		p.pos = start
		return false
	}
	if !flow && p.isKey() {
		p.fail(p.pos, "a key inside a value; look at the indentation, or put the value in quotes")
	}
	t.fold(breaks, first)
	return true
}

// fold appends what a number of line ends becomes: one a space, more of them
// one line end fewer.
func (t *text) fold(breaks, off int) {
	if breaks == 1 {
		t.put(' ', off)
		return
	}
	for range breaks - 1 {
		t.put('\n', off)
	}
}

// text gathers a scalar without copying it again for every byte.
type text struct {
	b    strings.Builder
	from []int32
}

func (t *text) put(c byte, off int) {
	t.b.WriteByte(c)
	t.from = append(t.from, int32(off))
}

func (t *text) putString(s string, off int) {
	for i := 0; i < len(s); i++ {
		t.put(s[i], off)
	}
}

// quoted reads a quoted scalar. Its further lines are indented more than
// indent.
func (p *parser) quoted(indent int) *Node {
	n := &Node{doc: p.doc, off: p.pos, Quoted: true}
	q := p.char()
	t := &text{}
	for p.pos++; ; {
		c := p.char()
		switch {
		case p.end():
			p.fail(n.off, "this quote is never closed")
		case c == q && q == '\'' && p.charAt(p.pos+1) == q:
			t.put(q, p.pos)
			p.pos += 2
		case c == q:
			p.pos++
			n.Text, n.from = t.b.String(), t.from
			return n
		case c == '\\' && q == '"':
			p.escape(t)
		case c == '\n' || (c == ' ' || c == '\t' || c == '\r') && p.trailing():
			p.foldQuoted(t, n, indent)
		default:
			t.put(c, p.pos)
			p.pos++
		}
	}
}

// trailing reports whether only blanks are left in the line.
func (p *parser) trailing() bool {
	i := p.pos
	for p.charAt(i) == ' ' || p.charAt(i) == '\t' || p.charAt(i) == '\r' {
		i++
	}
	return p.charAt(i) == '\n'
}

func (p *parser) foldQuoted(t *text, n *Node, indent int) {
	p.blankInLine()
	first, breaks := p.pos, 0
	for p.char() == '\n' {
		p.pos++
		breaks++
		p.blankInLine()
	}
	if p.end() {
		p.fail(n.off, "this quote is never closed")
	}
	if p.column() <= indent {
		p.fail(p.pos, "the text in quotes goes on here and is not indented enough")
	}
	t.fold(breaks, first)
}

var escapes = map[byte]string{'0': "\x00", 'a': "\a", 'b': "\b", 't': "\t", '\t': "\t", 'n': "\n", 'v': "\v",
	'f': "\f", 'r': "\r", 'e': "\x1b", ' ': " ", '"': "\"", '/': "/", '\\': "\\", 'N': "\u0085", '_': "\u00a0",
	'L': "\u2028", 'P': "\u2029"}

// escape reads a backslash and what it stands for.
func (p *parser) escape(t *text) {
	off, c := p.pos, p.charAt(p.pos+1)
	if s, ok := escapes[c]; ok {
		t.putString(s, off)
		p.pos += 2
		return
	}
	size := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]
	switch {
	case c == '\n': // an escaped line end joins the lines
		p.pos += 2
		p.blankInLine()
		return
	case size == 0 || p.pos+2+size > len(p.src):
		p.fail(off, "there is no escape \\%c", c)
	}
	v, err := strconv.ParseUint(p.src[p.pos+2:p.pos+2+size], 16, 32)
	if low, ok := p.surrogate(v); ok { // as JSON writes characters beyond 16 bits
		t.putString(string(utf16.DecodeRune(rune(v), low)), off)
		p.pos += 12
		return
	}
	if err != nil || !utf8.ValidRune(rune(v)) {
		p.fail(off, "\\%s is no character", p.src[p.pos+1:p.pos+2+size])
	}
	t.putString(string(rune(v)), off)
	p.pos += 2 + size
}

// surrogate reads the second half of a pair of which v is the first.
func (p *parser) surrogate(v uint64) (rune, bool) {
	if v < 0xd800 || v >= 0xdc00 || p.pos+12 > len(p.src) || p.src[p.pos+6:p.pos+8] != `\u` {
		return 0, false
	}
	low, err := strconv.ParseUint(p.src[p.pos+8:p.pos+12], 16, 32)
	return rune(low), err == nil && low >= 0xdc00 && low < 0xe000
}

package yaml

import "strings"

// blockScalar reads a literal (|) or folded (>) scalar whose parent is at
// column indent.
func (p *parser) blockScalar(indent int) *Node {
	n := &Node{doc: p.doc, off: p.pos, Quoted: true}
	folded := p.char() == '>'
	chomp, extra := p.blockHeader()
	width := 0
	if extra > 0 {
		width = max(indent, 0) + extra
	} else {
		width = p.blockWidth(indent)
	}
	t := &text{}
	lines := p.blockLines(width)
	if folded {
		p.foldLines(t, lines)
	} else {
		for _, l := range lines {
			t.putLine(p, l)
		}
	}
	n.Text, n.from = t.b.String(), t.from
	n.chomp(chomp)
	return n
}

// blockHeader reads | or > with its chomping and indentation indicators.
func (p *parser) blockHeader() (chomp byte, extra int) {
	for p.pos++; ; p.pos++ {
		switch c := p.char(); {
		case c == '+' || c == '-':
			chomp = c
		case c >= '1' && c <= '9':
			extra = int(c - '0')
		default:
			p.blankInLine()
			if p.char() == '#' {
				p.line()
			}
			if p.char() != '\n' && !p.end() {
				p.fail(p.pos, "a text block begins on the next line")
			}
			p.pos = min(p.pos+1, len(p.src))
			return chomp, extra
		}
	}
}

// blockWidth is the indentation of the block's first line that has text.
func (p *parser) blockWidth(indent int) int {
	for i := p.pos; i < len(p.src); {
		start := i
		for p.charAt(i) == ' ' {
			i++
		}
		switch c := p.charAt(i); {
		case c == '\n':
			i++
		case c == '\r' && p.charAt(i+1) == '\n':
			i += 2
		case i-start > indent:
			return i - start
		default:
			return indent + 1 // what follows belongs to the parent: an empty block
		}
	}
	return indent + 1
}

// span is a line of a block, without its indentation and line end.
type span struct{ from, to int }

// blockLines reads the lines of a block that is width wide.
func (p *parser) blockLines(width int) []span {
	var out []span
	for !p.end() {
		start := p.pos
		i := start
		for i < len(p.src) && i-start < width && p.src[i] == ' ' {
			i++
		}
		end := strings.IndexByte(p.src[i:], '\n')
		if end < 0 {
			end = len(p.src)
		} else {
			end += i
		}
		text := strings.TrimSuffix(p.src[i:end], "\r")
		switch {
		case text == "":
			out = append(out, span{i, i})
		case i-start < width || p.marker("---") || p.marker("..."):
			return out
		default:
			out = append(out, span{i, i + len(text)})
		}
		p.pos = min(end+1, len(p.src))
	}
	return out
}

func (t *text) putLine(p *parser, l span) {
	for i := l.from; i < l.to; i++ {
		t.put(p.src[i], i)
	}
	t.put('\n', l.to)
}

// foldLines joins neighbouring lines with a space; lines that are indented
// further, and what is around them, keep their ends.
func (p *parser) foldLines(t *text, lines []span) {
	indented := func(l span) bool { return l.from < l.to && (p.src[l.from] == ' ' || p.src[l.from] == '\t') }
	last := -1 // the last line with text
	for i, l := range lines {
		if l.from == l.to {
			continue
		}
		empty := i - last - 1
		switch {
		case last < 0:
			t.putString(strings.Repeat("\n", empty), l.from)
		case indented(lines[last]) || indented(l):
			t.putString(strings.Repeat("\n", empty+1), lines[last].to)
		case empty == 0:
			t.put(' ', lines[last].to)
		default:
			t.putString(strings.Repeat("\n", empty), lines[last].to)
		}
		for j := l.from; j < l.to; j++ {
			t.put(p.src[j], j)
		}
		last = i
	}
	if last >= 0 {
		t.putString(strings.Repeat("\n", len(lines)-last), lines[last].to)
	} else {
		t.putString(strings.Repeat("\n", len(lines)), p.pos)
	}
}

// chomp drops line ends from the end of a block: all but one, with - all,
// with + none.
func (n *Node) chomp(mode byte) {
	keep := len(strings.TrimRight(n.Text, "\n"))
	switch {
	case mode == '+':
		return
	case mode == 0 && keep > 0 && keep < len(n.Text):
		keep++
	}
	n.Text, n.from = n.Text[:keep], n.from[:keep]
}

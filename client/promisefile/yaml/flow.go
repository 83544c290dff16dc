package yaml

// flow reads a flow map or list at the cursor.
func (p *parser) flow() *Node {
	p.deeper()
	defer func() { p.depth-- }()
	if p.char() == '[' {
		return p.flowList()
	}
	return p.flowMap()
}

func (p *parser) flowList() *Node {
	n := &Node{Kind: List, doc: p.doc, off: p.pos}
	p.pos++
	for {
		p.blank()
		switch {
		case p.end():
			p.fail(n.off, "this [ is never closed")
		case p.char() == ']':
			p.pos++
			return n
		}
		n.Items = append(n.Items, p.flowValue())
		p.blank()
		if p.char() == ':' {
			p.fail(p.pos, "a key in a list; put { } around the entry, or quotes around the value")
		}
		p.comma(n, ']')
	}
}

func (p *parser) flowMap() *Node {
	n := &Node{Kind: Map, doc: p.doc, off: p.pos}
	p.pos++
	seen := map[string]bool{}
	for {
		p.blank()
		switch {
		case p.end():
			p.fail(n.off, "this { is never closed")
		case p.char() == '}':
			p.pos++
			return n
		}
		key := p.flowKey(seen)
		p.blank()
		e := Entry{Key: key}
		if c := p.char(); c == ',' || c == '}' {
			e.Value = p.null()
		} else {
			e.Value = p.flowValue()
		}
		n.Entries = append(n.Entries, e)
		p.blank()
		p.comma(n, '}')
	}
}

// flowKey reads a key and its colon in a flow map.
func (p *parser) flowKey(seen map[string]bool) *Node {
	var k *Node
	switch p.char() {
	case '"', '\'':
		k = p.quoted(-1)
	case '[', '{':
		p.fail(p.pos, "complex keys are not used here")
	default:
		k = p.plain(-1, true)
	}
	p.blank()
	if p.char() != ':' {
		p.fail(k.off, "%q has no colon and value; a value with a comma in it goes in quotes", clip(k.Text))
	}
	p.pos++
	switch {
	case k.Text == "<<" && !k.Quoted:
		p.fail(k.off, "merge keys are not allowed: what a template says must be read in one place")
	case seen[k.Text]:
		p.fail(k.off, "the key %q is there twice", clip(k.Text))
	}
	seen[k.Text] = true
	return k
}

func (p *parser) flowValue() *Node {
	switch p.char() {
	case '[', '{':
		return p.flow()
	case '"', '\'':
		return p.quoted(-1)
	}
	return p.plain(-1, true)
}

// comma reads a comma, or stops before the bracket that closes n.
func (p *parser) comma(n *Node, shut byte) {
	switch p.char() {
	case ',':
		p.pos++
	case shut:
	case 0:
		p.fail(n.off, "this %c is never closed", p.src[n.off])
	default:
		p.fail(p.pos, "a comma or %c is expected here", shut)
	}
}

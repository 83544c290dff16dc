package contract

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/troth-ledger/troth/gen/pb"
)

// blank is a piece of a text: plain text, or the name in a pair of braces.
type blank struct {
	text string
	term int    // index of the term, or -1
	role string // the role, or empty
}

// blanks splits a text at its {names}. A brace is written twice to be itself.
func (b *builder) blanks(path, s string) []blank {
	var out []blank
	plain := strings.Builder{}
	for i := 0; i < len(s); {
		switch {
		case strings.HasPrefix(s[i:], "{{") || strings.HasPrefix(s[i:], "}}"):
			plain.WriteByte(s[i])
			i += 2
		case s[i] == '{':
			end := strings.IndexByte(s[i:], '}')
			if end < 0 {
				b.at(path, s, i, "this { is never closed; write {{ for a brace")
				return out
			}
			x := blank{text: plain.String(), term: -1}
			plain.Reset()
			out = append(out, x, b.named(path, s, i, s[i+1:i+end]))
			i += end + 1
		case s[i] == '}':
			b.at(path, s, i, "this } closes nothing; write }} for a brace")
			return out
		default:
			plain.WriteByte(s[i])
			i++
		}
	}
	return append(out, blank{text: plain.String(), term: -1})
}

func (b *builder) named(path, s string, i int, name string) blank {
	names := b.roleNames()
	for j, d := range b.t.Terms {
		if d.Name == name {
			return blank{term: j}
		}
		names = append(names, d.Name)
	}
	if b.isRole(name) {
		return blank{term: -1, role: name}
	}
	b.at(path, s, i, "{%s} is neither a term nor a role%s", name, near(name, names))
	return blank{term: -1, text: "{" + name + "}"}
}

// at reports a fault at byte i of a text.
func (b *builder) at(path, s string, i int, format string, a ...any) {
	line := strings.Count(s[:i], "\n") + 1
	col := utf8.RuneCountInString(s[strings.LastIndexByte(s[:i], '\n')+1:i]) + 1
	b.problems = append(b.problems, Problem{Path: path, Line: line, Col: col,
		Code: pb.Code_BAD_TEMPLATE, Msg: fmt.Sprintf(format, a...)})
}

// texts checks the text in each language.
func (b *builder) texts() {
	if len(b.t.Text) == 0 {
		b.fail("text", "a template needs a text: what the customer is told")
	}
	seen := map[string]bool{}
	for i, x := range b.t.Text {
		path := fmt.Sprintf("text[%d]", i)
		switch {
		case len(x.Text) > TextBytesMax:
			b.fail(path, "the text has %d bytes, the most is %d", len(x.Text), TextBytesMax)
			continue
		case strings.TrimSpace(x.Text) == "":
			b.fail(path, "the text is empty")
		case !utf8.ValidString(x.Text):
			b.fail(path, "the text is not valid UTF-8")
			continue
		case x.Lang == "" && len(b.t.Text) > 1 || x.Lang != "" && !language.MatchString(x.Lang):
			b.fail(path, "the language %q is not a tag such as en or de-AT", x.Lang)
		case seen[x.Lang]:
			b.fail(path, "there are two texts in the language %q", x.Lang)
		}
		seen[x.Lang] = true
		b.c.texts = append(b.c.texts, b.blanks(path, x.Text))
	}
}

// subjectPattern checks what the promise is about.
func (b *builder) subjectPattern() {
	if b.t.Subject == "" {
		return
	}
	b.c.subject = b.blanks("subject", b.t.Subject)
	sample := strings.Builder{}
	for _, x := range b.c.subject {
		sample.WriteString(x.text)
		if x.term < 0 && x.role == "" {
			continue
		}
		sample.WriteByte('x')
		if x.term < 0 {
			continue
		}
		switch d := b.t.Terms[x.term]; {
		case d.Sealed:
			b.fail("subject", "the term %q is sealed and can't be read in the subject", d.Name)
		case d.Type != pb.ValueType_STRING && d.Type != pb.ValueType_INT:
			b.fail("subject", "the term %q is %s; a subject is made of texts and whole numbers", d.Name, article(typeName(d.Type)))
		}
	}
	if !subjectText.MatchString(sample.String()) {
		b.fail("subject", "the subject %q: a subject is 1 to 128 letters, digits and -_.:/@", b.t.Subject)
	}
}

package reference

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/troth-ledger/troth/internal/reflag"
)

// header is at the top of every page.
const header = "<!-- Made by `go run ./cmd/troth reference docs/reference`; don't edit. -->\n\n"

// Pages returns the pages by file name. root is the command line.
func Pages(root *cobra.Command) map[string]string {
	return map[string]string{
		"operations.md": header + operations(),
		"queries.md":    header + queries(),
		"errors.md":     header + errorTable(),
		"cli.md":        header + cli(root),
	}
}

// page collects a page and the messages that it has to describe.
type page struct {
	strings.Builder
	queue []protoreflect.MessageDescriptor
	seen  map[protoreflect.FullName]bool
	enums []protoreflect.EnumDescriptor
}

func newPage() *page { return &page{seen: map[protoreflect.FullName]bool{}} }

func (p *page) printf(format string, args ...any) { fmt.Fprintf(p, format, args...) }

// fields writes a table of a message's fields, and notes what they refer to.
func (p *page) fields(m protoreflect.MessageDescriptor) {
	if m.Fields().Len() == 0 {
		return
	}
	p.printf("| field | type | |\n| --- | --- | --- |\n")
	for i := range m.Fields().Len() {
		f := m.Fields().Get(i)
		p.printf("| `%s` | %s | %s |\n", f.Name(), p.typeOf(f), cell(reflag.Comment(f)))
	}
	p.printf("\n")
}

// typeOf names a field's type, with a link where the page describes it.
func (p *page) typeOf(f protoreflect.FieldDescriptor) string {
	name := f.Kind().String()
	switch {
	case f.Message() != nil:
		name = p.refer(f.Message())
	case f.Enum() != nil:
		p.enum(f.Enum())
		name = link(string(f.Enum().Name()))
	case reflag.IsParty(f):
		name = "party"
	}
	if f.IsList() {
		return "list of " + name
	}
	return name
}

func (p *page) refer(m protoreflect.MessageDescriptor) string {
	switch m.FullName() {
	case "google.protobuf.Timestamp":
		return "time"
	case "google.protobuf.Duration":
		return "duration"
	}
	if !p.seen[m.FullName()] {
		p.seen[m.FullName()] = true
		p.queue = append(p.queue, m)
	}
	return link(string(m.Name()))
}

func (p *page) enum(e protoreflect.EnumDescriptor) {
	if !p.seen[e.FullName()] {
		p.seen[e.FullName()] = true
		p.enums = append(p.enums, e)
	}
}

func link(name string) string {
	return "[" + name + "](#" + strings.ToLower(name) + ")"
}

// types writes the messages and enums that the page refers to.
func (p *page) types() {
	p.printf("## Types\n\n")
	for len(p.queue) > 0 {
		m := p.queue[0]
		p.queue = p.queue[1:]
		p.printf("### %s\n\n%s\n\n", m.Name(), reflag.Comment(m))
		p.fields(m)
	}
	for _, e := range p.enums {
		p.printf("### %s\n\n%s\n\n| value | number | |\n| --- | --- | --- |\n", e.Name(), reflag.Comment(e))
		for i := range e.Values().Len() {
			v := e.Values().Get(i)
			p.printf("| `%s` | %d | %s |\n", v.Name(), v.Number(), cell(reflag.Comment(v)))
		}
		p.printf("\n")
	}
}

// cell escapes what would end a table's cell.
func cell(s string) string { return strings.ReplaceAll(s, "|", "\\|") }

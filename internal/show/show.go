package show

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Record writes a message, a field a line.
func (p *Printer) Record(w io.Writer, m proto.Message) {
	type row struct {
		name  string
		lines []string
	}
	var rows []row
	width := 0
	p.fields(m.ProtoReflect(), func(name string, lines []string) {
		rows = append(rows, row{name, lines})
		width = max(width, len(name))
	})
	for _, r := range rows {
		for i, line := range r.lines {
			name := r.name
			if i > 0 {
				name = ""
			}
			fmt.Fprintf(w, "%-*s  %s\n", width, name, line)
		}
	}
}

// columnsMax is how many columns a table has at most; JSON has everything.
const columnsMax = 8

// Table writes messages of one type, a message a line, with the columns that
// fit: fields of one value that some message has.
func (p *Printer) Table(w io.Writer, ms []proto.Message) {
	if len(ms) == 0 {
		return
	}
	var grid [][]string
	fs := ms[0].ProtoReflect().Descriptor().Fields()
	for i := 0; i < fs.Len() && len(grid) < columnsMax; i++ {
		f := fs.Get(i)
		if !tabular(f) || !slices.ContainsFunc(ms, func(m proto.Message) bool { return m.ProtoReflect().Has(f) }) {
			continue
		}
		column := []string{strings.ToUpper(strings.ReplaceAll(string(f.Name()), "_", " "))}
		for _, m := range ms {
			column = append(column, p.cell(m.ProtoReflect(), f))
		}
		grid = append(grid, column)
	}
	Columns(w, grid)
}

// tabular says whether a field can be a column.
func tabular(f protoreflect.FieldDescriptor) bool {
	if f.IsList() {
		return f.Kind() == protoreflect.StringKind
	}
	if f.Message() != nil {
		name := f.Message().Name()
		return name == "Timestamp" || name == "Duration" || name == "Amount" || name == "Statement"
	}
	return true
}

func (p *Printer) cell(m protoreflect.Message, f protoreflect.FieldDescriptor) string {
	if !f.IsList() {
		if !m.Has(f) && f.Kind() != protoreflect.Int64Kind {
			return ""
		}
		return p.scalar(m, f, m.Get(f))
	}
	var parts []string
	for i := range m.Get(f).List().Len() {
		parts = append(parts, p.scalar(m, f, m.Get(f).List().Get(i)))
	}
	return strings.Join(parts, ", ")
}

// Columns writes columns side by side, each as wide as its widest cell.
func Columns(w io.Writer, grid [][]string) {
	if len(grid) == 0 {
		return
	}
	for row := range grid[0] {
		var line strings.Builder
		for i, column := range grid {
			line.WriteString(column[row])
			if i == len(grid)-1 {
				break
			}
			width := 0
			for _, c := range column {
				width = max(width, utf8.RuneCountInString(c))
			}
			line.WriteString(strings.Repeat(" ", width-utf8.RuneCountInString(column[row])+2))
		}
		fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
	}
}

// JSON is a message as the API writes it. protojson varies its spaces on
// purpose; here the same message is the same text.
func JSON(m proto.Message) (json.RawMessage, error) {
	b, err := protojson.Marshal(m)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := json.Compact(&out, b); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// WriteJSON writes a value, indented.
func WriteJSON(w io.Writer, v any) error {
	if m, ok := v.(proto.Message); ok {
		b, err := JSON(m)
		if err != nil {
			return err
		}
		v = b
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

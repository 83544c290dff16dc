package show

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/internal/reflag"
	"github.com/troth-ledger/troth/ledger/promise/contract"
)

// Printer writes messages. Directory looks up handles and decimals.
type Printer struct {
	Context   context.Context
	Directory *client.Directory
}

// Clean is text with everything that isn't printed marked.
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '\uFFFD'
	}, s)
}

// Time writes a moment, in UTC and to the second unless there is more.
func Time(t time.Time) string {
	return t.UTC().Format("2006-01-02 15:04:05.999 MST")
}

// Duration writes a length of time, with days.
func Duration(d time.Duration) string {
	days := d / (24 * time.Hour)
	if days == 0 {
		return short(d)
	}
	if rest := d - days*24*time.Hour; rest != 0 {
		return fmt.Sprintf("%dd%s", days, short(rest))
	}
	return fmt.Sprintf("%dd", days)
}

// short drops what is nought at the end of Go's form.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// scalar writes one value of a field of m.
func (p *Printer) scalar(m protoreflect.Message, f protoreflect.FieldDescriptor, v protoreflect.Value) string {
	switch f.Kind() {
	case protoreflect.MessageKind:
		return p.nested(v.Message())
	case protoreflect.EnumKind:
		if e := f.Enum().Values().ByNumber(v.Enum()); e != nil && !strings.HasPrefix(string(e.Name()), "NO_") {
			return reflag.EnumName(e)
		}
		return ""
	case protoreflect.BytesKind:
		return hex.EncodeToString(v.Bytes())
	case protoreflect.BoolKind:
		if v.Bool() {
			return "yes"
		}
		return "no"
	case protoreflect.StringKind:
		if s := v.String(); reflag.IsParty(f) && strings.HasPrefix(s, "p_") {
			return p.Directory.Name(p.Context, s)
		}
		return Clean(v.String())
	case protoreflect.Int64Kind:
		if asset := assetOf(m); asset != "" {
			if n, err := p.Directory.Decimals(p.Context, asset); err == nil {
				return contract.FormatUnits(v.Int(), n)
			}
		}
	}
	return v.String()
}

// assetOf is the asset whose minor units a message's whole numbers are, empty
// where they are something else.
func assetOf(m protoreflect.Message) string {
	if a, ok := m.Interface().(*pb.Asset); ok {
		return a.Id
	}
	if f := m.Descriptor().Fields().ByName("asset"); f != nil && f.Kind() == protoreflect.StringKind {
		return m.Get(f).String()
	}
	return ""
}

// nested writes a message within a line.
func (p *Printer) nested(m protoreflect.Message) string {
	switch r := m.Interface().(type) {
	case *timestamppb.Timestamp:
		return Time(r.AsTime())
	case *durationpb.Duration:
		return Duration(r.AsDuration())
	case *pb.Amount:
		return Clean(p.Directory.Format(p.Context, r.Units, r.Asset))
	case *pb.NamedValue:
		return Clean(r.Name) + "=" + p.nested(r.Value.ProtoReflect())
	case *pb.RoleBinding:
		return p.role(r)
	case *pb.Value:
		f := m.WhichOneof(m.Descriptor().Oneofs().Get(0))
		if f == nil {
			return ""
		}
		return p.scalar(m, f, m.Get(f))
	}
	var parts []string
	p.fields(m, func(name string, lines []string) {
		parts = append(parts, name+" "+strings.Join(lines, ", "))
	})
	return strings.Join(parts, " · ")
}

// terms writes a promise's terms by their names, which its template has. One
// that is sealed shows what stands for it on the ledger.
func (p *Printer) terms(r *pb.Promise) []string {
	names := p.Directory.TermNames(p.Context, r.Template)
	lines := make([]string, len(r.Terms))
	for i, v := range r.Terms {
		if len(names) == len(r.Terms) {
			lines[i] = Clean(names[i]) + "="
		}
		if v.GetSealed() != nil {
			lines[i] += "sealed, commitment "
		}
		lines[i] += p.nested(v.ProtoReflect())
	}
	return lines
}

func (p *Printer) role(r *pb.RoleBinding) string {
	var who []string
	for _, id := range r.Parties {
		who = append(who, p.Directory.Name(p.Context, id))
	}
	s := Clean(r.Role) + "=" + strings.Join(who, ",")
	if r.Accepted {
		s += " (accepted)"
	}
	return s
}

// fields calls each with the name and the lines of every field that says
// something.
func (p *Printer) fields(m protoreflect.Message, each func(name string, lines []string)) {
	fs := m.Descriptor().Fields()
	for i := range fs.Len() {
		f := fs.Get(i)
		if !m.Has(f) && !(f.Kind() == protoreflect.Int64Kind && assetOf(m) != "" && !strings.HasSuffix(string(f.Name()), "_max")) {
			continue
		}
		var lines []string
		if r, ok := m.Interface().(*pb.Promise); ok && f.Name() == "terms" {
			lines = p.terms(r)
		} else if v := m.Get(f); f.IsList() {
			for j := range v.List().Len() {
				lines = append(lines, p.scalar(m, f, v.List().Get(j)))
			}
		} else if s := p.scalar(m, f, v); s != "" {
			lines = []string{s}
		}
		if len(lines) > 0 {
			each(strings.ReplaceAll(string(f.Name()), "_", " "), lines)
		}
	}
}

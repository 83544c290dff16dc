package promisefile

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/promise/contract"
)

// Format writes a template as a file that Parse reads back as the same.
// decimals are those its amounts are written with; nil for ISO 4217's.
func Format(t *pb.Template, decimals contract.Decimals) []byte {
	if decimals == nil {
		decimals = contract.ISODecimals
	}
	w := &writer{d: decimals}
	w.pair(0, "template", t.Name)
	if t.Version != 0 {
		w.line(0, "version: %d", t.Version)
	}
	w.pair(0, "dialect", t.Dialect)
	w.pair(0, "subject", t.Subject)
	w.texts(t)
	w.roles(t)
	w.terms(t)
	w.kinds(t)
	w.holds(t)
	w.sections(t)
	for i, r := range t.Rules {
		w.head(i, "rules")
		w.item("name", r.Name)
		w.pair(2, "when", r.When)
		if r.Each != pb.Rule_ONCE {
			w.pair(2, "each", wordOf(eachWords, r.Each))
		}
		if r.Outcome != pb.Outcome_GOES_ON {
			w.pair(2, "outcome", wordOf(outcomeWords, r.Outcome))
		}
		w.pay(r.Pay)
	}
	for i, x := range t.Examples {
		w.head(i, "examples")
		w.example(x)
	}
	return []byte(w.b.String())
}

// writer writes indented YAML. Every text is quoted where it could be read as
// anything else.
type writer struct {
	b strings.Builder
	d contract.Decimals
}

func (w *writer) line(depth int, format string, a ...any) {
	w.b.WriteString(strings.Repeat("  ", depth))
	fmt.Fprintf(&w.b, format+"\n", a...)
}

// head begins a section before its first item.
func (w *writer) head(i int, section string) {
	if i == 0 {
		w.line(0, "%s:", section)
	}
}

// item begins a list item with its first pair, which is written even if empty.
func (w *writer) item(key, value string) { w.line(1, "- %s: %s", key, quote(value)) }

// pair writes a key with a text, unless the text is empty.
func (w *writer) pair(depth int, key, value string) {
	if value != "" {
		w.line(depth, "%s: %s", key, quote(value))
	}
}

// quote writes a text as a plain scalar if nothing in it could be misread in a
// block or a flow, and else in double quotes.
func quote(s string) string {
	plain := s != "" && s != "null" && s != "~" && strings.Trim(s, " ") == s
	for i, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r > 0xa0 && r != 0xfeff
		switch {
		case letter:
		case i > 0 && strings.ContainsRune(" .-/+*%()<>=!&|'@;", r):
		default:
			plain = false
		}
	}
	if plain {
		return s
	}
	return strconv.Quote(s)
}

func wordOf[T comparable](words map[string]T, v T) string {
	for _, k := range keys(words) {
		if words[k] == v && k != "active" {
			return k
		}
	}
	return ""
}

func (w *writer) texts(t *pb.Template) {
	if len(t.Text) == 1 && t.Text[0].Lang == "" {
		w.pair(0, "text", t.Text[0].Text)
		return
	}
	w.line(0, "text:")
	for _, x := range t.Text {
		w.line(1, "%s: %s", quote(x.Lang), quote(x.Text))
	}
}

func (w *writer) roles(t *pb.Template) {
	w.line(0, "roles:")
	for _, r := range t.Roles {
		kind := wordOf(roleWords, r.Kind)
		if !r.Unasked && r.OwnerOf == "" && r.Class == "" {
			w.line(1, "%s: %s", r.Name, kind)
			continue
		}
		w.line(1, "%s:", r.Name)
		w.pair(2, "kind", kind)
		if r.Unasked {
			w.line(2, "unasked: true")
		}
		w.pair(2, "owner_of", r.OwnerOf)
		w.pair(2, "class", r.Class)
	}
}

func (w *writer) terms(t *pb.Template) {
	for i, d := range t.Terms {
		w.head(i, "terms")
		typ := wordOf(typeWords, d.Type)
		if d.Default == nil && !d.Sealed {
			w.line(1, "%s: %s", d.Name, typ)
			continue
		}
		w.line(1, "%s:", d.Name)
		w.pair(2, "type", typ)
		if d.Sealed {
			w.line(2, "sealed: true")
		}
		if d.Default != nil {
			w.line(2, "default: %s", quote(w.value(d.Default)))
		}
	}
}

func (w *writer) kinds(t *pb.Template) {
	if len(t.Facts) == 0 {
		w.line(0, "facts: []")
	}
	for i, d := range t.Facts {
		w.head(i, "facts")
		w.line(1, "%s:", quote(d.Kind))
		if d.Quorum != 0 {
			w.line(2, "quorum: %d", d.Quorum)
		}
		if d.MaxAge != nil {
			w.line(2, "max_age: %s", d.MaxAge.AsDuration())
		}
		for j, f := range d.Fields {
			if j == 0 {
				w.line(2, "fields:")
			}
			w.line(3, "%s: %s", f.Name, wordOf(typeWords, f.Type))
		}
	}
}

func (w *writer) holds(t *pb.Template) {
	for i, h := range t.Holds {
		w.head(i, "holds")
		w.item("as", h.Name)
		w.pair(2, "from", h.From)
		w.pair(2, "amount", h.Amount)
		if h.Pool {
			w.line(2, "pool: true")
		}
		w.pair(2, "rest", h.Rest)
	}
}

func (w *writer) pay(legs []*pb.Leg) {
	for i, l := range legs {
		if i == 0 {
			w.line(2, "pay:")
		}
		w.line(3, "- from: %s", quote(l.From))
		w.pair(4, "to", l.To)
		w.pair(4, "amount", l.Amount)
	}
}

func (w *writer) sections(t *pb.Template) {
	if d := t.Periods; d != nil {
		w.line(0, "periods:")
		w.pair(1, "from", d.From)
		w.pair(1, "every", wordOf(everyWords, d.Every))
		w.pair(1, "count", d.Count)
	}
	for i, d := range t.Caps {
		w.head(i, "caps")
		w.item("to", d.To)
		w.pair(2, "scope", wordOf(scopeWords, d.Scope))
		w.pair(2, "amount", d.Amount)
	}
	w.dispute(t.Dispute)
	for i, d := range t.Cancel {
		w.head(i, "cancel")
		w.item("name", d.Name)
		w.pair(2, "by", d.By)
		w.pair(2, "when", d.When)
		if d.Outcome != pb.Outcome_GOES_ON {
			w.pair(2, "outcome", wordOf(outcomeWords, d.Outcome))
		}
		w.pay(d.Pay)
	}
	for i, d := range t.Transfer {
		w.head(i, "transfer")
		w.item("role", d.Role)
		w.pair(2, "consent", d.Consent)
	}
	if d := t.Novation; d != nil {
		w.line(0, "novation:")
		w.pair(1, "role", d.Role)
		w.pair(1, "by", d.By)
	}
}

func (w *writer) dispute(d *pb.DisputeDef) {
	if d == nil {
		return
	}
	w.line(0, "dispute:")
	for _, l := range []struct {
		key  string
		list []string
	}{{"rules", d.Rules}, {"by", d.By}} {
		for i, s := range l.list {
			if i == 0 {
				w.line(1, "%s:", l.key)
			}
			w.line(2, "- %s", quote(s))
		}
	}
	w.pair(1, "window", d.Window)
	w.pair(1, "bond", d.Bond)
	w.pair(1, "answer", d.Answer)
	w.pair(1, "arbiter", d.Arbiter)
	w.pair(1, "ruling", d.Ruling)
	w.pair(1, "fee", d.Fee)
}

func (w *writer) example(x *pb.Example) {
	then := []string{"outcome: " + endWord(x.Outcome)}
	if x.Rule != "" {
		then = append(then, "rule: "+strconv.Quote(x.Rule))
	}
	for _, r := range x.Paid {
		var amounts []string
		for _, v := range r.Amounts {
			amounts = append(amounts, w.value(v))
		}
		then = append(then, r.Role+": ["+strings.Join(amounts, ", ")+"]")
	}
	w.line(1, "- then: {%s}", strings.Join(then, ", "))
	w.pair(2, "name", x.Name)
	if x.Start != nil {
		w.line(2, "start: %s", rfc3339(x.Start.AsTime()))
	}
	if x.Until != nil {
		w.line(2, "until: %s", rfc3339(x.Until.AsTime()))
	}
	for i, v := range x.Given {
		if i == 0 {
			w.line(2, "given:")
		}
		w.line(3, "%s: %s", v.Name, quote(w.value(v.Value)))
	}
	for i, f := range x.Facts {
		if i == 0 {
			w.line(2, "facts:")
		}
		w.line(3, "- {%s}", strings.Join(w.fact(f), ", "))
	}
}

func (w *writer) fact(f *pb.ExampleFact) []string {
	first := "kind: " + quote(f.Kind)
	if act, ok := strings.CutPrefix(f.Kind, "do."); ok {
		first = "do: " + act
	}
	out := []string{first, "by: " + quote(f.By)}
	if f.At != nil {
		out = append(out, "at: "+rfc3339(f.At.AsTime()))
	}
	if f.Arrived != nil {
		out = append(out, "arrived: "+rfc3339(f.Arrived.AsTime()))
	}
	for _, v := range f.Values {
		out = append(out, v.Name+": "+quote(w.value(v.Value)))
	}
	return out
}

func endWord(o pb.Outcome) string { return contract.OutcomeWord(o) }

func rfc3339(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// value writes a value as given in a file.
func (w *writer) value(v *pb.Value) string {
	switch x := v.GetValue().(type) {
	case *pb.Value_Int:
		return strconv.FormatInt(x.Int, 10)
	case *pb.Value_Bool:
		return strconv.FormatBool(x.Bool)
	case *pb.Value_Time:
		return rfc3339(x.Time.AsTime())
	case *pb.Value_Duration:
		return x.Duration.AsDuration().String()
	case *pb.Value_Amount:
		return contract.FormatAmount(x.Amount.Units, w.d(x.Amount.Asset), x.Amount.Asset)
	}
	return v.GetString_()
}

package promisefile

import (
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/troth-ledger/troth/client/promisefile/yaml"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/promise/contract"
	"github.com/troth-ledger/troth/ledger/promise/rule"
)

// faultsMax is the most faults reported of one file.
const faultsMax = 50

// reader turns nodes into messages and gathers what is wrong.
type reader struct {
	name    string
	doc     *yaml.Doc
	places  map[string]*yaml.Node
	faults  []Fault
	amounts []pending
}

// pending is an amount whose units wait until the whole file has shown how
// many decimals its asset has.
type pending struct {
	node   *yaml.Node
	digits string
	places int
	to     *pb.Amount
}

// open parses a file as YAML, or as JSON where it is that.
func open(name string, src []byte, limit int) (*reader, []Fault) {
	fail := func(line, col int, msg string) []Fault {
		return []Fault{{File: name, Line: line, Col: col, Severity: "error", Code: pb.Code_MALFORMED.String(), Msg: msg}}
	}
	if len(src) > limit {
		return nil, fail(1, 1, fmt.Sprintf("the file has %d bytes, the most is %d", len(src), limit))
	}
	doc, err := yaml.Parse(string(src))
	if err != nil {
		var e *yaml.SyntaxError
		errors.As(err, &e)
		return nil, fail(e.Line, e.Col, e.Msg)
	}
	return &reader{name: name, doc: doc, places: map[string]*yaml.Node{}}, nil
}

func (r *reader) fail(n *yaml.Node, format string, a ...any) {
	if len(r.faults) >= faultsMax {
		return
	}
	line, col := n.Pos()
	r.faults = append(r.faults, Fault{File: r.name, Line: line, Col: col, Severity: "error",
		Code: pb.Code_BAD_TEMPLATE.String(), Msg: fmt.Sprintf(format, a...)})
}

// place remembers where a part of the template is.
func (r *reader) place(path string, n *yaml.Node) {
	if n != nil {
		r.places[path] = n
	}
}

// fields reads a map with known keys, in the order they are written.
func (r *reader) fields(n *yaml.Node, what string, known map[string]func(*yaml.Node)) {
	if n.Kind != yaml.Map {
		r.fail(n, "%s is a map, not %s", what, n.Kind)
		return
	}
	for _, e := range n.Entries {
		f, ok := known[e.Key.Text]
		if !ok {
			r.fail(e.Key, "%s has no %q%s", what, clip(e.Key.Text), nearest(e.Key.Text, keys(known)))
			continue
		}
		f(e.Value)
	}
}

func keys[T any](m map[string]T) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

// items reads a list.
func (r *reader) items(n *yaml.Node, what string, f func(i int, n *yaml.Node)) {
	if n.Kind == yaml.Null {
		return
	}
	if n.Kind != yaml.List {
		r.fail(n, "%s is a list, not %s", what, n.Kind)
		return
	}
	for i, x := range n.Items {
		f(i, x)
	}
}

// str reads a text.
func (r *reader) str(n *yaml.Node, what string) string {
	if n.Kind != yaml.Scalar {
		r.fail(n, "%s is a text, not %s", what, n.Kind)
		return ""
	}
	return n.Text
}

// text returns a reader of a text into to, remembered at path.
func (r *reader) text(path, what string, to *string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		r.place(path, n)
		*to = strings.TrimRight(r.str(n, what), "\n")
	}
}

// expression is text for an expression: a block's last line end is not part
// of it.
func (r *reader) expression(path, what string, to *string) func(*yaml.Node) {
	return r.text(path, what, to)
}

func (r *reader) flag(what string, to *bool) func(*yaml.Node) {
	return func(n *yaml.Node) {
		switch s := r.str(n, what); s {
		case "true":
			*to = true
		case "false", "":
		default:
			r.fail(n, "%s is true or false, not %q", what, clip(s))
		}
	}
}

func (r *reader) count(what string, to *uint32) func(*yaml.Node) {
	return func(n *yaml.Node) {
		s := r.str(n, what)
		v, err := strconv.ParseUint(s, 10, 32)
		if err != nil && n.Kind == yaml.Scalar {
			r.fail(n, "%s is a whole number, not %q", what, clip(s))
		}
		*to = uint32(v)
	}
}

// word reads one of a list of words.
func word[T any](r *reader, n *yaml.Node, what string, words map[string]T) (v T) {
	s := r.str(n, what)
	v, ok := words[s]
	if !ok && n.Kind == yaml.Scalar {
		r.fail(n, "%s can't be %q%s", what, clip(s), nearest(s, keys(words)))
	}
	return v
}

// settleAmounts gives every amount its units, and returns the decimals of the
// assets that ISO 4217 doesn't list.
func (r *reader) settleAmounts() map[string]int {
	out := map[string]int{}
	for _, p := range r.amounts {
		out[p.to.Asset] = max(out[p.to.Asset], p.places)
	}
	for _, p := range r.amounts {
		d := out[p.to.Asset]
		if iso, ok := contract.ISOMinorUnits(p.to.Asset); ok {
			d = iso
		}
		switch {
		case p.places > d:
			r.fail(p.node, "%q has %d digits after the point; %s has %d", clip(p.node.Text), p.places, p.to.Asset, d)
			continue
		case p.places > contract.DecimalsMax:
			r.fail(p.node, "%q has %d digits after the point; no asset has more than %d", clip(p.node.Text), p.places, contract.DecimalsMax)
			continue
		}
		units, err := strconv.ParseInt(p.digits+strings.Repeat("0", d-p.places), 10, 64)
		if err != nil || units > contract.UnitsMax || units < -contract.UnitsMax {
			r.fail(p.node, "%q is more than an amount can be", clip(p.node.Text))
			continue
		}
		p.to.Units = units
	}
	return out
}

func clip(s string) string {
	if len(s) > 60 {
		return s[:60] + "…"
	}
	return s
}

// nearest ends a message about an unknown word with the nearest known ones.
func nearest(got string, words []string) string {
	if s := rule.Nearest(got, words); s != "" {
		return "; did you mean " + s + "?"
	}
	if len(words) == 0 {
		return ""
	}
	return "; there are " + strings.Join(words, ", ")
}

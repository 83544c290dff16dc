package promisefile

import (
	"fmt"
	"strings"

	"github.com/troth-ledger/troth/client/promisefile/yaml"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/promise/contract"
)

// CaseBytesMax is the longest file of terms or facts.
const CaseBytesMax = 1 << 20

// ParseTerms reads terms for a simulation: one object from term to value, in
// JSON or YAML, each value as it is written in an example.
func (f *File) ParseTerms(name string, src []byte) ([]*pb.NamedValue, []Fault) {
	r, faults := open(name, src, CaseBytesMax)
	if r == nil {
		return nil, faults
	}
	var out []*pb.NamedValue
	if r.doc.Root.Kind != yaml.Map {
		r.fail(r.doc.Root, "the terms are one object from name to value, not %s", r.doc.Root.Kind)
	} else {
		out = r.given("given", r.doc.Root, f.Template)
	}
	r.settleWith(f)
	return out, r.faults
}

// ParseFacts reads the facts of a simulation: one list of objects as in an
// example, in JSON or YAML.
func (f *File) ParseFacts(name string, src []byte) ([]*pb.ExampleFact, []Fault) {
	r, faults := open(name, src, CaseBytesMax)
	if r == nil {
		return nil, faults
	}
	var out []*pb.ExampleFact
	if r.doc.Root.Kind != yaml.List {
		r.fail(r.doc.Root, "the facts are one list of objects, not %s", r.doc.Root.Kind)
	} else {
		out = r.exampleFacts("facts", r.doc.Root, f.Template)
	}
	for i, x := range out {
		n := r.places[fmt.Sprintf("facts[%d]", i)]
		switch {
		case n == nil || len(r.faults) > 0:
		case x.By == "":
			r.fail(n, "the fact doesn't say who states it; give it by")
		case x.At == nil:
			r.fail(n, "the fact doesn't say when it happened; give it at")
		}
	}
	r.settleWith(f)
	return out, r.faults
}

// settleWith is settleAmounts with the decimals the template already settled.
func (r *reader) settleWith(f *File) {
	for asset, d := range f.decimals {
		if d > 0 {
			r.amounts = append(r.amounts, pending{node: r.doc.Root, digits: "0", places: d, to: &pb.Amount{Asset: asset}})
		}
	}
	merged := r.settleAmounts()
	for asset, d := range merged {
		if f.decimals == nil {
			f.decimals = map[string]int{}
		}
		f.decimals[asset] = max(d, f.decimals[asset])
	}
}

// FormatTotals writes amounts of several assets as one text: "132.00 EUR +
// 500 miles@kestrel". Empty totals are "0".
func FormatTotals(totals []contract.Total, decimals contract.Decimals) string {
	var parts []string
	for _, t := range totals {
		if t.Asset == "" {
			continue
		}
		parts = append(parts, contract.FormatAmount(t.Units, decimals(t.Asset), t.Asset))
	}
	if len(parts) == 0 {
		return "0"
	}
	return strings.Join(parts, " + ")
}

// Package promisefile reads and writes templates as companies write them, in
// YAML, and the terms and facts of a simulation in JSON or YAML.
//
// A fault has the line and column of what is wrong, inside expressions too,
// whichever way the expression is quoted or folded.
package promisefile

import (
	"fmt"
	"strings"

	"github.com/troth-ledger/troth/client/promisefile/yaml"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/promise/contract"
)

// BytesMax is the longest file.
const BytesMax = 64 << 10

// File is a template with the places of its parts.
type File struct {
	// Name is the file's name, for faults.
	Name string
	// Template is what the file says.
	Template *pb.Template
	// decimals by asset, of those that ISO 4217 doesn't list.
	decimals map[string]int
	places   map[string]*yaml.Node
}

// Fault is one thing wrong in a file. It prints as
// "file:line:col: severity: message".
type Fault struct {
	// File is the file's name.
	File string `json:"file"`
	// Line and Col count from 1, Col in characters.
	Line int `json:"line"`
	Col  int `json:"col"`
	// Severity is error or warning.
	Severity string `json:"severity"`
	// Code is the name of a code of the operation table, such as BAD_TEMPLATE.
	Code string `json:"code"`
	// Msg says what is wrong and what would be right.
	Msg string `json:"message"`
}

// Error returns the fault as one line.
func (f Fault) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s: %s", f.File, f.Line, f.Col, f.Severity, f.Msg)
}

// IsError reports whether the fault keeps the template from being published.
func (f Fault) IsError() bool { return f.Severity == contract.Error.String() }

// Parse reads a template. It reports what doesn't follow the format; whether
// the template makes sense is for contract.Compile. The file is nil if there
// is any fault.
func Parse(name string, src []byte) (*File, []Fault) {
	r, faults := open(name, src, BytesMax)
	if r == nil {
		return nil, faults
	}
	f := &File{Name: name, Template: &pb.Template{}, places: map[string]*yaml.Node{}}
	r.places = f.places
	r.template(f.Template)
	f.decimals = r.settleAmounts()
	if len(r.faults) > 0 {
		return nil, r.faults
	}
	return f, nil
}

// Load is Parse and everything contract.Admit asks: types, cost, lint and
// examples. The contract is nil if any fault is an error; warnings come with
// it. Examples are run with the file's decimals.
func Load(name string, src []byte) (*contract.Contract, *File, []Fault) {
	f, faults := Parse(name, src)
	if f == nil {
		return nil, nil, faults
	}
	c, problems := contract.Compile(f.Template)
	if c != nil {
		problems = append(problems, c.Check()...)
	}
	for _, p := range problems {
		faults = append(faults, f.Locate(p))
	}
	if c == nil {
		return nil, f, faults
	}
	for i := range f.Template.Examples {
		if _, msg := c.RunExample(i, f.Decimals); msg != "" {
			faults = append(faults, f.Locate(contract.Problem{Path: fmt.Sprintf("examples[%d]", i),
				Code: pb.Code_EXAMPLE_FAILED, Msg: f.ExampleName(i) + ": " + msg}))
		}
	}
	for _, x := range faults {
		if x.IsError() {
			return nil, f, faults
		}
	}
	return c, f, faults
}

// Locate turns a problem of the template into a fault of the file.
func (f *File) Locate(p contract.Problem) Fault {
	out := Fault{File: f.Name, Line: 1, Col: 1, Severity: p.Severity.String(), Code: p.Code.String(), Msg: p.Msg}
	for path := p.Path; path != ""; path = parent(path) {
		n := f.places[path]
		if n == nil {
			continue
		}
		if out.Line, out.Col = n.Pos(); p.Line > 0 && path == p.Path {
			out.Line, out.Col = n.Place(p.Line, p.Col)
		} else if n.Kind == yaml.Scalar && path == p.Path {
			out.Line, out.Col = n.Place(1, 1)
		}
		break
	}
	return out
}

// parent drops the last part of a path: rules[1].when, rules[1], rules.
func parent(path string) string {
	return path[:max(0, strings.LastIndexAny(path, ".["))]
}

// Decimals is the digits after the point of an asset: ISO 4217's for money it
// lists, or else the most that the file writes.
func (f *File) Decimals(asset string) int {
	if n, ok := contract.ISOMinorUnits(asset); ok {
		return n
	}
	return f.decimals[asset]
}

// ExampleName is the name of example i, or its number.
func (f *File) ExampleName(i int) string {
	if n := f.Template.Examples[i].Name; n != "" {
		return fmt.Sprintf("example %d, %s", i+1, n)
	}
	return fmt.Sprintf("example %d", i+1)
}

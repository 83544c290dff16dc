// Package rule is the language of promise rules: a small dialect of CEL that
// is pure, typed, bounded and the same on every node.
//
// A template declares its environment once, as [Types]; [NewEnv] checks it.
// [Env.Compile] turns the source of one expression into a [Program], or says
// where and why not. [Program.Eval] answers from an [Input] alone: there is no
// clock, network, disk, randomness or float, and no map is ever iterated.
//
// # What an expression sees
//
//	terms.<name>   the value of a term
//	roles.<name>   the role's own name, so f.by == roles.carrier reads well
//	facts          the facts in order of arrival; each has
//	               kind, by, subject (strings), at, arrived (times)
//	               and the declared fields of its kind
//	now            block time; only as a direct operand of < <= > >=
//	period         index (from 0), start, end   (when Types.Period)
//	fact           the fact that has just arrived (when Types.Fact)
//	paid           what was paid so far           (when Types.Paid)
//	holds.<name>   the amount now left in a hold  (when Types.Holds)
//
// # What it can do
//
// && || ! ?: == != < <= > >= + - * / % in, [] on lists, list literals, size,
// the macros exists, all, exists_one, filter, map and has, startsWith,
// endsWith and contains on strings, duration('…') and timestamp('…') of
// literals, calendar parts of times in UTC and parts of durations, max, min,
// and the arithmetic of amounts. Whatever is not in that list is refused: the
// library's later additions do not leak in.
//
// Division of ints drops the remainder (-7 / 2 is -3), as CEL has it; division
// of amounts and portion floor (-7 / 2 is -4), so that what is left over stays
// with the hold. getMonth, getDayOfMonth and getDayOfYear count from 0,
// getDate from 1, getDayOfWeek from Sunday, 0.
//
// A field that the fact's kind does not have is an evaluation error; so are
// overflow, division by zero and mixing assets. && and || absorb an error on
// one side when the other decides.
//
// # Time that wakes
//
// now may only be compared, so every evaluation also knows the earliest later
// instant at which its answer could change by time alone ([Result.Wake]). The
// ledger's time index is built on that: a promise is looked at when a fact
// arrives and at its wake time, and at no other moment.
package rule

import "fmt"

// DialectID names the language: operators, functions, limits, cost table and
// the evaluator's exact behaviour. Programs are stored as source plus this id.
// One dialect id stands for exactly one cel-go version (troth-cel/1 is
// cel.dev/cel-go v0.33.2); a newer library is a new id, taken into use at an
// upgrade height, and the golden results say whether anything moved.
const DialectID = "troth-cel/1"

// Limits of the dialect. All are part of DialectID.
const (
	// SourceMax is the longest expression, in bytes.
	SourceMax = 4096
	// DepthMax is the deepest nesting of operators, calls and selections; a
	// sum of n terms nests n deep. Chains of && and || do not count.
	DepthMax = 32
	// FactsMax is the most facts one evaluation reads.
	FactsMax = 256
	// StringMax is the longest string a term, fact or role can hold, in bytes.
	StringMax = 256
	// NamesMax is the most terms, roles, fact kinds, and fields of all kinds
	// together, each counted by itself.
	NamesMax = 64
	// CostMax is the most an expression may cost in the worst case, in CEL
	// cost units. A unit is about one variable read, comparison or ten bytes
	// of string: the worst expression admitted takes some milliseconds.
	CostMax = 100_000
)

// Kind is the type of a term, of a fact's field, and of an expression.
type Kind uint8

// The kinds. There is no float and never will be: amounts and ratios are
// integers in minor units and basis points.
const (
	KindNone     Kind = iota // no scalar kind: a list or an object
	KindString               // up to StringMax bytes of UTF-8
	KindInt                  // signed 64-bit, overflow is an error
	KindBool                 // true or false
	KindTime                 // an instant, in nanoseconds since 1970 UTC
	KindDuration             // a length of time in nanoseconds
	KindAmount               // minor units of one asset
)

var kindNames = [...]string{"none", "string", "int", "bool", "time", "duration", "amount"}

// String returns the kind's name as templates write it.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// ParseKind returns the kind that templates write as name.
func ParseKind(name string) (Kind, bool) {
	for k := KindString; k <= KindAmount; k++ {
		if kindNames[k] == name {
			return k, true
		}
	}
	return KindNone, false
}

// Field is a typed name: a term, or a field of a fact.
type Field struct {
	Name string
	Kind Kind
}

// FactKind declares a kind of fact and the fields it carries. A field of the
// same name in two kinds must have the same Kind in both.
type FactKind struct {
	Name   string
	Fields []Field
}

// Types is the environment of one template's expressions. The order of Terms
// is the order of Input.Terms; the order of a kind's Fields is the order of
// Fact.Fields.
type Types struct {
	Terms  []Field
	Roles  []string
	Facts  []FactKind
	Period bool // the expression may read period
	Fact   bool // the expression may read fact
	Paid   bool // the expression may read paid
	// Holds are the names of the holds; the order is that of Input.Holds.
	Holds []string
}

// Input is what one evaluation reads. It is not changed and nothing keeps a
// reference to it.
type Input struct {
	// Terms in declared order. The zero Value means not known (a sealed term
	// that is not revealed): reading it is an evaluation error.
	Terms []Value
	// Facts in order of arrival, at most FactsMax.
	Facts []Fact
	// Now is block time in nanoseconds since 1970 UTC.
	Now int64
	// Period must be set when Types.Period is.
	Period *Period
	// Fact must be set when Types.Fact is.
	Fact *Fact
	// Paid must be an amount when Types.Paid is set.
	Paid Value
	// Holds are amounts in declared order. The zero Value is a hold that has no
	// asset yet: reading it is an evaluation error, has() is false.
	Holds []Value
}

// Fact is one fact as rules see it.
type Fact struct {
	Kind    string  // one of Types.Facts
	By      string  // role name of the attester
	Subject string  // what it is about
	At      int64   // the time it claims, in nanoseconds since 1970 UTC
	Arrived int64   // the block time it arrived, in nanoseconds since 1970 UTC
	Fields  []Value // in the declared order of its kind; the zero Value is unset
}

// Period is the span a periodic rule is asked about.
type Period struct {
	Index      int64 // from 0
	Start, End int64 // nanoseconds since 1970 UTC
}

// Result is the outcome of an evaluation.
type Result struct {
	// Value has the kind the program was compiled for.
	Value Value
	// Wake is the earliest instant after Input.Now, in nanoseconds since 1970
	// UTC, at which the outcome (an error included) could change with no new
	// fact. It holds only when Wakes is true; otherwise time alone never
	// changes the outcome.
	Wake  int64
	Wakes bool
}

// ErrEval is the one error of evaluation: overflow, a missing field, amounts
// of two assets, an input that does not fit. Reason is for people: it may
// change between builds and must never reach state, a hash or a branch.
type ErrEval struct{ Reason string }

// Error returns the reason.
func (e *ErrEval) Error() string { return "rule: evaluation failed: " + e.Reason }

// Error is one fault of an expression's source. Line and Col count from 1, Col
// in characters; a caller embedding expressions in a file adds its offsets.
type Error struct {
	Line, Col int
	Msg       string
}

// Error returns "line:col: message".
func (e *Error) Error() string { return fmt.Sprintf("%d:%d: %s", e.Line, e.Col, e.Msg) }

// Errors is every fault found, in source order. It is the error that Compile
// returns.
type Errors []*Error

// Error returns one fault per line.
func (es Errors) Error() string {
	s := ""
	for i, e := range es {
		if i > 0 {
			s += "\n"
		}
		s += e.Error()
	}
	return s
}

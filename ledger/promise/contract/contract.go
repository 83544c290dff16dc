// Package contract compiles a template and steps a promise on it forward.
//
// It is the one place that knows what a promise does: the ledger uses it on
// real promises, publishing runs a template's examples through it, the command
// line simulates with it, and the pages explain with it. Nothing here reads a
// clock, a network, a disk or a random number, starts a goroutine, touches a
// float or lets the order of a Go map reach a result. Money is never moved
// here: the package says what moves, the ledger moves it.
//
// # The life of a promise
//
//	c, problems := contract.Compile(t)      once a template; keep c
//	p, err := c.Begin(terms)                what must be put into each hold
//	for {                                   on a fact, a deposit or at p.Wake
//		f, wake, err := c.Next(p, facts, now)
//		if f == nil { p.Wake = wake; break }
//		if f.Asserts { c.Assert(p, f, now); continue }
//		s := c.Fire(p, f, now, cause)   // move what s.Payouts says
//	}
//
// # Which rule fires
//
// Rules are tried in the template's order; the first that holds fires, then
// all are tried again. A rule that is once a promise fires at most once; one
// that is once a period is tried from the start of the period the promise is
// in; one that is once a fact is tried when a fact is first seen, and the
// first such rule that holds takes the fact. A rule that cannot be evaluated
// (a sealed term, an amount that overflows) does not hold. A leg that cannot
// be evaluated pays nothing and says so in its record. So an error never
// blocks the rules behind it, and what it left goes to the residual payee.
//
// # What is conserved
//
// For every hold, at every step: put = paid + left, and left is never below
// zero. When a promise ends, left is zero. Fire checks both and panics when
// they fail, since going on would mint or burn money.
package contract

import (
	"time"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/promise/rule"
)

// Severity says whether a problem keeps a template from being published.
type Severity uint8

// The severities.
const (
	Error   Severity = iota // the template is refused
	Warning                 // a reader should look at it
)

// String returns the word used in reports.
func (s Severity) String() string {
	if s == Warning {
		return "warning"
	}
	return "error"
}

// Problem is one fault of a template.
type Problem struct {
	// Path of the field in the template, such as rules[1].when, holds[0].amount
	// or examples[2]. Empty for the template as a whole.
	Path string
	// Line and Col within that field's text, from 1; 0 where it is the field as
	// a whole.
	Line, Col int
	// Severity is Error or Warning.
	Severity Severity
	// Code is BAD_TEMPLATE, TOO_COSTLY or EXAMPLE_FAILED.
	Code pb.Code
	// Msg says what is wrong, with the value, and what would be right.
	Msg string
}

// Fault is an error with a code of the operation table: BAD_TERMS from Begin,
// FACT_MISFIT from Fits, WRONG_STATE, WRONG_TIME, NOT_YOURS, NOT_YOUR_TURN,
// NOT_IN_TERMS and BAD_SHARES from the rest.
type Fault struct {
	// Code is the number.
	Code pb.Code
	// Msg says what is wrong, with the value, and what would be right.
	Msg string
}

// Error returns the message.
func (f *Fault) Error() string { return f.Msg }

// Contract is a compiled template. It is immutable and safe for concurrent
// use. Compiling costs about a millisecond: keep it with the template.
type Contract struct {
	t     *pb.Template
	env   *rule.Env // for rules that are not tried fact by fact
	fact  *rule.Env // with the variable fact; nil where no rule needs it
	terms []rule.Field
	kinds []kind
	holds []hold
	rules []clause
	// cancel holds the cancellation clauses, in order.
	cancel  []clause
	caps    []*rule.Program
	periods *periods
	dispute *dispute
	subject []blank
	// attesting are the roles whose facts count.
	attesting []string
	// noHolds stands for the holds where no expression reads them.
	noHolds    []rule.Value
	readsHolds bool
	texts      [][]blank // by language, in the template's order
	proof
}

// Template returns what was compiled. It must not be changed.
func (c *Contract) Template() *pb.Template { return c.t }

// FactView is a fact as one promise sees it.
type FactView struct {
	// Fact is the fact. One that was superseded is not counted.
	Fact *pb.Fact
	// By is the role of its attester.
	By string
}

// Firing is a rule that holds, or another reason to pay, with what is paid.
type Firing struct {
	// Rule is the rule's index, or -1 where no rule is behind it.
	Rule int
	// Name is the clause as people read it.
	Name string
	// When is the condition as the template writes it.
	When string
	// Period is the period it is for, or -1.
	Period int
	// Fact is the index in the facts given to Next of the fact that a rule for
	// each fact fired for, or -1.
	Fact int
	// Facts are the ids of the facts it was decided on, in order of arrival.
	Facts []string
	// Outcome is how the promise or its period ends; GOES_ON for neither.
	Outcome pb.Outcome
	// Cause is set where the firing knows it better than the caller:
	// UNCHALLENGED, UNANSWERED, NO_RULING, RULING, AGREEMENT, CANCELLATION,
	// NOT_ACCEPTED or LAST_PERIOD.
	Cause pb.Settlement_Cause
	// Ends says that the promise is over with it.
	Ends bool
	// Asserts says that it may be challenged: nothing is paid before the window
	// has passed. Give it to Assert, not to Fire.
	Asserts bool
	// Legs are what is paid, in order: the rule's legs, then what residual
	// payees get. `to` is empty: the caller knows who is in a role.
	Legs []*pb.Payout

	// caps is what caps will have used.
	caps []*pb.CapUse
	// endsPeriod says that the period is over with it.
	endsPeriod bool
}

// Next returns the first rule that holds now, with what it pays, or nil and
// the next moment at which the passing of time alone could change that; the
// zero time where none can. facts are all that arrived for p, in order of
// arrival, superseded ones included (p.facts_seen counts positions in it);
// facts whose kind the template doesn't read are skipped.
//
// While a firing waits for a challenge, an answer or a ruling, Next returns it
// once its time is up. Next changes nothing in p but facts_seen. Its error is
// a fault in p or facts (of another template, more than rule.FactsMax), never
// in the rules.
func (c *Contract) Next(p *pb.Promise, facts []FactView, now time.Time) (*Firing, time.Time, error) {
	return c.next(p, facts, now, nil)
}

// Fire enters f into p's books and returns the settlement record. The caller
// fills in height and the parties paid, and moves the money. cause is used
// unless f has a cause of its own.
func (c *Contract) Fire(p *pb.Promise, f *Firing, now time.Time, cause pb.Settlement_Cause) *pb.Settlement {
	return c.fire(p, f, now, cause)
}

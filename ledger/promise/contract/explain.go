package contract

import (
	"strings"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/promise/rule"
)

// Reading is what to explain, and to whom.
type Reading struct {
	// Promise is the promise; nil to explain the template with its blanks.
	Promise *pb.Promise
	// Facts are those given to Next; without them the arithmetic of a leg that
	// reads facts is shown as its formula.
	Facts []FactView
	// Settlements are the promise's records, in order.
	Settlements []*pb.Settlement
	// Lang is the reader's language, a BCP 47 tag. The template's text is chosen
	// by it; sentences made from the rules are in English where there is no
	// wording for it.
	Lang string
	// Decimals of assets; nil for ISODecimals.
	Decimals Decimals
}

// Explanation is a promise in words, made from the same terms and rules that
// decide it.
type Explanation struct {
	// Text is the template's text with its blanks filled.
	Text string
	// Clauses are the rules and cancellations, a sentence each, in order.
	Clauses []string
	// Receipt is what the settlements say: which clause, on which facts, with
	// what arithmetic, who was paid.
	Receipt []string
}

// Explain puts a promise into words. It is for people: nothing is decided by
// it, and its wording may change.
func (c *Contract) Explain(r Reading) Explanation {
	e := c.explainer(r)
	out := Explanation{Text: e.text()}
	for i := range c.rules {
		out.Clauses = append(out.Clauses, e.clause(&c.rules[i]))
	}
	for i := range c.cancel {
		out.Clauses = append(out.Clauses, e.clause(&c.cancel[i]))
	}
	for _, s := range r.Settlements {
		out.Receipt = append(out.Receipt, e.settlement(s)...)
	}
	return out
}

// explainer writes sentences about one promise.
type explainer struct {
	c *Contract
	r Reading
	w *wording
	// in has the terms; nil where only the template is explained.
	in *rule.Input
}

func (c *Contract) explainer(r Reading) *explainer {
	if r.Decimals == nil {
		r.Decimals = ISODecimals
	}
	e := &explainer{c: c, r: r, w: wordingFor(r.Lang)}
	if r.Promise != nil && len(r.Promise.Terms) == len(c.terms) {
		e.in = c.timeless(&rule.Input{Terms: c.ruleTerms(r.Promise)})
	}
	return e
}

// text fills the blanks of the template's text.
func (e *explainer) text() string {
	var b strings.Builder
	for _, x := range e.c.texts[e.language()] {
		b.WriteString(x.text)
		switch {
		case x.role != "":
			b.WriteString(x.role)
		case x.term >= 0:
			b.WriteString(e.term(x.term))
		}
	}
	return b.String()
}

// term is a term's value, or its name in braces where there is none.
func (e *explainer) term(i int) string {
	if e.in == nil {
		return "{" + e.c.terms[i].Name + "}"
	}
	return FormatValue(e.r.Promise.Terms[i], e.r.Decimals)
}

// language is the index of the text for the reader: the language itself, or
// else the same without its region, or else the first.
func (e *explainer) language() int {
	base, _, _ := strings.Cut(e.r.Lang, "-")
	for _, want := range []string{e.r.Lang, base} {
		for i, t := range e.c.t.Text {
			if strings.EqualFold(t.Lang, want) {
				return i
			}
		}
	}
	return 0
}

// clause is a rule as a sentence.
func (e *explainer) clause(x *clause) string {
	var b strings.Builder
	b.WriteString("“" + x.name + "”: ")
	switch {
	case x.by != "" && x.cond == nil:
		b.WriteString(x.by + " " + e.w.mayCancel)
	case x.by != "":
		b.WriteString(x.by + " " + e.w.mayCancel + " " + e.w.when + " " + e.condition(x.cond.Tree()))
	case x.each == pb.Rule_PERIOD:
		b.WriteString(e.w.eachPeriod[e.c.periods.every] + ", " + e.w.when + " " + e.condition(x.cond.Tree()))
	case x.each == pb.Rule_FACT:
		b.WriteString(e.w.eachFact + " " + e.condition(x.cond.Tree()))
	default:
		b.WriteString(e.w.when + " " + e.condition(x.cond.Tree()))
	}
	b.WriteString(", " + e.ending(x))
	for _, l := range x.legs {
		b.WriteString("; " + e.leg(&l))
	}
	if x.asserts {
		b.WriteString("; " + e.w.challengeable)
	}
	return b.String() + "."
}

func (e *explainer) ending(x *clause) string {
	switch {
	case x.outcome == pb.Outcome_GOES_ON:
		return e.w.goesOn
	case x.each == pb.Rule_PERIOD:
		return e.w.periodIs + " " + e.w.outcomes[x.outcome]
	}
	return e.w.promiseIs + " " + e.w.outcomes[x.outcome]
}

func (e *explainer) leg(l *leg) string {
	hold := e.c.holds[l.hold].name
	switch l.form {
	case formAll:
		return sprintf(e.w.legAll, l.to, hold)
	case formRest:
		return sprintf(e.w.legRest, l.to, hold)
	case formPortion:
		return sprintf(e.w.legPart, l.to, l.text, hold)
	}
	return sprintf(e.w.legExpr, l.to, e.phrase(l.prog.Tree()), hold)
}

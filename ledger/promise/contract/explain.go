package contract

import (
	"strings"
	"time"

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
	// Name is what a role is called, the handle of its party say; nil for the
	// role itself.
	Name func(role string) string
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
	// Ends says when it is over at the latest, and by which rule; empty once it is
	// over. For a template it speaks of its first example.
	Ends string
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
	out.Ends = e.ends()
	return out
}

// ends is when the promise is over at the latest, to the second: comparisons
// with now flip a nanosecond after what people call their time.
func (e *explainer) ends() string {
	p, form := e.r.Promise, e.w.endsBy
	if p == nil {
		drafts := e.c.drafts()
		if len(drafts) == 0 {
			return ""
		}
		p, form = drafts[0].Promise, e.w.endsExample
	}
	if p.State == pb.PromiseState_SETTLED {
		return ""
	}
	x, err := e.c.Ends(p)
	if err != nil {
		return ""
	}
	out := sprintf(form, FormatTime(x.By.Truncate(time.Second)), "“"+strings.Join(x.Rules, "”, “")+"”")
	if p.State == pb.PromiseState_SUSPENDED {
		out += " " + e.w.endsSuspended
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
	if r.Name == nil {
		r.Name = func(role string) string { return role }
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
	lang := e.language()
	base, _, _ := strings.Cut(strings.ToLower(e.c.t.Text[lang].Lang), "-")
	for _, x := range e.c.texts[lang] {
		b.WriteString(x.text)
		switch {
		case x.role != "":
			b.WriteString(e.r.Name(x.role))
		case x.term >= 0:
			b.WriteString(e.term(x.term, base != "" && wordings[base] == nil))
		}
	}
	return b.String()
}

// term is a term's value, or its name in braces where there is none. neutral
// asks for times and durations in figures, for a text in a language that has no
// wording.
func (e *explainer) term(i int, neutral bool) string {
	if e.in == nil {
		return "{" + e.c.terms[i].Name + "}"
	}
	v := e.r.Promise.Terms[i]
	switch x := v.GetValue().(type) {
	case *pb.Value_Sealed:
		return sprintf(e.w.sealed, strings.ReplaceAll(e.c.terms[i].Name, "_", " "))
	case *pb.Value_Time:
		if neutral {
			return x.Time.AsTime().UTC().Format("2006-01-02 15:04:05") + " UTC"
		}
	case *pb.Value_Duration:
		if d := x.Duration.AsDuration(); neutral && d%time.Hour == 0 {
			return plainInt(int64(d/time.Hour)) + " h"
		} else if neutral {
			return d.String()
		}
	}
	return FormatValue(v, e.r.Decimals)
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
		b.WriteString(e.r.Name(x.by) + " " + e.w.mayCancel + "; " + e.w.then + " " + e.ending(x))
	case x.by != "":
		b.WriteString(e.r.Name(x.by) + " " + e.w.mayCancel + " " + e.w.when + " " + e.condition(x.cond.Tree()) + "; " + e.w.then + " " + e.ending(x))
	case x.each == pb.Rule_PERIOD:
		b.WriteString(e.w.eachPeriod[e.c.periods.every] + ", " + e.w.when + " " + e.condition(x.cond.Tree()))
	case x.each == pb.Rule_FACT:
		b.WriteString(e.eachFact(x.cond.Tree()))
	default:
		b.WriteString(e.w.when + " " + e.condition(x.cond.Tree()))
	}
	if x.by == "" {
		b.WriteString(", " + e.ending(x))
	}
	for _, l := range x.legs {
		b.WriteString("; " + e.leg(&l))
	}
	if x.asserts {
		b.WriteString("; " + e.w.challengeable)
	}
	return b.String() + "."
}

// eachFact says which facts a rule for each fact is for.
func (e *explainer) eachFact(cond *rule.Node) string {
	if kind, by, rest := e.about(cond, "fact"); kind != "" {
		return sprintf(e.w.eachThat, kind, by, rest)
	}
	return sprintf(e.w.eachFact, e.condition(cond))
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
	hold, to := e.c.holds[l.hold].name, e.r.Name(l.to)
	switch l.form {
	case formAll:
		return sprintf(e.w.legAll, to, hold)
	case formRest:
		return sprintf(e.w.legRest, to, hold)
	case formPortion:
		return sprintf(e.w.legPart, to, l.text, hold)
	}
	return sprintf(e.w.legExpr, to, e.phrase(l.prog.Tree()), hold)
}

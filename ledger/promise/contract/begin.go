package contract

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/promise/rule"
)

func badTerms(format string, a ...any) *Fault {
	return &Fault{Code: pb.Code_BAD_TERMS, Msg: fmt.Sprintf(format, a...)}
}

// Begin turns the terms of an offer into a promise: its terms in the
// template's order with defaults, its holds with asset and what must be put
// into each, and its subject where the template says it and roles play no part
// in it. Everything else (id, state, roles, parties, pools, times) is the
// caller's.
//
// The error is a *Fault with code BAD_TERMS: a term is missing, unknown, given
// twice or of another type, a sealed term is no commitment, a hold's amount
// can't be computed or is below zero, the number of periods is not 1 to
// PeriodsMax, or with these terms the promise need not ever end: see Ends.
func (c *Contract) Begin(terms []*pb.NamedValue) (*pb.Promise, error) {
	p, err := c.draft(terms, false)
	if err != nil {
		return nil, err
	}
	if _, err := c.latest(p); err != nil {
		return nil, err
	}
	return p, nil
}

// draft is Begin without the look at how it ends. lenient is for examples and
// simulations: there a sealed term may be missing or given in the open, and a
// term that nothing reads may be missing.
func (c *Contract) draft(terms []*pb.NamedValue, lenient bool) (*pb.Promise, error) {
	for i, n := range terms {
		for _, m := range terms[:i] {
			if m.Name == n.Name {
				return nil, badTerms("the term %q is given twice", n.Name)
			}
		}
		if !c.hasTerm(n.Name) {
			return nil, badTerms("there is no term %q%s", n.Name, near(n.Name, c.termNames()))
		}
	}
	p := &pb.Promise{Terms: make([]*pb.Value, 0, len(c.t.Terms))}
	for _, d := range c.t.Terms {
		v, err := c.given(d, terms, lenient)
		if err != nil {
			return nil, err
		}
		p.Terms = append(p.Terms, v)
	}
	if err := c.fill(p); err != nil {
		return nil, err
	}
	return p, nil
}

// given finds a term's value.
func (c *Contract) given(d *pb.TermDef, terms []*pb.NamedValue, lenient bool) (*pb.Value, error) {
	for _, n := range terms {
		if n.Name != d.Name {
			continue
		}
		if d.Sealed && (!lenient || n.Value.GetSealed() != nil) {
			if len(n.Value.GetSealed()) != commitmentBytes {
				return nil, badTerms("the term %q is sealed: give a commitment of %d bytes", d.Name, commitmentBytes)
			}
			return n.Value, nil
		}
		if err := checkValue(n.Value, d.Type); err != nil {
			return nil, badTerms("the term %q is %v", d.Name, err)
		}
		return n.Value, nil
	}
	switch {
	case d.Default != nil:
		return d.Default, nil
	case lenient && d.Sealed:
		return &pb.Value{Value: &pb.Value_Sealed{Sealed: make([]byte, commitmentBytes)}}, nil
	case lenient && !c.readsTerm(d.Name):
		return zeroValue(d.Name, d.Type), nil
	}
	return nil, badTerms("the term %q is missing; it is %s", d.Name, article(typeName(d.Type)))
}

// fill computes what the terms decide: holds, periods and subject.
func (c *Contract) fill(p *pb.Promise) error {
	in := rule.Input{Terms: c.ruleTerms(p)}
	for i := range c.holds {
		h, err := c.fillHold(&c.holds[i], &in)
		if err != nil {
			return err
		}
		p.Holds = append(p.Holds, h)
	}
	in.Period = nil
	if c.periods != nil {
		if _, _, err := c.periods.at(c.timeless(&in)); err != nil {
			return err
		}
	}
	for i, cp := range c.caps {
		if _, u, err := evalAmount(cp, c.timeless(&in)); err != nil || u < 0 {
			return badTerms("the cap for %q, %s, is not an amount of at least zero with these terms", c.t.Caps[i].To, c.t.Caps[i].Amount)
		}
	}
	if err := c.dispute.check(c.timeless(&in)); err != nil {
		return err
	}
	for _, x := range c.subject {
		if x.role != "" {
			return nil // the caller calls Subject once the roles are known
		}
	}
	s, err := c.Subject(p)
	if s != "" {
		p.Subjects = []string{s}
	}
	return err
}

func (c *Contract) fillHold(h *hold, in *rule.Input) (*pb.PromiseHold, error) {
	out := &pb.PromiseHold{Name: h.name}
	if h.amount == nil {
		return out, nil
	}
	asset, units, err := evalAmount(h.amount, c.timeless(in))
	switch {
	case err != nil:
		return nil, badTerms("hold %q, %s, can't be computed with these terms", h.name, h.amount.Source())
	case units < 0 || units > UnitsMax:
		return nil, badTerms("hold %q, %s, comes to %d minor units; it must be 0 to %d", h.name, h.amount.Source(), units, int64(UnitsMax))
	}
	out.Asset, out.Put = asset, units
	return out, nil
}

// timeless gives in what its environment wants and a terms expression never
// reads.
func (c *Contract) timeless(in *rule.Input) *rule.Input {
	in.Holds = c.noHolds
	if c.periods != nil && in.Period == nil {
		in.Period = &rule.Period{}
	}
	return in
}

// IsSubject says whether s has the form of a subject: 1 to 128 letters, digits
// and -_.:/@ (see Statement in the schema).
func IsSubject(s string) bool { return subjectText.MatchString(s) }

// Subject returns what the promise is about as the template says it, with the
// terms and the first party of each role filled in; empty where the template
// leaves it to the offer. A *Fault with BAD_TERMS says that a blank makes it
// no subject.
func (c *Contract) Subject(p *pb.Promise) (string, error) {
	if len(c.subject) == 0 {
		return "", nil
	}
	var b strings.Builder
	for _, x := range c.subject {
		b.WriteString(x.text)
		switch {
		case x.role != "":
			b.WriteString(partyOf(p, x.role))
		case x.term >= 0 && x.term < len(p.Terms):
			if s, ok := p.Terms[x.term].GetValue().(*pb.Value_String_); ok {
				b.WriteString(s.String_)
			} else {
				b.WriteString(strconv.FormatInt(p.Terms[x.term].GetInt(), 10))
			}
		}
	}
	if !subjectText.MatchString(b.String()) {
		return "", badTerms("the subject comes to %q; a subject is 1 to 128 letters, digits and -_.:/@", b.String())
	}
	return b.String(), nil
}

func partyOf(p *pb.Promise, role string) string {
	for _, r := range p.Roles {
		if r.Role == role && len(r.Parties) > 0 {
			return r.Parties[0]
		}
	}
	return ""
}

// ruleTerms converts p's terms. Sealed ones have no value.
func (c *Contract) ruleTerms(p *pb.Promise) []rule.Value {
	out := make([]rule.Value, len(p.Terms))
	for i, v := range p.Terms {
		out[i] = toRule(v)
	}
	return out
}

func (c *Contract) hasTerm(name string) bool { return contains(c.termNames(), name) }

func (c *Contract) termNames() []string {
	out := make([]string, len(c.terms))
	for i, t := range c.terms {
		out[i] = t.Name
	}
	return out
}

// readsTerm reports whether any expression reads the term.
func (c *Contract) readsTerm(name string) bool {
	for _, p := range c.programs() {
		if contains(p.Deps().Terms, name) {
			return true
		}
	}
	return false
}

// programs lists every expression of the template.
func (c *Contract) programs() []*rule.Program {
	var out []*rule.Program
	add := func(ps ...*rule.Program) {
		for _, p := range ps {
			if p != nil {
				out = append(out, p)
			}
		}
	}
	for _, h := range c.holds {
		add(h.amount)
	}
	for _, list := range [][]clause{c.rules, c.cancel} {
		for _, x := range list {
			add(x.cond)
			for _, l := range x.legs {
				add(l.prog)
			}
		}
	}
	add(c.caps...)
	if c.periods != nil {
		add(c.periods.from, c.periods.count)
	}
	if d := c.dispute; d != nil {
		add(d.window, d.answer, d.ruling, d.bond, d.fee)
	}
	return out
}

func evalAmount(p *rule.Program, in *rule.Input) (string, int64, error) {
	r, err := p.Eval(in)
	if err != nil {
		return "", 0, err
	}
	asset, units := r.Value.AsAmount()
	return asset, units, nil
}

func evalDuration(p *rule.Program, in *rule.Input) (time.Duration, error) {
	r, err := p.Eval(in)
	return r.Value.AsDuration(), err
}

package contract

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/promise/rule"
)

// parts compiles everything that holds expressions or refers to names.
func (b *builder) parts() {
	for i, h := range b.t.Holds {
		b.c.holds = append(b.c.holds, b.hold(fmt.Sprintf("holds[%d]", i), h))
	}
	if len(b.t.Rules) == 0 {
		b.fail("rules", "a template needs at least one rule")
	}
	seen := map[string]bool{}
	for i, r := range b.t.Rules {
		path := fmt.Sprintf("rules[%d]", i)
		b.clauseName(path+".name", r.Name, seen)
		b.c.rules = append(b.c.rules, b.rule(path, r))
	}
	for i, x := range b.t.Cancel {
		path := fmt.Sprintf("cancel[%d]", i)
		b.clauseName(path+".name", x.Name, seen)
		b.c.cancel = append(b.c.cancel, b.cancellation(path, x))
	}
	b.period()
	for i, k := range b.t.Caps {
		b.c.caps = append(b.c.caps, b.cap(fmt.Sprintf("caps[%d]", i), k))
	}
	b.disputes()
	b.handover()
	b.payees()
	b.texts()
	b.subjectPattern()
	for _, p := range b.c.programs() {
		b.c.readsHolds = b.c.readsHolds || p.Deps().Holds
	}
	b.c.attesting = b.c.attesters()
	if !failed(b.problems) {
		b.c.prove()
	}
	b.examples()
}

func (b *builder) hold(path string, h *pb.HoldDef) hold {
	out := hold{name: h.Name, from: h.From, pool: h.Pool, rest: h.Rest}
	if !b.isSide(h.From) {
		b.fail(path+".from", "the money of hold %q is from %q, which is not a promisor's or beneficiary's role", h.Name, h.From)
	}
	if h.Rest != "" && !b.isRole(h.Rest) {
		b.fail(path+".rest", "what is left of hold %q goes to %s", h.Name, b.noRole(h.Rest))
	}
	if h.Pool && h.Rest != "" && h.Rest != h.From {
		b.fail(path+".rest", "what is left of hold %q returns to its pool; it can't go to %q", h.Name, h.Rest)
	}
	if h.Pool {
		out.rest = h.From
	}
	switch {
	case h.Amount != "":
		out.amount = b.termExpr(path+".amount", h.Amount, rule.KindAmount)
	case h.Pool:
		b.fail(path+".amount", "hold %q is drawn from a pool and needs an amount", h.Name)
	}
	return out
}

// noRole says that a name is none of the roles.
func (b *builder) noRole(name string) string {
	return fmt.Sprintf("%q, which is not a role of this template%s", name, near(name, b.roleNames()))
}

func (b *builder) rule(path string, r *pb.Rule) clause {
	x := clause{name: r.Name, when: r.When, outcome: r.Outcome, each: r.Each}
	env := b.c.env
	switch r.Each {
	case pb.Rule_ONCE:
	case pb.Rule_FACT:
		env = b.c.fact
	case pb.Rule_PERIOD:
		if b.t.Periods == nil {
			b.fail(path+".each", "this rule is for each period, and the template has no periods")
		}
		switch r.Outcome {
		case pb.Outcome_GOES_ON, pb.Outcome_KEPT, pb.Outcome_BROKEN, pb.Outcome_PARTIAL:
		default:
			b.fail(path+".outcome", "a period ends kept, broken or partial, not %s", OutcomeWord(r.Outcome))
		}
	default:
		b.fail(path+".each", "each is once, period or fact")
	}
	if _, ok := pb.Outcome_name[int32(r.Outcome)]; !ok || r.Outcome == pb.Outcome_EXPIRED {
		b.fail(path+".outcome", "a rule ends kept, broken, partial, voided or discharged; expired is for offers nobody accepted")
	}
	if strings.TrimSpace(r.When) == "" {
		b.fail(path+".when", "rule %q has no condition; write true if it is for whatever is left", r.Name)
	} else {
		x.cond = b.expr(env, path+".when", r.When, rule.KindBool)
	}
	x.legs = b.legs(path+".pay", env, r.Pay)
	x.kinds = x.reads()
	return x
}

func (b *builder) cancellation(path string, d *pb.CancelDef) clause {
	x := clause{name: d.Name, when: d.When, outcome: d.Outcome, by: d.By}
	if !b.isSide(d.By) {
		b.fail(path+".by", "%q is not a promisor's or beneficiary's role: only a side can cancel", d.By)
	}
	switch d.Outcome {
	case pb.Outcome_GOES_ON:
		x.outcome = pb.Outcome_DISCHARGED
	case pb.Outcome_EXPIRED:
		b.fail(path+".outcome", "expired is for offers nobody accepted; a cancellation ends discharged unless it says otherwise")
	}
	if strings.TrimSpace(d.When) != "" {
		x.cond = b.expr(b.c.env, path+".when", d.When, rule.KindBool)
	}
	x.legs = b.legs(path+".pay", b.c.env, d.Pay)
	x.kinds = x.reads()
	return x
}

// reads lists the kinds of fact that a clause names, for its record.
func (x *clause) reads() []string {
	var out []string
	add := func(p *rule.Program) {
		if p == nil {
			return
		}
		for _, k := range p.Deps().Kinds {
			if !contains(out, k) {
				out = append(out, k)
			}
		}
	}
	add(x.cond)
	for _, l := range x.legs {
		add(l.prog)
	}
	return out
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func (b *builder) legs(path string, env *rule.Env, defs []*pb.Leg) []leg {
	var out []leg
	for i, d := range defs {
		at := fmt.Sprintf("%s[%d]", path, i)
		l := leg{hold: -1, to: d.To, text: strings.TrimSpace(d.Amount)}
		for j, h := range b.t.Holds {
			if h.Name == d.From {
				l.hold = j
			}
		}
		if l.hold < 0 {
			b.fail(at+".from", "there is no hold %q%s", d.From, near(d.From, b.holdNames()))
		}
		if !b.isRole(d.To) {
			b.fail(at+".to", "this pays %s", b.noRole(d.To))
		}
		b.legAmount(at+".amount", env, &l)
		out = append(out, l)
	}
	b.legOrder(path, out)
	return out
}

func (b *builder) legAmount(path string, env *rule.Env, l *leg) {
	num, den, isPortion := portion(l.text)
	switch {
	case l.text == "all":
		l.form = formAll
	case l.text == "rest":
		l.form = formRest
	case l.text == "":
		b.fail(path, "the leg has no amount; write all, rest, a portion such as 1/3, or an expression")
	case isPortion:
		l.form, l.num, l.den = formPortion, num, den
		if den == 0 || num > den || den > PortionMax {
			b.fail(path, "the portion %s is not between 0 and 1, with a denominator of at most %d", l.text, int64(PortionMax))
		}
	default:
		l.form = formExpr
		p, err := env.Compile(l.text, rule.KindAmount)
		if err != nil { // an integer is minor units of the hold's asset
			q, qerr := env.Compile(l.text, rule.KindInt)
			if qerr == nil {
				p, err = q, nil
			} else if strings.Contains(err.Error(), "an amount is wanted here") && strings.Contains(err.Error(), "this is") {
				b.fail(path, "%q is neither an amount nor an int, nor all, rest or a portion", l.text)
				return
			}
		}
		b.faults(path, err)
		l.prog = p
	}
}

// portion reads "1/3". Only plain digits: anything else is an expression.
func portion(s string) (num, den int64, ok bool) {
	a, z, found := strings.Cut(s, "/")
	a, z = strings.TrimSpace(a), strings.TrimSpace(z)
	if !found || !digits(a) || !digits(z) {
		return 0, 0, false
	}
	num, err1 := strconv.ParseInt(a, 10, 64)
	den, err2 := strconv.ParseInt(z, 10, 64)
	if err1 != nil || err2 != nil {
		return math.MaxInt64, 1, true // refused as a portion above 1
	}
	return num, den, true
}

func digits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func (b *builder) holdNames() []string {
	var out []string
	for _, h := range b.t.Holds {
		out = append(out, h.Name)
	}
	return out
}

package contract

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/troth-ledger/troth/gen/pb"
)

// reservedPrefix begins the kinds that, among the facts of an example or a
// simulation, are not facts but what a party does. No template can declare a
// kind that begins so.
const reservedPrefix = "do."

// What parties do in examples and simulations, with the values each needs.
const (
	// ActChallenge challenges the rule that fired; `claim` names the rule that
	// should have.
	ActChallenge = "do.challenge"
	// ActAnswer answers a challenge.
	ActAnswer = "do.answer"
	// ActRule rules, as the arbiter; `rule` names the rule that applies.
	ActRule = "do.rule"
	// ActDeposit pays `amount` into `hold`.
	ActDeposit = "do.deposit"
	// ActCancel uses a cancellation clause.
	ActCancel = "do.cancel"
)

// actFields are the values an act needs, all of them texts but the amount.
func actFields(kind string) ([]string, bool) {
	switch kind {
	case ActChallenge:
		return []string{"claim"}, true
	case ActRule:
		return []string{"rule"}, true
	case ActDeposit:
		return []string{"hold", "amount"}, true
	case ActAnswer, ActCancel:
		return nil, true
	}
	return nil, false
}

// exampleAct checks what a party does in an example.
func (b *builder) exampleAct(path string, f *pb.ExampleFact) {
	fields, ok := actFields(f.Kind)
	if !ok {
		b.fail(path+".kind", "nobody can %s; there are challenge, answer, rule, deposit and cancel", strings.TrimPrefix(f.Kind, reservedPrefix))
		return
	}
	for _, name := range fields {
		v, want := valueOf(f.Values, name), pb.ValueType_STRING
		if name == "amount" {
			want = pb.ValueType_AMOUNT
		}
		if err := checkValue(v, want); err != nil {
			b.fail(path, "to %s needs %s: it is %v", strings.TrimPrefix(f.Kind, reservedPrefix), name, err)
		}
	}
	for _, v := range f.Values {
		if !contains(fields, v.Name) {
			b.fail(path, "to %s takes no %q%s", strings.TrimPrefix(f.Kind, reservedPrefix), v.Name, near(v.Name, fields))
		}
	}
}

// attesterOf reads `role` or `role#n`, the role's n-th party from 1, which is
// how an example tells the attesters of a quorum apart.
func attesterOf(by string) (role string, n int) {
	role, num, ok := strings.Cut(by, "#")
	if !ok {
		return role, 1
	}
	n, err := strconv.Atoi(num)
	if err != nil || n < 1 || n > QuorumMax {
		return by, 0 // no role has such a name
	}
	return role, n
}

// act lets a party do something to the promise of a simulation.
func (r *run) act(f *pb.ExampleFact) error {
	role, _ := attesterOf(f.By)
	text := func(name string) string { return valueOf(f.Values, name).GetString_() }
	switch f.Kind {
	case ActChallenge:
		bond, err := r.c.Challenge(r.p, role, text("claim"), r.now)
		if err != nil {
			return err
		}
		r.note("%s challenges: it should be “%s”%s", role, text("claim"), r.bond(bond))
	case ActAnswer:
		bond, err := r.c.Answer(r.p, role, r.now)
		if err != nil {
			return err
		}
		r.note("%s answers%s", role, r.bond(bond))
	case ActRule:
		if r.c.dispute == nil || role != r.c.dispute.arbiter {
			return &Fault{pb.Code_NOT_YOURS, fmt.Sprintf("%q is not the arbiter", role)}
		}
		g, err := r.c.Rule(r.p, text("rule"), r.views, r.now)
		if err != nil {
			return err
		}
		r.note("%s rules: “%s”", role, text("rule"))
		r.fire(g, pb.Settlement_RULING)
	case ActDeposit:
		return r.deposit(role, text("hold"), valueOf(f.Values, "amount").GetAmount())
	case ActCancel:
		g, err := r.c.CancelClause(r.p, r.views, role, r.now)
		switch {
		case err != nil:
			return err
		case r.p.State != pb.PromiseState_ACTIVE || g == nil:
			return &Fault{pb.Code_NOT_IN_TERMS, fmt.Sprintf("the terms don't let %q cancel now", role)}
		}
		r.note("%s cancels", role)
		r.fire(g, pb.Settlement_CANCELLATION)
	}
	return nil
}

func (r *run) bond(a *pb.Amount) string {
	if a == nil {
		return ""
	}
	return ", with a bond of " + r.amount(a.Units, a.Asset)
}

func (r *run) deposit(role, name string, a *pb.Amount) error {
	i := r.c.holdNamed(name)
	if i < 0 {
		return &Fault{pb.Code_NOT_IN_TERMS, fmt.Sprintf("there is no hold %q%s", name, near(name, holdNames(r.c.t)))}
	}
	if err := r.c.Deposit(r.p, role, name, a); err != nil {
		return err
	}
	h := r.p.Holds[i]
	r.note("%s pays %s into %s, which then has %s", role, r.amount(a.Units, a.Asset), name, r.amount(h.Put-h.Paid, h.Asset))
	return nil
}

// Deposit enters what role pays into a hold of a promise in force. The caller
// moves the money and calls Next.
func (c *Contract) Deposit(p *pb.Promise, role, name string, a *pb.Amount) error {
	i := c.holdNamed(name)
	switch {
	case i < 0 || i >= len(p.Holds):
		return &Fault{pb.Code_NOT_IN_TERMS, fmt.Sprintf("there is no hold %q%s", name, near(name, holdNames(c.t)))}
	case p.State == pb.PromiseState_SETTLED || p.State == pb.PromiseState_OFFERED:
		return &Fault{pb.Code_WRONG_STATE, fmt.Sprintf("the promise is %s, not in force", stateWord(p.State))}
	case c.holds[i].pool:
		return &Fault{pb.Code_NOT_IN_TERMS, fmt.Sprintf("hold %q is drawn from a pool; pay into the pool", name)}
	case c.holds[i].from != role:
		return &Fault{pb.Code_NOT_YOURS, fmt.Sprintf("hold %q is fed by %q, not by %q", name, c.holds[i].from, role)}
	case a.GetUnits() <= 0 || a.GetUnits() > UnitsMax-p.Holds[i].Put:
		return &Fault{pb.Code_BAD_AMOUNT, fmt.Sprintf("%d minor units can't be paid into hold %q", a.GetUnits(), name)}
	case p.Holds[i].Asset != "" && p.Holds[i].Asset != a.Asset:
		return &Fault{pb.Code_BAD_AMOUNT, fmt.Sprintf("hold %q is in %s, not %s", name, p.Holds[i].Asset, a.Asset)}
	}
	p.Holds[i].Asset = a.Asset
	p.Holds[i].Put += a.Units
	return nil
}

func holdNames(t *pb.Template) []string {
	var out []string
	for _, h := range t.Holds {
		out = append(out, h.Name)
	}
	return out
}

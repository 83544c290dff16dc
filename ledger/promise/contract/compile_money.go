package contract

import (
	"fmt"
	"math/big"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/promise/rule"
)

// legOrder checks the legs of one clause together, hold by hold.
func (b *builder) legOrder(path string, legs []leg) {
	for h := range b.t.Holds {
		b.holdLegs(path, h, legs)
	}
}

func (b *builder) holdLegs(path string, h int, legs []leg) {
	name := b.t.Holds[h].Name
	seen, closed := 0, false
	sum, one := new(big.Rat), big.NewRat(1, 1)
	for i, l := range legs {
		if l.hold != h {
			continue
		}
		at := fmt.Sprintf("%s[%d]", path, i)
		switch {
		case closed:
			b.fail(at, "nothing of hold %q is left for this leg: the one before took everything", name)
		case l.form == formAll && seen > 0:
			b.fail(at+".amount", "hold %q already has a leg above; write rest for what it left", name)
		case l.form == formPortion && l.den > 0:
			sum.Add(sum, big.NewRat(l.num, l.den))
			if sum.Cmp(one) > 0 && l.num <= l.den {
				b.fail(at+".amount", "the portions of hold %q add up to %s, more than all of it", name, sum.RatString())
			}
		}
		closed = closed || l.form == formAll || l.form == formRest
		seen++
	}
}

// paidOut checks that whatever ends the promise pays every hold out entirely.
func (b *builder) paidOut() {
	ends := b.t.Periods != nil
	for i, x := range b.c.rules {
		if x.ends() {
			ends = true
			b.pays(fmt.Sprintf("rules[%d].pay", i), x)
		}
	}
	for i, x := range b.c.cancel {
		b.pays(fmt.Sprintf("cancel[%d].pay", i), x)
	}
	if !ends && len(b.c.rules) > 0 {
		b.fail("rules", "no rule ends the promise: give one an outcome (kept, broken, partial, voided or discharged)")
	}
	if b.t.Periods == nil {
		return
	}
	for i, h := range b.c.holds {
		if h.rest == "" {
			b.fail(fmt.Sprintf("holds[%d]", i),
				"after the last period nothing pays out what is left of hold %q: name who gets it with rest", h.name)
		}
	}
}

// pays checks one ending clause. A leg to a role with a cap can be cut short,
// so it does not empty a hold.
func (b *builder) pays(path string, x clause) {
	for i, h := range b.c.holds {
		if h.rest != "" {
			continue
		}
		empties, capped := false, ""
		for _, l := range x.legs {
			if l.hold == i && (l.form == formAll || l.form == formRest) {
				empties = !b.capped(l.to)
				if !empties {
					capped = l.to
				}
			}
		}
		switch {
		case capped != "":
			b.fail(path, "a cap can cut what %q gets, and then some of hold %q goes nowhere: name who gets it with rest in the hold", capped, h.name)
		case !empties:
			b.fail(path, "hold %q isn't fully paid out by %q: add a leg with all or rest, or name who gets what is left with rest in the hold", h.name, x.name)
		}
	}
}

func (b *builder) capped(role string) bool {
	for _, k := range b.t.Caps {
		if k.To == role {
			return true
		}
	}
	return false
}

// cap compiles one cap.
func (b *builder) cap(path string, k *pb.CapDef) *rule.Program {
	if !b.isRole(k.To) {
		b.fail(path+".to", "the cap is for %s", b.noRole(k.To))
	}
	switch k.Scope {
	case pb.CapDef_TOTAL, pb.CapDef_CLAIM:
	case pb.CapDef_PERIOD:
		if b.t.Periods == nil {
			b.fail(path+".scope", "a cap for each period needs periods")
		}
	case pb.CapDef_YEAR:
		if b.t.Periods.GetEvery() != pb.Every_MONTH {
			b.fail(path+".scope", "a yearly cap adds up twelve monthly periods; the template's periods are not monthly")
		}
	default:
		b.fail(path+".scope", "the scope is total, claim, period or year")
	}
	return b.termExpr(path+".amount", k.Amount, rule.KindAmount)
}

// period compiles the division of time.
func (b *builder) period() {
	d := b.t.Periods
	if d == nil {
		return
	}
	if d.Every < pb.Every_DAY || d.Every > pb.Every_YEAR {
		b.fail("periods.every", "a period is a day, week, month or year")
	}
	b.c.periods = &periods{
		every: d.Every,
		from:  b.termExpr("periods.from", d.From, rule.KindTime),
		count: b.termExpr("periods.count", d.Count, rule.KindInt),
	}
	for _, r := range b.t.Rules {
		if r.Each == pb.Rule_PERIOD && r.Outcome != pb.Outcome_GOES_ON {
			return
		}
	}
	b.fail("periods", "no rule ends a period: give one that is for each period the outcome kept, broken or partial")
}

// disputes compiles how rules may be challenged.
func (b *builder) disputes() {
	d := b.t.Dispute
	if d == nil {
		return
	}
	out := &dispute{by: d.By, arbiter: d.Arbiter}
	b.challengeable(d)
	if len(d.By) < 2 {
		b.fail("dispute.by", "a challenge needs somebody to answer it: name at least two roles")
	}
	for i, r := range d.By {
		if !b.isSide(r) {
			b.fail(fmt.Sprintf("dispute.by[%d]", i), "%q is not a promisor's or beneficiary's role", r)
		}
	}
	if b.roleKind(d.Arbiter) != pb.RoleKind_ARBITER {
		b.fail("dispute.arbiter", "%q is not an arbiter's role", d.Arbiter)
	}
	out.window = b.termExpr("dispute.window", d.Window, rule.KindDuration)
	out.answer = b.termExpr("dispute.answer", d.Answer, rule.KindDuration)
	out.ruling = b.termExpr("dispute.ruling", d.Ruling, rule.KindDuration)
	if d.Bond != "" {
		out.bond = b.termExpr("dispute.bond", d.Bond, rule.KindAmount)
	}
	if d.Fee != "" {
		out.fee = b.termExpr("dispute.fee", d.Fee, rule.KindAmount)
		if d.Bond == "" {
			b.fail("dispute.fee", "the arbiter's fee is taken from the loser's bond, and there is no bond")
		}
	}
	b.c.dispute = out
}

// challengeable marks the rules that wait for a challenge.
func (b *builder) challengeable(d *pb.DisputeDef) {
	for i, name := range d.Rules {
		found := false
		for j := range b.c.rules {
			if b.c.rules[j].name == name {
				found, b.c.rules[j].asserts = true, true
			}
		}
		if !found {
			b.fail(fmt.Sprintf("dispute.rules[%d]", i), "there is no rule %q", name)
		}
	}
	for j := range b.c.rules {
		x := &b.c.rules[j]
		if len(d.Rules) == 0 && x.outcome != pb.Outcome_GOES_ON {
			x.asserts = true
		}
		if x.asserts && x.each == pb.Rule_FACT {
			b.fail(fmt.Sprintf("rules[%d].each", j), "a rule that may be challenged is for once or for each period, not for each fact")
		}
	}
}

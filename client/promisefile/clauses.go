package promisefile

import (
	"fmt"

	"github.com/troth-ledger/troth/client/promisefile/yaml"
	"github.com/troth-ledger/troth/gen/pb"
)

var (
	outcomeWords = map[string]pb.Outcome{"goes_on": pb.Outcome_GOES_ON, "kept": pb.Outcome_KEPT, "broken": pb.Outcome_BROKEN,
		"partial": pb.Outcome_PARTIAL, "voided": pb.Outcome_VOIDED, "discharged": pb.Outcome_DISCHARGED}
	endWords = map[string]pb.Outcome{"active": pb.Outcome_GOES_ON, "goes_on": pb.Outcome_GOES_ON, "kept": pb.Outcome_KEPT,
		"broken": pb.Outcome_BROKEN, "partial": pb.Outcome_PARTIAL, "voided": pb.Outcome_VOIDED,
		"discharged": pb.Outcome_DISCHARGED}
	eachWords  = map[string]pb.Rule_Each{"once": pb.Rule_ONCE, "period": pb.Rule_PERIOD, "fact": pb.Rule_FACT}
	everyWords = map[string]pb.Every{"day": pb.Every_DAY, "week": pb.Every_WEEK, "month": pb.Every_MONTH, "year": pb.Every_YEAR}
	scopeWords = map[string]pb.CapDef_Scope{"total": pb.CapDef_TOTAL, "claim": pb.CapDef_CLAIM, "period": pb.CapDef_PERIOD, "year": pb.CapDef_YEAR}
)

func (r *reader) holds(n *yaml.Node, t *pb.Template) {
	r.place("holds", n)
	r.items(n, "holds", func(i int, n *yaml.Node) {
		d := &pb.HoldDef{}
		t.Holds = append(t.Holds, d)
		path := fmt.Sprintf("holds[%d]", i)
		r.place(path, n)
		r.fields(n, "a hold", map[string]func(*yaml.Node){
			"as":     r.text(path+".name", "the hold's name", &d.Name),
			"from":   r.text(path+".from", "from", &d.From),
			"amount": r.expression(path+".amount", "the hold's amount", &d.Amount),
			"pool":   r.flag("pool", &d.Pool),
			"rest":   r.text(path+".rest", "rest", &d.Rest),
		})
	})
}

func (r *reader) rules(n *yaml.Node, t *pb.Template) {
	r.place("rules", n)
	r.items(n, "rules", func(i int, n *yaml.Node) {
		d := &pb.Rule{}
		t.Rules = append(t.Rules, d)
		path := fmt.Sprintf("rules[%d]", i)
		r.place(path, n)
		r.fields(n, "a rule", map[string]func(*yaml.Node){
			"name": r.text(path+".name", "the rule's name", &d.Name),
			"when": r.expression(path+".when", "the condition", &d.When),
			"outcome": func(n *yaml.Node) {
				r.place(path+".outcome", n)
				d.Outcome = word(r, n, "the outcome", outcomeWords)
			},
			"each": func(n *yaml.Node) {
				r.place(path+".each", n)
				d.Each = word(r, n, "each", eachWords)
			},
			"pay": r.pay(path+".pay", &d.Pay),
		})
	})
}

func (r *reader) pay(path string, to *[]*pb.Leg) func(*yaml.Node) {
	return func(n *yaml.Node) {
		r.place(path, n)
		r.items(n, "pay", func(i int, n *yaml.Node) {
			d := &pb.Leg{}
			*to = append(*to, d)
			at := fmt.Sprintf("%s[%d]", path, i)
			r.place(at, n)
			r.fields(n, "a leg", map[string]func(*yaml.Node){
				"from":   r.text(at+".from", "from", &d.From),
				"to":     r.text(at+".to", "to", &d.To),
				"amount": r.expression(at+".amount", "the amount", &d.Amount),
			})
		})
	}
}

func (r *reader) periods(n *yaml.Node, t *pb.Template) {
	d := &pb.PeriodDef{}
	t.Periods = d
	r.place("periods", n)
	r.fields(n, "periods", map[string]func(*yaml.Node){
		"from": r.expression("periods.from", "from", &d.From),
		"every": func(n *yaml.Node) {
			r.place("periods.every", n)
			d.Every = word(r, n, "every", everyWords)
		},
		"count": r.expression("periods.count", "count", &d.Count),
	})
}

func (r *reader) caps(n *yaml.Node, t *pb.Template) {
	r.place("caps", n)
	r.items(n, "caps", func(i int, n *yaml.Node) {
		d := &pb.CapDef{}
		t.Caps = append(t.Caps, d)
		path := fmt.Sprintf("caps[%d]", i)
		r.place(path, n)
		r.fields(n, "a cap", map[string]func(*yaml.Node){
			"to": r.text(path+".to", "to", &d.To),
			"scope": func(n *yaml.Node) {
				r.place(path+".scope", n)
				d.Scope = word(r, n, "the scope", scopeWords)
			},
			"amount": r.expression(path+".amount", "the cap", &d.Amount),
		})
	})
}

func (r *reader) dispute(n *yaml.Node, t *pb.Template) {
	d := &pb.DisputeDef{}
	t.Dispute = d
	r.place("dispute", n)
	list := func(path, what string, to *[]string) func(*yaml.Node) {
		return func(n *yaml.Node) {
			r.place(path, n)
			r.items(n, what, func(i int, n *yaml.Node) {
				r.place(fmt.Sprintf("%s[%d]", path, i), n)
				*to = append(*to, r.str(n, what))
			})
		}
	}
	r.fields(n, "dispute", map[string]func(*yaml.Node){
		"rules":   list("dispute.rules", "rules", &d.Rules),
		"by":      list("dispute.by", "by", &d.By),
		"window":  r.expression("dispute.window", "the window", &d.Window),
		"bond":    r.expression("dispute.bond", "the bond", &d.Bond),
		"answer":  r.expression("dispute.answer", "the time to answer", &d.Answer),
		"arbiter": r.text("dispute.arbiter", "the arbiter", &d.Arbiter),
		"ruling":  r.expression("dispute.ruling", "the time to rule", &d.Ruling),
		"fee":     r.expression("dispute.fee", "the fee", &d.Fee),
	})
}

func (r *reader) cancels(n *yaml.Node, t *pb.Template) {
	r.place("cancel", n)
	r.items(n, "cancel", func(i int, n *yaml.Node) {
		d := &pb.CancelDef{}
		t.Cancel = append(t.Cancel, d)
		path := fmt.Sprintf("cancel[%d]", i)
		r.place(path, n)
		r.fields(n, "a cancellation", map[string]func(*yaml.Node){
			"name": r.text(path+".name", "the clause's name", &d.Name),
			"by":   r.text(path+".by", "by", &d.By),
			"when": r.expression(path+".when", "the condition", &d.When),
			"outcome": func(n *yaml.Node) {
				r.place(path+".outcome", n)
				d.Outcome = word(r, n, "the outcome", outcomeWords)
			},
			"pay": r.pay(path+".pay", &d.Pay),
		})
	})
}

func (r *reader) transfers(n *yaml.Node, t *pb.Template) {
	r.place("transfer", n)
	r.items(n, "transfer", func(i int, n *yaml.Node) {
		d := &pb.TransferDef{}
		t.Transfer = append(t.Transfer, d)
		path := fmt.Sprintf("transfer[%d]", i)
		r.place(path, n)
		if n.Kind == yaml.Scalar {
			r.place(path+".role", n)
			d.Role = n.Text
			return
		}
		r.fields(n, "a transfer", map[string]func(*yaml.Node){
			"role":    r.text(path+".role", "the role", &d.Role),
			"consent": r.text(path+".consent", "the consent", &d.Consent),
		})
	})
}

func (r *reader) novation(n *yaml.Node, t *pb.Template) {
	d := &pb.NovationDef{}
	t.Novation = d
	r.place("novation", n)
	r.fields(n, "novation", map[string]func(*yaml.Node){
		"role": r.text("novation.role", "the device's role", &d.Role),
		"by":   r.text("novation.by", "by", &d.By),
	})
}

package promisefile

import (
	"fmt"
	"strings"

	"github.com/troth-ledger/troth/client/promisefile/yaml"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/promise/contract"
)

func (r *reader) example(path string, n *yaml.Node, t *pb.Template) *pb.Example {
	x := &pb.Example{}
	r.place(path, n)
	r.fields(n, "an example", map[string]func(*yaml.Node){
		"name":  r.text(path+".name", "the example's name", &x.Name),
		"given": func(n *yaml.Node) { x.Given = r.given(path+".given", n, t) },
		"facts": func(n *yaml.Node) { x.Facts = r.exampleFacts(path+".facts", n, t) },
		"until": r.moment(path+".until", "until", &x.Until),
		"start": r.moment(path+".start", "start", &x.Start),
		"then":  func(n *yaml.Node) { r.then(path, n, x) },
	})
	if n.Kind == yaml.Map && n.Get("then") == nil {
		r.fail(n, "the example doesn't say how it comes out; give it a then")
	}
	return x
}

// given reads terms by name.
func (r *reader) given(path string, n *yaml.Node, t *pb.Template) []*pb.NamedValue {
	var out []*pb.NamedValue
	r.place(path, n)
	r.each(n, "given", func(_ int, key, v *yaml.Node) {
		d := termNamed(t, key.Text)
		if d == nil {
			r.fail(key, "there is no term %q%s", clip(key.Text), nearest(key.Text, termNames(t)))
			return
		}
		if d.Type == pb.ValueType_NO_VALUE_TYPE {
			return // its declaration has a fault of its own
		}
		if val := r.value(v, key.Text, d.Type); val != nil {
			r.place(fmt.Sprintf("%s[%d]", path, len(out)), v)
			out = append(out, &pb.NamedValue{Name: key.Text, Value: val})
		}
	})
	return out
}

func (r *reader) exampleFacts(path string, n *yaml.Node, t *pb.Template) []*pb.ExampleFact {
	var out []*pb.ExampleFact
	r.place(path, n)
	r.items(n, "facts", func(i int, n *yaml.Node) {
		at := fmt.Sprintf("%s[%d]", path, i)
		r.place(at, n)
		if f := r.exampleFact(at, n, t); f != nil {
			out = append(out, f)
		}
	})
	return out
}

// exampleFact reads one fact, or what a party does: `do` in place of `kind`.
func (r *reader) exampleFact(path string, n *yaml.Node, t *pb.Template) *pb.ExampleFact {
	if n.Kind != yaml.Map {
		r.fail(n, "a fact is a map, not %s", n.Kind)
		return nil
	}
	f := &pb.ExampleFact{}
	kind := n.Get("kind")
	if do := n.Get("do"); do != nil {
		if kind != nil {
			r.fail(kind, "this is either a fact, with kind, or something a party does, with do")
		}
		f.Kind = "do." + r.str(do, "do")
		kind = do
	} else if kind != nil {
		f.Kind = r.str(kind, "the kind of fact")
	} else {
		r.fail(n, "the fact has no kind")
		return nil
	}
	r.place(path+".kind", kind)
	types, known := fieldTypes(f.Kind, t)
	if !known {
		what := "the template reads no kind of fact"
		if strings.HasPrefix(f.Kind, "do.") {
			what = "nobody can do"
		}
		r.fail(kind, "%s %q%s", what, clip(kind.Text), nearest(kind.Text, kindsFor(f.Kind, t)))
		return nil
	}
	for _, e := range n.Entries {
		switch e.Key.Text {
		case "kind", "do":
		case "by":
			r.text(path+".by", "by", &f.By)(e.Value)
		case "at":
			r.moment(path+".at", "at", &f.At)(e.Value)
		case "arrived":
			r.moment(path+".arrived", "arrived", &f.Arrived)(e.Value)
		default:
			r.exampleField(path, e, types, f)
		}
	}
	return f
}

func (r *reader) exampleField(path string, e yaml.Entry, types map[string]pb.ValueType, f *pb.ExampleFact) {
	typ, ok := types[e.Key.Text]
	if !ok {
		r.fail(e.Key, "a fact %q has no field %q%s", f.Kind, clip(e.Key.Text),
			nearest(e.Key.Text, append(keys(types), "kind", "by", "at", "arrived")))
		return
	}
	if v := r.value(e.Value, e.Key.Text, typ); v != nil {
		r.place(fmt.Sprintf("%s.values[%d]", path, len(f.Values)), e.Value)
		f.Values = append(f.Values, &pb.NamedValue{Name: e.Key.Text, Value: v})
	}
}

var actTypes = map[string]map[string]pb.ValueType{
	contract.ActChallenge: {"claim": pb.ValueType_STRING},
	contract.ActAnswer:    {},
	contract.ActRule:      {"rule": pb.ValueType_STRING},
	contract.ActDeposit:   {"hold": pb.ValueType_STRING, "amount": pb.ValueType_AMOUNT},
	contract.ActCancel:    {},
}

// fieldTypes are the fields of a kind of fact, or of what a party does.
func fieldTypes(kind string, t *pb.Template) (map[string]pb.ValueType, bool) {
	if types, ok := actTypes[kind]; ok {
		return types, true
	}
	for _, d := range t.Facts {
		if d.Kind != kind {
			continue
		}
		out := map[string]pb.ValueType{}
		for _, f := range d.Fields {
			out[f.Name] = f.Type
		}
		return out, true
	}
	return nil, false
}

func kindsFor(kind string, t *pb.Template) []string {
	var out []string
	if strings.HasPrefix(kind, "do.") {
		for _, k := range keys(actTypes) {
			out = append(out, strings.TrimPrefix(k, "do."))
		}
		return out
	}
	for _, d := range t.Facts {
		out = append(out, d.Kind)
	}
	return out
}

// then reads `{outcome: kept, seller: 132.00 EUR}`. Several assets are a list
// of amounts.
func (r *reader) then(path string, n *yaml.Node, x *pb.Example) {
	r.place(path+".paid", n)
	r.each(n, "then", func(_ int, key, v *yaml.Node) {
		switch key.Text {
		case "outcome":
			r.place(path+".outcome", v)
			x.Outcome = word(r, v, "the outcome", endWords)
			return
		case "rule":
			r.text(path+".rule", "the rule", &x.Rule)(v)
			return
		}
		d := &pb.RoleAmounts{Role: key.Text}
		r.place(fmt.Sprintf("%s.paid[%d]", path, len(x.Paid)), key)
		x.Paid = append(x.Paid, d)
		amounts := []*yaml.Node{v}
		if v.Kind == yaml.List {
			amounts = v.Items
		}
		for _, a := range amounts {
			if val := r.value(a, "what "+clip(key.Text)+" is paid", pb.ValueType_AMOUNT); val != nil {
				d.Amounts = append(d.Amounts, val)
			}
		}
	})
	if n.Kind == yaml.Map && n.Get("outcome") == nil {
		r.fail(n, "then doesn't say the outcome")
	}
}

func termNamed(t *pb.Template, name string) *pb.TermDef {
	for _, d := range t.Terms {
		if d.Name == name {
			return d
		}
	}
	return nil
}

func termNames(t *pb.Template) []string {
	var out []string
	for _, d := range t.Terms {
		out = append(out, d.Name)
	}
	return out
}

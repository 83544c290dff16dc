package contract

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
)

// examples checks that the examples fit the declarations. Whether they come
// out as they say is for RunExamples.
func (b *builder) examples() {
	if len(b.t.Examples) == 0 {
		b.fail("examples", "a template needs at least one worked example")
	}
	for i, x := range b.t.Examples {
		b.example(fmt.Sprintf("examples[%d]", i), x)
	}
}

func (b *builder) example(path string, x *pb.Example) {
	if len(x.Name) > ClauseBytesMax || hasControl(x.Name) {
		b.fail(path+".name", "the name is longer than %d bytes or has a control character", ClauseBytesMax)
	}
	seen := map[string]bool{}
	for j, v := range x.Given {
		at := fmt.Sprintf("%s.given[%d]", path, j)
		d := b.term(v.Name)
		switch {
		case d == nil:
			b.fail(at, "there is no term %q%s", v.Name, near(v.Name, b.termNames()))
		case seen[v.Name]:
			b.fail(at, "the term %q is given twice", v.Name)
		case d.Sealed && v.Value.GetSealed() != nil:
		default:
			if err := checkValue(v.Value, d.Type); err != nil {
				b.fail(at, "the term %q is %v", v.Name, err)
			}
		}
		seen[v.Name] = true
	}
	for j, f := range x.Facts {
		b.exampleFact(fmt.Sprintf("%s.facts[%d]", path, j), f)
	}
	b.exampleTime(path+".until", x.Until)
	b.exampleTime(path+".start", x.Start)
	b.expected(path, x)
}

func (b *builder) expected(path string, x *pb.Example) {
	if _, ok := pb.Outcome_name[int32(x.Outcome)]; !ok {
		b.fail(path+".outcome", "there is no such outcome")
	}
	if x.Outcome == pb.Outcome_GOES_ON && x.Until == nil {
		b.fail(path+".outcome", "the example doesn't say how it ends; give it an outcome, or a time until which nothing more happens")
	}
	if x.Rule != "" && x.Rule != lastPeriodName && !contains(b.clauseNames(), x.Rule) {
		b.fail(path+".rule", "there is no rule %q%s", x.Rule, near(x.Rule, b.clauseNames()))
	}
	seen := map[string]bool{}
	for j, r := range x.Paid {
		at := fmt.Sprintf("%s.paid[%d]", path, j)
		if !b.isRole(r.Role) {
			b.fail(at, "this expects a payment to %s", b.noRole(r.Role))
		}
		if seen[r.Role] {
			b.fail(at, "role %q is listed twice", r.Role)
		}
		seen[r.Role] = true
		for _, v := range r.Amounts {
			if err := checkValue(v, pb.ValueType_AMOUNT); err != nil {
				b.fail(at, "what %q is paid is %v", r.Role, err)
			}
		}
	}
}

func (b *builder) exampleFact(path string, f *pb.ExampleFact) {
	b.exampleTime(path+".at", f.At)
	b.exampleTime(path+".arrived", f.Arrived)
	switch {
	case f.At == nil:
		b.fail(path+".at", "the fact doesn't say when it happened")
	case f.Arrived != nil && f.Arrived.AsTime().Before(f.At.AsTime()):
		b.fail(path+".arrived", "the fact arrives before it happened")
	}
	if role, _ := attesterOf(f.By); !b.isRole(role) {
		b.fail(path+".by", "the fact is by %s", b.noRole(role))
	}
	if strings.HasPrefix(f.Kind, reservedPrefix) {
		b.exampleAct(path, f)
		return
	}
	if role, _ := attesterOf(f.By); b.isRole(role) && !b.c.Attests(role) {
		b.fail(path+".by", "%q attests nothing: it is %s, and no rule asks for f.by == roles.%s", role, kindWord(b.roleKind(role)), role)
	}
	for _, d := range b.t.Facts {
		if d.Kind == f.Kind {
			b.exampleFields(path, d, f)
			return
		}
	}
	b.fail(path+".kind", "the template reads no kind of fact %q%s", f.Kind, near(f.Kind, b.kindNames()))
}

func (b *builder) exampleFields(path string, d *pb.FactDef, f *pb.ExampleFact) {
	for j, v := range f.Values {
		if fieldOf(d, v.Name) == nil {
			b.fail(fmt.Sprintf("%s.values[%d]", path, j), "a fact %q has no field %q%s", f.Kind, v.Name, near(v.Name, fieldNames(d)))
		}
	}
	if err := fits(d, f.Values); err != nil {
		b.fail(path, "%v", err)
	}
}

func (b *builder) exampleTime(path string, ts *timestamppb.Timestamp) {
	if ts == nil {
		return
	}
	if y := ts.AsTime().Year(); !ts.IsValid() || y < yearMin || y > yearMax {
		b.fail(path, "a time outside the years %d to %d", yearMin, yearMax)
	}
}

func (b *builder) term(name string) *pb.TermDef {
	for _, d := range b.t.Terms {
		if d.Name == name {
			return d
		}
	}
	return nil
}

func (b *builder) termNames() []string {
	var out []string
	for _, d := range b.t.Terms {
		out = append(out, d.Name)
	}
	return out
}

func (b *builder) kindNames() []string {
	var out []string
	for _, d := range b.t.Facts {
		out = append(out, d.Kind)
	}
	return out
}

func (b *builder) clauseNames() []string {
	var out []string
	for _, r := range b.t.Rules {
		out = append(out, r.Name)
	}
	for _, x := range b.t.Cancel {
		out = append(out, x.Name)
	}
	return out
}

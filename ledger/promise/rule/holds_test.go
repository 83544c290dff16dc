package rule

import "testing"

func TestHolds(t *testing.T) {
	env, err := NewEnv(Types{Terms: []Field{{"rate", KindAmount}}, Holds: []string{"fund", "empty"},
		Facts: []FactKind{{Name: "shipment.delivered"}}})
	if err != nil {
		t.Fatal(err)
	}
	in := &Input{Terms: []Value{Amount("EUR", 100)}, Holds: []Value{Amount("EUR", 250), {}}}
	for _, c := range []struct {
		src  string
		want bool
		fail bool
	}{
		{"holds.fund >= terms.rate * 2", true, false},
		{"holds.fund >= terms.rate * 3", false, false},
		{"has(holds.empty)", false, false},
		{"has(holds.fund)", true, false},
		{"holds.empty >= terms.rate", false, true},
		{"has(holds.empty) && holds.empty >= terms.rate", false, false},
		{"facts.exists(f, f.kind == 'shipment.delivered')", false, false},
	} {
		p, err := env.Compile(c.src, KindBool)
		if err != nil {
			t.Errorf("%s: %v", c.src, err)
			continue
		}
		r, err := p.Eval(in)
		if (err != nil) != c.fail || r.Value.AsBool() != c.want {
			t.Errorf("%s: got %v, %v", c.src, r.Value, err)
		}
	}
	if p, err := env.Compile("holds.fund > terms.rate", KindBool); err != nil || !p.Deps().Holds {
		t.Errorf("holds is not among the dependencies: %v", err)
	}
	for _, src := range []string{"holds.funds > terms.rate", "holds == holds", "facts.exists(holds, true)"} {
		if _, err := env.Compile(src, KindBool); err == nil {
			t.Errorf("%s compiles", src)
		}
	}
	in.Holds = in.Holds[:1]
	p, _ := env.Compile("true || holds.fund > terms.rate", KindBool)
	if _, err := p.Eval(in); err == nil {
		t.Error("too few holds are accepted")
	}
}

func TestHoldNames(t *testing.T) {
	for _, holds := range [][]string{{"a", "a"}, {"1a"}, {""}, {"if"}} {
		if _, err := NewEnv(Types{Holds: holds}); err == nil {
			t.Errorf("%q are accepted", holds)
		}
	}
	for _, kind := range []string{".a", "a.", "a..b", ""} {
		if _, err := NewEnv(Types{Facts: []FactKind{{Name: kind}}}); err == nil {
			t.Errorf("kind %q is accepted", kind)
		}
	}
}

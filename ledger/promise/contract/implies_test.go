package contract

import (
	"testing"

	"github.com/troth-ledger/troth/ledger/promise/rule"
)

func impliesEnv(t *testing.T) *rule.Env {
	t.Helper()
	env, err := rule.NewEnv(rule.Types{
		Terms: []rule.Field{{Name: "n", Kind: rule.KindInt}, {Name: "by", Kind: rule.KindTime}, {Name: "armed", Kind: rule.KindBool}},
		Roles: []string{"carrier"},
		Facts: []rule.FactKind{{Name: "a", Fields: []rule.Field{{Name: "x", Kind: rule.KindInt}}}, {Name: "b"}}})
	if err != nil {
		t.Fatal(err)
	}
	return env
}

func tree(t *testing.T, env *rule.Env, src string) *rule.Node {
	t.Helper()
	p, err := env.Compile(src, rule.KindBool)
	if err != nil {
		t.Fatalf("%s: %v", src, err)
	}
	return p.Tree()
}

func TestImplies(t *testing.T) {
	env := impliesEnv(t)
	for _, x := range []struct {
		a, b string
		want bool
	}{
		{"terms.n < 5", "terms.n < 5", true},
		{"terms.n < 5", "terms.n <= 5", true},
		{"terms.n <= 5", "terms.n < 6", true},
		{"terms.n <= 5", "terms.n < 5", false},
		{"5 > terms.n", "terms.n < 7", true},
		{"terms.n == 5", "terms.n >= 5", true},
		{"terms.n < 7", "terms.n < 5", false},
		{"terms.n < 5", "true", true},
		{"terms.armed", "true || terms.armed", true},
		{"terms.n < 5 && terms.armed", "terms.armed", true},
		{"terms.armed", "terms.n < 5 && terms.armed", false},
		{"terms.armed", "terms.n < 5 || terms.armed", true},
		{"terms.n < 5 || terms.armed", "terms.armed", false},
		{"terms.n < 3 || terms.n < 4", "terms.n < 5", true},
		{"!(terms.n < 5)", "!(terms.n < 3)", true},
		{"!(terms.n < 3)", "!(terms.n < 5)", false},
		{"facts.exists(f, f.kind == 'a' && f.x > 5)", "facts.exists(g, g.kind == 'a')", true},
		{"facts.exists(g, g.kind == 'a')", "facts.exists(f, f.kind == 'a' && f.x > 5)", false},
		{"facts.exists(f, f.kind == 'a')", "facts.exists(f, f.kind == 'b')", false},
		{"facts.all(f, f.at < terms.by)", "facts.all(g, g.at <= terms.by)", true},
		{"now > terms.by + duration('24h')", "now > terms.by", true},
		{"now > terms.by", "now > terms.by + duration('24h')", false},
		{"now > terms.by - duration('1h')", "now > terms.by", false},
		{"now > terms.by", "now >= terms.by - duration('1h')", true},
		{"facts.exists(f, f.kind == 'a' && f.x > terms.n + 2)", "facts.exists(g, g.kind == 'a' && g.x > terms.n)", true},
		{"facts.filter(f, f.kind == 'a').size() > 3", "facts.filter(g, g.kind == 'a').size() > 2", true},
	} {
		if got := Implies(tree(t, env, x.a), tree(t, env, x.b)); got != x.want {
			t.Errorf("%s implies %s: %v", x.a, x.b, got)
		}
	}
}

func TestImpossible(t *testing.T) {
	env := impliesEnv(t)
	for src, want := range map[string]bool{
		"false":                                                            true,
		"terms.n < 5 && terms.n > 5":                                       true,
		"terms.n < 5 && terms.n > 3":                                       false,
		"terms.n <= 5 && terms.n >= 5":                                     false,
		"terms.n == 5 && terms.n == 6":                                     true,
		"terms.armed && !terms.armed":                                      true,
		"terms.n < 5 || terms.armed":                                       false,
		"now > terms.by && now < terms.by - duration('1h')":                true,
		"facts.exists(f, f.kind == 'a' && f.kind == 'b')":                  true,
		"facts.exists(f, f.kind == 'a') && facts.exists(f, f.kind == 'b')": false,
		"facts.exists(f, f.kind == 'a' && f.x < 3 && f.x > 7)":             true,
	} {
		if got := impossible(tree(t, env, src)); got != want {
			t.Errorf("%s: %v", src, got)
		}
	}
}

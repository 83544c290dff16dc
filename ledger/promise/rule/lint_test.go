package rule

import (
	"fmt"
	"strings"
	"testing"
)

func TestLint(t *testing.T) {
	e := newTestEnv(t, parcel)
	for _, c := range []struct{ src, want string }{
		{`facts.exists(f, f.force > 8)`, `1:18: f.force is read where f may be of a kind without it; test f.kind == 'shock' first`},
		{`facts.exists(f, f.kind == 'shock' && f.force > 8)`, ``},
		{`facts.exists(f, f.force > 8 && f.kind == 'shock')`, ``},
		{`facts.exists(f, f.by == roles.carrier && ('shock' == f.kind && (f.force > 8 || f.force < 2)))`, ``},
		{`facts.all(f, f.kind != 'shock' || f.force > 8)`, ``},
		{`facts.all(f, !(f.kind == 'shock' && f.force > 8))`, ``},
		{`facts.exists(f, f.kind == 'delivered' && f.force > 8)`, `1:43: f.force`},
		{`facts.exists(f, f.kind == 'shock' || f.force > 8)`, `1:39: f.force`},
		{`facts.exists(f, f.kind in ['shock', 'uptime'] && f.force > 8)`, `1:51: f.force`},
		{`facts.exists(f, f.kind in ['shock'] && f.force > 8)`, ``},
		{`facts.exists(f, has(f.force) && f.force > 8)`, ``},
		{`facts.exists(f, f.kind == 'uptime' ? f.month == 1 : f.kind == 'shock' && f.force == 1)`, ``},
		{`facts.exists(f, f.kind == 'uptime' ? f.month == 1 : f.force == 1)`, `1:54: f.force`},
		{`facts.map(f, f.kind == 'shock', f.force).size() > 0`, ``},
		{`facts.map(f, f.kind == 'shock' ? f.force : 0).size() > 0`, ``},
		{`facts.map(f, f.force).size() > 0`, `1:15: f.force`},
		{`fact.kind == 'shock' && fact.force > 1`, ``},
		{`fact.kind == 'shock' && facts[0].force > 1`, `1:33: facts[0].force`},
		{`facts.filter(f, f.kind == 'shock')[0].force > 1`, `.force is read where`},
		{`facts.exists(f, fact.kind == 'shock' && f.force > fact.force)`, `1:42: f.force`},
	} {
		p, err := e.Compile(c.src, KindBool)
		if err != nil {
			t.Errorf("%s: %v", c.src, err)
			continue
		}
		got := Errors(p.Lint()).Error()
		if (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s\ngot  %s\nwant %s", c.src, got, c.want)
		}
	}
}

func TestBounds(t *testing.T) {
	e := newTestEnv(t, parcel)
	p, err := e.Compile(`terms.deliver_by + terms.grace < now && !facts.exists(f, f.kind == 'uptime' && 9900 <= f.basis_points) || terms.limit == 3`, KindBool)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, b := range p.Bounds() {
		got = append(got, fmt.Sprintf("%s %s %s %s neg=%v in=%q const=%v %d:%d", b.Left, b.Op, b.Right, b.Kind, b.Negated, b.Macro, b.Const, b.Line, b.Col))
	}
	want := []string{
		`now > terms.deliver_by + terms.grace time neg=false in="" const=none 1:32`,
		`f.kind == 'uptime' string neg=true in="exists" const="uptime" 1:65`,
		`f.basis_points >= 9900 int neg=true in="exists" const=9900 1:85`,
		`terms.limit == 3 int neg=false in="" const=3 1:119`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	d := fmt.Sprintf("%+v", p.Deps())
	if d != `{Terms:[deliver_by grace limit] Roles:[] Kinds:[uptime] Fields:[basis_points] Facts:true Now:true Period:false Paid:false Holds:false}` {
		t.Error(d)
	}
	if !p.Bounds()[1].RightDeps.Constant() || p.Bounds()[0].RightDeps.Constant() {
		t.Error("constant sides are told wrong")
	}
}

func TestDescribe(t *testing.T) {
	e := newTestEnv(t, parcel)
	for _, c := range []struct{ src, want string }{
		{"((true)&&(false||true))", `true && (false || true)`},
		{"true && (true && (true && true))", `true && true && true && true`},
		{`1 - (2 - 3) == (1 - 2) - 3`, `1 - (2 - 3) == 1 - 2 - 3`},
		{`(1 < 2) == (2 < 3)`, `(1 < 2) == (2 < 3)`},
		{`-(-(5)) == -(1 + 2) * 3`, `-(-5) == -(1 + 2) * 3`},
		{`!(!(true))`, `!(!true)`},
		{`!(terms.insured && true)`, `!(terms.insured && true)`},
		{`(true ? true : false) ? (false ? true : true) : (true ? false : true)`, `(true ? true : false) ? (false ? true : true) : true ? false : true`},
		{`"it's \"so\"\n" == 'it\'s \u0001'`, `'it\'s "so"\n' == 'it\'s \u0001'`},
		{`facts . exists ( f , has( f.force ) )`, `facts.exists(f, has(f.force))`},
		{`(facts + facts)[0].at > timestamp("2026-12-01T20:00:00+02:00") + duration("2880m")`, `(facts + facts)[0].at > timestamp('2026-12-01T18:00:00Z') + duration('48h')`},
	} {
		p, err := e.Compile(c.src, KindBool)
		if err != nil {
			t.Errorf("%s: %v", c.src, err)
			continue
		}
		if got := p.Describe(); got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.src, got, c.want)
		}
		if again, err := e.Compile(p.Describe(), KindBool); err != nil || again.Describe() != c.want {
			t.Errorf("%s does not describe itself: %v", c.want, err)
		}
	}
}

package rule

import (
	"strings"
	"testing"
)

// refused are expressions with the fault they are refused for. The position is
// part of it: people fix what they are pointed at.
var refused = []struct{ src, want string }{
	{`now - terms.deliver_by > duration('1h')`, `1:1: now can only be compared, with < <= > >=; write now > f.at + duration('1h')`},
	{`[now] == [now]`, `1:2: now can only be compared`},
	{`now == now`, `1:1: now can only be compared`},
	{`now < now`, `1:1: now can only be compared`},
	{`now == terms.deliver_by`, `1:1: now can only be compared`},
	{`true ? now : now`, `1:8: now can only be compared`},
	{`now.getHours() > 3`, `1:1: now can only be compared`},
	{`now > terms.price`, `1:5: now is compared with a time, and this is an amount`},
	{`facts.map(f, now).size() > 0`, `1:14: now can only be compared`},
	{`terms.prize > paid`, `1:6: terms has no prize; did you mean price?`},
	{`term.price > paid`, `1:1: there is no term; did you mean terms?`},
	{"true &&\n  f.x", `2:3: there is no f; an expression can read terms, roles, facts, now, period, fact, paid`},
	{`facts.exists(f, f.kind == 'shok')`, `1:27: no fact kind "shok"; did you mean shock?`},
	{`facts.exists(f, 'shok' != f.kind)`, `1:17: no fact kind "shok"; did you mean shock?`},
	{`facts.exists(f, f.kind in ['shock', 'late'])`, `1:37: no fact kind "late"; the template declares delivered, shock, uptime`},
	{`facts.exists(f, f.forse > 1)`, `1:18: no fact kind has a field forse; did you mean force?`},
	{`has(fact.forse)`, `1:4: no fact kind has a field forse; did you mean force?`},
	{`facts.exists(f, f.by == 'carier')`, `1:25: no role "carier"; did you mean carrier?`},
	{`roles.carier == 'a'`, `1:6: roles has no carier; did you mean carrier?`},
	{`period.stop > terms.deliver_by`, `1:7: period has no stop; there are index, start, end`},
	{`terms.price + 1 > paid`, `1:13: + does not work on (amount, int)`},
	{`terms.price`, `1:6: this is an amount, and a bool is wanted here`},
	{`facts`, `1:1: this is a list of facts, and a bool is wanted here`},
	{`1.5 > 2.0`, `1:1: there are no decimal numbers; use integers in minor units or basis points`},
	{`1u == 1u`, `1:1: there are no unsigned numbers`},
	{`b'a' == b'a'`, `1:1: there are no bytes`},
	{`fact == null`, `1:9: there is no null; use has()`},
	{`{'a': 1}.size() > 0`, `1:1: maps are not part of the dialect`},
	{`troth.Fact{kind: 'shock'} == fact`, `1:11: objects cannot be built in an expression`},
	{`terms == terms`, `1:1: terms is not a value; name one of its fields, as in terms.parcel`},
	{`facts == facts`, `1:7: facts cannot be compared with each other`},
	{`fact in facts`, `1:6: facts cannot be compared with each other`},
	{`[] == []`, `1:1: the type of this empty list is unknown`},
	{`[1, 'a'].size() == 2`, `1:1: a list of dyn values is not part of the dialect`},
	{`facts.exist(f, f.at < now)`, `1:12: there is no exist(); did you mean exists?`},
	{`facts.exists(f, facts.exists(g, g.at < f.at))`, `1:29: a macro inside another macro`},
	{`facts.exists(now, now.at < terms.deliver_by)`, `1:13: now already has a meaning`},
	{`dyn(1) == 1`, `1:4: there is no dyn()`},
	{`'a'.matches('b')`, `1:12: there is no matches()`},
	{`int('3') == 3`, `1:4: there is no int(); `},
	{`type(1) == int`, `1:5: there is no type()`},
	{`timestamp(terms.parcel) < now`, `1:10: timestamp takes a literal, as in timestamp('2026-12-01T18:00:00Z')`},
	{`duration(terms.parcel) > duration('1h')`, `1:9: duration takes a literal, as in duration('48h')`},
	{`timestamp('x') < now`, `1:11: invalid timestamp argument`},
	{`timestamp('1e9') < now`, `1:11: invalid timestamp argument`},
	{`timestamp('2026-12-01T18:00:00.0000000001Z') < now`, `1:10: a time is exact to the nanosecond`},
	{`duration('1d') > duration('1h')`, `1:10: invalid duration argument`},
	{`terms.deliver_by.getHours('Europe/Paris') > 1`, `1:26: getHours does not work on time.(string)`},
	{`1 +`, `1:4: not an expression`},
	{``, `1:1: not an expression`},
	{"'\xff' == 'a'", `1:1: the expression is not valid UTF-8`},
	{strings.Repeat(" ", SourceMax+1), `1:1: an expression has at most 4096 bytes, this one has 4097`},
	{strings.Repeat("(", 40) + "true" + strings.Repeat(")", 40), `nested too deeply`},
	{"1" + strings.Repeat("+1", 150) + " > 0", `nested too deeply: operators, calls and selections go at most 32 deep`},
	{`(facts + facts + facts + facts + facts + facts + facts + facts + facts + facts).exists(f, f.subject + f.subject == f.subject)`, `too costly: with 256 facts`},
}

func TestRefused(t *testing.T) {
	e := newTestEnv(t, parcel)
	for _, c := range refused {
		p, err := e.Compile(c.src, KindBool)
		if p != nil || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q\ngot  %v\nwant %s", c.src, err, c.want)
		}
	}
}

func TestNewEnvRefuses(t *testing.T) {
	for _, c := range []struct {
		types Types
		want  string
	}{
		{Types{Terms: []Field{{"a", KindInt}, {"a", KindInt}}}, `term "a" is declared twice`},
		{Types{Terms: []Field{{"a", KindNone}}}, `term "a" has no kind; use string, int`},
		{Types{Terms: []Field{{"a b", KindInt}}}, `a name is 1 to 64 letters`},
		{Types{Terms: []Field{{"in", KindInt}}}, `term "in" is a reserved word`},
		{Types{Roles: []string{"a", "a"}}, `role "a" is declared twice`},
		{Types{Facts: []FactKind{{Name: "k"}, {Name: "k"}}}, `fact kind "k" is declared twice`},
		{Types{Facts: []FactKind{{Name: "k", Fields: []Field{{"at", KindTime}}}}}, `declares "at", which every fact has already`},
		{Types{Facts: []FactKind{{Name: "k", Fields: []Field{{"v", KindTime}, {"v", KindTime}}}}}, `declares "v" twice`},
		{Types{Facts: []FactKind{{Name: "k", Fields: []Field{{"v", KindInt}}}, {Name: "l", Fields: []Field{{"v", KindString}}}}},
			`field "v" is string in fact kind "l" and int in another`},
		{Types{Roles: make([]string, NamesMax+1)}, `more than 64`},
	} {
		if _, err := NewEnv(c.types); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v\ngot  %v\nwant %s", c.types, err, c.want)
		}
	}
}

package rule

import (
	"testing"
	"time"

	"cel.dev/cel-go/common/types"
)

var parcel = Types{
	Terms: []Field{{"parcel", KindString}, {"price", KindAmount}, {"late_fee", KindAmount}, {"per_shock", KindAmount},
		{"deliver_by", KindTime}, {"grace", KindDuration}, {"limit", KindInt}, {"insured", KindBool}},
	Roles: []string{"seller", "buyer", "carrier"},
	Facts: []FactKind{{Name: "delivered"}, {Name: "shock", Fields: []Field{{"force", KindInt}}},
		{Name: "uptime", Fields: []Field{{"month", KindInt}, {"basis_points", KindInt}}}},
	Period: true, Fact: true, Paid: true,
}

const day = int64(24 * time.Hour)

var t0 = time.Date(2026, 12, 1, 18, 0, 0, 0, time.UTC).UnixNano()

func parcelInput() *Input {
	return &Input{
		Terms: []Value{String("box"), Amount("EUR", 12000), Amount("EUR", 1000), Amount("EUR", 500),
			Time(t0), Duration(48 * time.Hour), Int(3), Bool(true)},
		Facts: []Fact{
			{Kind: "shock", By: "carrier", At: t0 - 3*day, Arrived: t0 - 3*day, Fields: []Value{Int(7)}},
			{Kind: "shock", By: "carrier", At: t0 - 2*day, Arrived: t0 - 2*day, Fields: []Value{Int(9)}},
			{Kind: "delivered", By: "carrier", At: t0, Arrived: t0 + 1},
		},
		Now:    t0 + day,
		Period: &Period{Index: 2, Start: t0, End: t0 + day},
		Fact:   &Fact{Kind: "shock", By: "carrier", At: t0, Arrived: t0, Fields: []Value{Int(1)}},
		Paid:   Amount("EUR", 0),
	}
}

func newTestEnv(t testing.TB, ty Types) *Env {
	t.Helper()
	e, err := NewEnv(ty)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestEval(t *testing.T) {
	e := newTestEnv(t, parcel)
	for _, c := range []struct {
		src  string
		want Value
	}{
		{`facts.exists(f, f.kind == 'delivered' && f.by == roles.carrier && f.at <= terms.deliver_by)`, Bool(true)},
		{`terms.price - terms.late_fee - terms.per_shock * facts.filter(f, f.kind == 'shock').size()`, Amount("EUR", 10000)},
		{`now > terms.deliver_by + terms.grace`, Bool(false)},
		{`facts.exists(f, now > f.at + terms.grace)`, Bool(true)},
		{`fact.force`, Int(1)},
		{`period.index`, Int(2)},
		{`max(terms.price / 7, paid)`, Amount("EUR", 1714)},
		{`min(-terms.price / 7, paid)`, Amount("EUR", -1715)},
		{`portion(terms.price, 1, 3).units()`, Int(4000)},
		{`facts[0].at`, Time(t0 - 3*day)},
		{`facts.exists(f, has(f.force) && f.force > 8)`, Bool(true)},
		{`terms.deliver_by.getMonth()`, Int(11)},
		{`'abc' + terms.parcel`, String("abcbox")},
	} {
		p, err := e.Compile(c.src, c.want.Kind())
		if err != nil {
			t.Errorf("%s: %v", c.src, err)
			continue
		}
		r, err := p.Eval(parcelInput())
		if err != nil || !r.Value.Equal(c.want) {
			t.Errorf("%s: got %v, %v; want %v", c.src, r.Value, err, c.want)
		}
		t.Logf("%-90s cost %6d wake %v %v", c.src, p.CostMax(), r.Wakes, time.Unix(0, r.Wake).UTC())
	}
}

func BenchmarkDelivered(b *testing.B) {
	bench(b, `facts.exists(f, f.kind == 'delivered' && f.by == roles.carrier && f.at <= terms.deliver_by)`, KindBool)
}
func BenchmarkDeadline(b *testing.B) { bench(b, `now > terms.deliver_by + terms.grace`, KindBool) }
func BenchmarkAmount(b *testing.B) {
	bench(b, `terms.price - terms.late_fee - terms.per_shock * facts.filter(f, f.kind == 'shock').size()`, KindAmount)
}

func bench(b *testing.B, src string, k Kind) {
	e := newTestEnv(b, parcel)
	p, err := e.Compile(src, k)
	if err != nil {
		b.Fatal(err)
	}
	in := parcelInput()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Eval(in); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	e := newTestEnv(b, parcel)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Compile(`facts.exists(f, f.kind == 'delivered' && f.by == roles.carrier && f.at <= terms.deliver_by)`, KindBool); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNewEnv(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		newTestEnv(b, parcel)
	}
}

func durationVal(n int64) types.Duration { return types.Duration{Duration: time.Duration(n)} }

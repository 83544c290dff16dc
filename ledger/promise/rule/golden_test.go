package rule

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// goldenCases are evaluated in the parcel environment at three moments. The
// file draws what every operator, macro and overload gives, when it wakes and
// what it may cost: a new cel-go that moves any of it needs a new DialectID.
var goldenCases = []struct {
	kind Kind
	src  string
}{
	{KindBool, `facts.exists(f, f.kind == 'delivered' && f.by == roles.carrier && f.at <= terms.deliver_by)`},
	{KindBool, `now > terms.deliver_by + terms.grace || facts.exists(f, f.kind == 'delivered' && f.at > terms.deliver_by)`},
	{KindAmount, `terms.price - terms.late_fee - terms.per_shock * facts.filter(f, f.kind == 'shock').size()`},
	{KindBool, `now < terms.deliver_by`},
	{KindBool, `now <= terms.deliver_by`},
	{KindBool, `now > terms.deliver_by`},
	{KindBool, `now >= terms.deliver_by`},
	{KindBool, `terms.deliver_by < now`},
	{KindBool, `terms.deliver_by <= now`},
	{KindBool, `terms.deliver_by > now`},
	{KindBool, `terms.deliver_by >= now`},
	{KindBool, `facts.exists(f, now > f.at + terms.grace)`},
	{KindBool, `facts.all(f, now > f.at + terms.grace)`},
	{KindBool, `facts.exists_one(f, now > f.at + terms.grace)`},
	{KindInt, `facts.filter(f, now >= f.at + terms.grace).size()`},
	{KindBool, `now > timestamp('9999-12-31T23:59:59Z')`},
	{KindBool, `now > timestamp('0001-01-01T00:00:00Z')`},
	{KindBool, `now > timestamp('2026-12-02T00:00:00+06:00') && terms.insured`},
	{KindBool, `(now > terms.deliver_by ? 1 / 0 : 1) == 1`},
	{KindBool, `1 / (terms.limit - 3) == 1 || now > terms.deliver_by`},
	{KindBool, `now > terms.deliver_by && 1 / (terms.limit - 3) == 1`},
	{KindInt, `9223372036854775807 + terms.limit`},
	{KindInt, `-7 / 2`},
	{KindInt, `-7 % terms.limit`},
	{KindAmount, `-terms.price / 7`},
	{KindAmount, `2 * terms.price + terms.price * 3`},
	{KindAmount, `terms.price * 9223372036854775807`},
	{KindAmount, `terms.price / 0`},
	{KindAmount, `portion(terms.price, 1, 7)`},
	{KindAmount, `max(min(terms.price, terms.late_fee), paid)`},
	{KindInt, `max(terms.price.units(), 5) + min(-1, 1)`},
	{KindBool, `terms.price > terms.late_fee && terms.price != paid`},
	{KindBool, `terms.parcel in ['box', 'bag'] && terms.parcel.startsWith('b') && terms.parcel.endsWith('x') && !terms.parcel.contains('oo')`},
	{KindInt, `terms.parcel.size() + size(facts) + [1, 2, 3].size()`},
	{KindString, `facts[2].kind + '-' + facts[2].by + "-" + fact.kind`},
	{KindInt, `facts[3].at.getDate()`},
	{KindInt, `facts[0].force + facts[1].force`},
	{KindInt, `facts[2].force`},
	{KindBool, `facts.exists(f, has(f.force) && f.force > 8)`},
	{KindBool, `facts.exists(f, f.force > 8)`},
	{KindBool, `facts.all(f, f.force > 8)`},
	{KindBool, `9 in facts.map(f, f.kind == 'shock', f.force)`},
	{KindBool, `(facts + facts).all(f, f.by == 'carrier')`},
	{KindInt, `period.index * 10 + period.start.getMonth() + period.end.getFullYear()`},
	{KindDuration, `period.end - period.start - duration('90m')`},
	{KindTime, `terms.deliver_by + terms.grace`},
	{KindTime, `timestamp('9999-12-31T23:59:59Z') + terms.grace`},
	{KindTime, `timestamp('9999-12-31T23:59:59Z') - terms.grace`},
	{KindDuration, `timestamp('9999-12-31T23:59:59Z') - timestamp('0001-01-01T00:00:00Z')`},
	{KindInt, `duration('-90m30s').getMinutes() + duration('1h').getSeconds() + duration('2.5s').getMilliseconds()`},
	{KindInt, `terms.deliver_by.getDayOfWeek() * 10000 + terms.deliver_by.getDayOfYear() * 10 + terms.deliver_by.getHours()`},
	{KindString, `terms.insured ? terms.parcel : 'none'`},
	{KindBool, `fact.at <= terms.deliver_by && fact.arrived >= fact.at && fact.subject == ''`},
}

func TestGolden(t *testing.T) {
	e := newTestEnv(t, parcel)
	in := parcelInput()
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\nWritten by go test -run Golden -update. Read the diff: results and costs are consensus.\n", DialectID)
	fmt.Fprintf(&b, "-- environment --\n%s", goldenEnvironment(in))
	moments := []int64{t0 - 10*day, t0, t0 + 3*day}
	for i, c := range goldenCases {
		p, err := e.Compile(c.src, c.kind)
		if err != nil {
			t.Errorf("%s: %v", c.src, err)
			continue
		}
		fmt.Fprintf(&b, "-- %02d %s --\n%s\n", i, c.kind, c.src)
		if d := p.Describe(); d != c.src {
			fmt.Fprintf(&b, "is      %s\n", d)
		}
		fmt.Fprintf(&b, "cost    %d\n", p.CostMax())
		for _, now := range moments {
			in.Now = now
			fmt.Fprintf(&b, "%s  %s\n", time.Unix(0, now).UTC().Format("01-02 15:04"), outcome(p, in))
		}
	}
	compareGolden(t, "testdata/golden.txtar", b.String())
}

// compareGolden says which line differs, or rewrites the file.
func compareGolden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range min(len(gotLines), len(wantLines)) {
		if gotLines[i] != wantLines[i] {
			t.Fatalf("%s:%d: the dialect has moved\ngot  %s\nwant %s", path, i+1, gotLines[i], wantLines[i])
		}
	}
	if len(gotLines) != len(wantLines) {
		t.Fatalf("%s has %d lines, got %d", path, len(wantLines), len(gotLines))
	}
}

// outcome leaves out the reason of an error: no one may depend on it.
func outcome(p *Program, in *Input) string {
	r, err := p.Eval(in)
	s := r.Value.String()
	if err != nil {
		s = "error"
	}
	if r.Wakes {
		s += "  wakes " + time.Unix(0, r.Wake).UTC().Format(time.RFC3339Nano)
	}
	return s
}

func goldenEnvironment(in *Input) string {
	var b strings.Builder
	for i, f := range parcel.Terms {
		fmt.Fprintf(&b, "terms.%s: %s = %s\n", f.Name, f.Kind, in.Terms[i])
	}
	fmt.Fprintf(&b, "roles: %s\n", strings.Join(parcel.Roles, ", "))
	for i, f := range append(in.Facts, *in.Fact) {
		name := fmt.Sprintf("facts[%d]", i)
		if i == len(in.Facts) {
			name = "fact"
		}
		fmt.Fprintf(&b, "%s: %s by %s at %s, arrived %s, fields %v\n", name, f.Kind, f.By, Time(f.At), Time(f.Arrived), f.Fields)
	}
	fmt.Fprintf(&b, "period: %d from %s to %s\npaid: %s\n", in.Period.Index, Time(in.Period.Start), Time(in.Period.End), in.Paid)
	return b.String()
}

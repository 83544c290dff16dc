package rule

import (
	"strings"
	"sync"
	"testing"
)

// TestInputMisfits: an input that does not fit the declarations is refused
// with a reason, the same way every time, and nothing is evaluated.
func TestInputMisfits(t *testing.T) {
	e := newTestEnv(t, parcel)
	p, err := e.Compile(`facts.size() >= 0`, KindBool)
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", StringMax+1)
	for _, c := range []struct {
		want  string
		spoil func(*Input)
	}{
		{"7 terms, not 8", func(in *Input) { in.Terms = in.Terms[1:] }},
		{"term limit: string where int is declared", func(in *Input) { in.Terms[6] = String("3") }},
		{"term parcel: a string over 256 bytes", func(in *Input) { in.Terms[0] = String(long) }},
		{"257 facts, the most is 256", func(in *Input) { in.Facts = make([]Fact, FactsMax+1) }},
		{`fact kind "lost" is not declared`, func(in *Input) { in.Facts[0].Kind = "lost" }},
		{"a shock fact with 0 fields, not 1", func(in *Input) { in.Facts[0].Fields = nil }},
		{"a shock fact: bool where int is declared", func(in *Input) { in.Facts[0].Fields = []Value{Bool(true)} }},
		{"a shock fact with a string over 256 bytes", func(in *Input) { in.Facts[0].Subject = long }},
		{"no period", func(in *Input) { in.Period = nil }},
		{"no fact", func(in *Input) { in.Fact = nil }},
		{"paid is not an amount", func(in *Input) { in.Paid = Int(0) }},
	} {
		in := parcelInput()
		c.spoil(in)
		r, err := p.Eval(in)
		if err == nil || !strings.Contains(err.Error(), c.want) || r != (Result{}) {
			t.Errorf("got %v, %v; want %s", r, err, c.want)
		}
	}
	if r, err := p.Eval(parcelInput()); err != nil || !r.Value.AsBool() {
		t.Errorf("a good input after bad ones: %v, %v", r, err)
	}
}

// TestSealedTerm: a term without a value can be asked for and not read.
func TestSealedTerm(t *testing.T) {
	e := newTestEnv(t, parcel)
	in := parcelInput()
	in.Terms[0] = Value{}
	for src, fails := range map[string]bool{`has(terms.parcel)`: false, `terms.parcel == ''`: true} {
		p, err := e.Compile(src, KindBool)
		if err != nil {
			t.Fatal(err)
		}
		if r, err := p.Eval(in); (err != nil) != fails || r.Value.AsBool() {
			t.Errorf("%s: %v, %v", src, r.Value, err)
		}
	}
}

// TestConcurrent evaluates the golden programs from many goroutines on inputs
// that differ, and wants what one goroutine gets.
func TestConcurrent(t *testing.T) {
	e := newTestEnv(t, parcel)
	var ps []*Program
	for _, c := range goldenCases {
		p, err := e.Compile(c.src, c.kind)
		if err != nil {
			t.Fatal(err)
		}
		ps = append(ps, p)
	}
	run := func(n int64) string {
		in := parcelInput()
		in.Now += n * day
		in.Facts = in.Facts[:1+n%3]
		var b strings.Builder
		for _, p := range ps {
			b.WriteString(outcome(p, in) + "\n")
		}
		return b.String()
	}
	var want []string
	for n := range int64(8) {
		want = append(want, run(n))
	}
	var wg sync.WaitGroup
	for n := range int64(8) {
		wg.Go(func() {
			for range 50 {
				if got := run(n); got != want[n] {
					t.Errorf("goroutine %d got another outcome", n)
					return
				}
			}
		})
	}
	wg.Wait()
}

// TestFactsAtTheLimit: the most and longest input stays within the bound.
func TestFactsAtTheLimit(t *testing.T) {
	e := newTestEnv(t, parcel)
	in := parcelInput()
	for len(in.Facts) < FactsMax {
		in.Facts = append(in.Facts, Fact{Kind: "shock", By: strings.Repeat("b", StringMax), Subject: strings.Repeat("s", StringMax), Fields: []Value{Int(1)}})
	}
	for _, src := range []string{
		`facts.map(f, f.subject + f.by).size() == 256`,
		`(facts + facts).exists(f, f.subject + 'x' == f.by)`,
		`'x' in facts.map(f, f.subject)`,
		`facts.all(f, f.subject.contains('bbbbbbbbbb') || f.kind in ['shock', 'delivered'])`,
		`facts.map(f, f.subject)[0] == 'x'`,
		`[1, 2].map(n, terms.parcel + terms.parcel)[1] == 'x'`,
		`(terms.insured ? facts : facts + facts).all(f, f.kind == 'shock')`,
		`(terms.insured ? terms.parcel : facts[0].by + terms.parcel).startsWith('a') == false`,
		`facts.filter(f, f.kind == 'shock').size() + facts.filter(f, f.by == 'carrier').size() > 0`,
	} {
		p, err := e.Compile(src, KindBool)
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		if _, err := p.Eval(in); err != nil {
			t.Errorf("%s (at most %d): %v", src, p.CostMax(), err)
		}
		checkCost(t, e, p, in)
	}
}

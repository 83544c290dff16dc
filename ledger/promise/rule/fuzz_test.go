package rule

import (
	"strings"
	"testing"
	"time"

	"cel.dev/cel-go/cel"
)

// FuzzCompile: no source makes Compile panic, run long, or admit a program
// that does not describe itself, costs too much, or differs from run to run.
func FuzzCompile(f *testing.F) {
	for _, c := range goldenCases {
		f.Add(c.src)
	}
	for _, c := range refused {
		f.Add(c.src)
	}
	f.Add(strings.Repeat("(", 2000) + strings.Repeat(")", 2000))
	f.Add("1" + strings.Repeat("+1", 2000))
	f.Add("true" + strings.Repeat("==true", 600))
	f.Add("terms.insured" + strings.Repeat("&&terms.insured", 250))
	e := newTestEnv(f, parcel)
	in := parcelInput()
	f.Fuzz(func(t *testing.T, src string) {
		began := time.Now()
		for k := KindString; k <= KindAmount; k++ {
			p, err := e.Compile(src, k)
			if err != nil {
				if es, ok := err.(Errors); !ok || len(es) == 0 || es[0].Line < 1 || es[0].Col < 1 {
					t.Fatalf("error without a position: %v", err)
				}
				continue
			}
			checkProgram(t, e, p, in)
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Fatalf("%d bytes took %v", len(src), took)
		}
	})
}

func checkProgram(t *testing.T, e *Env, p *Program, in *Input) {
	t.Helper()
	if p.CostMax() > CostMax {
		t.Fatalf("admitted at a cost of %d", p.CostMax())
	}
	p.Lint()
	p.Bounds()
	checkCost(t, e, p, in)
	again, err := e.Compile(p.Describe(), p.Kind())
	if err != nil || again.Describe() != p.Describe() {
		if len(p.Describe()) <= SourceMax { // escapes can make it longer than what was written
			t.Fatalf("%s\ndescribes itself as %s, which is %v", p.Source(), p.Describe(), err)
		}
		return
	}
	r1, err1 := p.Eval(in)
	r2, err2 := again.Eval(in)
	if r1.Wake != r2.Wake || r1.Wakes != r2.Wakes || !r1.Value.Equal(r2.Value) || (err1 == nil) != (err2 == nil) {
		t.Fatalf("%s: %v %v, then %v %v", p.Source(), r1, err1, r2, err2)
	}
	checkWake(t, p, in)
}

// checkCost meters one evaluation, whether or not the program runs metered,
// and wants no more than was bounded.
func checkCost(t *testing.T, e *Env, p *Program, in *Input) {
	t.Helper()
	metered, err := e.cel.Program(p.ast, cel.EvalOptions(cel.OptOptimize|cel.OptTrackCost))
	if err != nil {
		t.Fatal(err)
	}
	s := newState(e)
	if err := s.bind(in); err != nil {
		t.Fatal(err)
	}
	_, details, _ := metered.Eval(s)
	if cost := *details.ActualCost(); cost > p.CostMax() {
		t.Fatalf("%s: cost %d, bounded by %d", p.Source(), cost, p.CostMax())
	}
}

// FuzzEval: no input makes Eval panic, and every wake time is honest.
func FuzzEval(f *testing.F) {
	e := newTestEnv(f, parcel)
	var ps []*Program
	for _, c := range goldenCases {
		p, err := e.Compile(c.src, c.kind)
		if err != nil {
			f.Fatal(err)
		}
		ps = append(ps, p)
	}
	f.Add(t0, t0, t0, int64(1), int64(12000), "carrier", "shock", uint8(3))
	f.Add(int64(-1<<63), int64(1<<63-1), int64(0), int64(-1<<63), int64(-1<<63), "", "delivered", uint8(255))
	f.Fuzz(func(t *testing.T, now, at, by, n, units int64, role, kind string, count uint8) {
		in := parcelInput()
		in.Now = now
		in.Terms[1], in.Terms[4], in.Terms[5], in.Terms[6] = Amount(role, units), Time(by), Value{durationVal(n)}, Int(n)
		for i := range int(count) % 40 {
			fact := Fact{Kind: kind, By: role, Subject: role, At: at + int64(i), Arrived: now}
			if kind == "shock" {
				fact.Fields = []Value{Int(n + int64(i))}
			}
			in.Facts = append(in.Facts, fact)
		}
		for _, p := range ps {
			_, err := p.Eval(in)
			if _, ok := err.(*ErrEval); err != nil && !ok {
				t.Fatalf("%s: %T is not an *ErrEval", p.Source(), err)
			}
			checkWake(t, p, in)
		}
	})
}

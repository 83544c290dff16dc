package rule

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// wakeTypes is small, so that random expressions and facts often meet.
var wakeTypes = Types{
	Terms: []Field{{"t", KindTime}, {"u", KindTime}, {"d", KindDuration}, {"e", KindDuration}, {"n", KindInt}},
	Roles: []string{"a", "b"},
	Facts: []FactKind{{Name: "x", Fields: []Field{{"v", KindInt}, {"w", KindTime}}}, {Name: "y"}},
}

func pick(t *rapid.T, label string, of ...string) string { return rapid.SampledFrom(of).Draw(t, label) }

// drawTime makes a time; f is the macro's variable, or "".
func drawTime(t *rapid.T, depth int, f string) string {
	forms := []string{"terms.t", "terms.u", "facts[0].at", "facts[1].arrived", "timestamp('1970-01-01T00:00:00.000000005Z')"}
	if f != "" {
		forms = append(forms, f+".at", f+".arrived", f+".w", f+".at", f+".w")
	}
	if depth > 0 {
		switch rapid.IntRange(0, 4).Draw(t, "time") {
		case 0:
			return fmt.Sprintf("(%s %s %s)", drawTime(t, depth-1, f), pick(t, "sign", "+", "-"), pick(t, "dur", "terms.d", "terms.e", "duration('3ns')"))
		case 1:
			return fmt.Sprintf("(%s ? %s : %s)", drawBool(t, depth-1, f), drawTime(t, depth-1, f), drawTime(t, depth-1, f))
		}
	}
	return rapid.SampledFrom(forms).Draw(t, "time leaf")
}

func drawBool(t *rapid.T, depth int, f string) string {
	op := func() string { return pick(t, "op", "<", "<=", ">", ">=") }
	if depth <= 0 {
		return fmt.Sprintf("now %s %s", op(), drawTime(t, 0, f))
	}
	switch rapid.IntRange(0, 10).Draw(t, "bool") {
	case 0, 1:
		return fmt.Sprintf("now %s %s", op(), drawTime(t, depth-1, f))
	case 2:
		return fmt.Sprintf("%s %s now", drawTime(t, depth-1, f), op())
	case 3:
		return fmt.Sprintf("(%s %s %s)", drawBool(t, depth-1, f), pick(t, "join", "&&", "||"), drawBool(t, depth-1, f))
	case 4:
		return fmt.Sprintf("(%s %s %s)", drawBool(t, depth-1, f), pick(t, "join", "&&", "||", "==", "!="), drawBool(t, depth-1, f))
	case 5:
		return fmt.Sprintf("!(%s)", drawBool(t, depth-1, f))
	case 6:
		return fmt.Sprintf("(%s ? %s : %s)", drawBool(t, depth-1, f), drawBool(t, depth-1, f), drawBool(t, depth-1, f))
	case 7:
		return "1 / terms.n > 0"
	case 8:
		if f != "" {
			return pick(t, "guard", f+".kind == 'x'", f+".v > 3", "has("+f+".w)")
		}
		return fmt.Sprintf("facts.filter(f, %s).size() > 1", drawBool(t, depth-1, "f"))
	}
	if f != "" {
		return f + ".by == roles.a"
	}
	return fmt.Sprintf("facts.%s(f, %s)", pick(t, "macro", "exists", "all", "exists_one"), drawBool(t, depth-1, "f"))
}

func drawInstant(t *rapid.T, label string) int64 {
	return rapid.OneOf(rapid.Int64Range(-3, 20), rapid.SampledFrom([]int64{math.MinInt64, math.MinInt64 + 1, math.MaxInt64 - 1, math.MaxInt64})).Draw(t, label)
}

func drawInput(t *rapid.T) *Input {
	at := func(label string) Value { return Time(drawInstant(t, label)) }
	dur := func(label string) Value { return Value{durationVal(drawInstant(t, label))} }
	in := &Input{Terms: []Value{at("t"), at("u"), dur("d"), dur("e"), Int(rapid.Int64Range(-1, 2).Draw(t, "n"))}}
	for range rapid.IntRange(0, 4).Draw(t, "facts") {
		f := Fact{Kind: "y", By: pick(t, "by", "a", "b"), At: drawInstant(t, "at"), Arrived: drawInstant(t, "arrived")}
		if rapid.Bool().Draw(t, "x") {
			f.Kind, f.Fields = "x", []Value{Int(rapid.Int64Range(0, 9).Draw(t, "v")), at("w")}
			if rapid.Bool().Draw(t, "unset") {
				f.Fields[1] = Value{}
			}
		}
		in.Facts = append(in.Facts, f)
	}
	in.Now = drawInstant(t, "now")
	return in
}

// TestWakeIsNeverLate: whatever the expression and the facts, the outcome, an
// error included, is the same at every instant from now up to the wake time.
func TestWakeIsNeverLate(t *testing.T) {
	e := newTestEnv(t, wakeTypes)
	rapid.Check(t, func(t *rapid.T) {
		src := drawBool(t, 4, "")
		p, err := e.Compile(src, KindBool)
		if err != nil {
			t.Skip(src, err) // too long, or too costly
		}
		checkWake(t, p, drawInput(t))
	})
}

type fataler interface {
	Fatalf(format string, args ...any)
}

func checkWake(t fataler, p *Program, in *Input) {
	first, firstErr := p.Eval(in)
	last := int64(math.MaxInt64)
	if first.Wakes {
		if first.Wake <= in.Now {
			t.Fatalf("%s wakes at %d, which is not after %d", p.Source(), first.Wake, in.Now)
		}
		last = first.Wake - 1
	}
	instants := []int64{in.Now, last, in.Now/2 + last/2}
	for i := int64(0); i < 24; i++ {
		if in.Now <= math.MaxInt64-i {
			instants = append(instants, in.Now+i)
		}
		if last >= math.MinInt64+i {
			instants = append(instants, last-i)
		}
	}
	for _, now := range instants {
		if now < in.Now || now > last {
			continue
		}
		at := *in
		at.Now = now
		r, err := p.Eval(&at)
		if !r.Value.Equal(first.Value) || (err == nil) != (firstErr == nil) {
			t.Fatalf("%s\nat %d: %v, %v (wakes %v %d)\nat %d: %v, %v", p.Source(), in.Now, first.Value, firstErr, first.Wakes, first.Wake, now, r.Value, err)
		}
		if first.Wakes && (!r.Wakes || r.Wake != first.Wake) {
			t.Fatalf("%s\nat %d it wakes at %d, at %d it wakes at %d", p.Source(), in.Now, first.Wake, now, r.Wake)
		}
	}
}

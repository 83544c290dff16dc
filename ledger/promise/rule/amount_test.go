package rule

import (
	"math"
	"math/big"
	"testing"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"pgregory.net/rapid"
)

func units(t *rapid.T, label string) int64 {
	return rapid.OneOf(rapid.Int64(), rapid.Int64Range(-9, 9),
		rapid.SampledFrom([]int64{math.MinInt64, math.MinInt64 + 1, math.MaxInt64})).Draw(t, label)
}

// TestAmountArithmetic compares every operation with exact integers: the same
// result, or an error exactly where the result has no int64.
func TestAmountArithmetic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := units(t, "a"), units(t, "b"), units(t, "c")
		A, B, C := big.NewInt(a), big.NewInt(b), big.NewInt(c)
		x, y := amountVal{"EUR", a}, amountVal{"EUR", b}
		expect := func(op string, got ref.Val, want *big.Int) {
			if want == nil || !want.IsInt64() {
				if !types.IsError(got) {
					t.Fatalf("%d %s %d (%d) = %v, want an error", a, op, b, c, got)
				}
				return
			}
			if got != (amountVal{"EUR", want.Int64()}) {
				t.Fatalf("%d %s %d (%d) = %v, want %v", a, op, b, c, got, want)
			}
		}
		expect("+", addAmount(x, y), new(big.Int).Add(A, B))
		expect("-", subAmount(x, y), new(big.Int).Sub(A, B))
		expect("neg", negAmount(x), new(big.Int).Neg(A))
		expect("*", mulAmount(x, types.Int(b)), new(big.Int).Mul(A, B))
		expect("/", divAmount(x, types.Int(b)), floor(A, B))
		expect("portion", portionAmount(x, types.Int(b), types.Int(c)), floor(new(big.Int).Mul(A, B), C))
		if got := compareAmount(x, y); got != types.Int(A.Cmp(B)) {
			t.Fatalf("compare %d %d = %v", a, b, got)
		}
	})
}

// floor divides toward minus infinity, nil by zero.
func floor(n, d *big.Int) *big.Int {
	if d.Sign() == 0 {
		return nil
	}
	q, m := new(big.Int).QuoRem(n, d, new(big.Int))
	if m.Sign() != 0 && m.Sign() != d.Sign() {
		q.Sub(q, big.NewInt(1))
	}
	return q
}

func TestTwoAssets(t *testing.T) {
	e := newTestEnv(t, parcel)
	in := parcelInput()
	in.Paid = Amount("USD", 1)
	for _, c := range []struct {
		src  string
		fail bool
	}{
		{`terms.price + paid == paid`, true}, {`terms.price - paid == paid`, true}, {`terms.price > paid`, true},
		{`max(terms.price, paid) == paid`, true}, {`terms.price != paid`, false},
	} {
		p, err := e.Compile(c.src, KindBool)
		if err != nil {
			t.Fatal(err)
		}
		r, err := p.Eval(in)
		if (err != nil) != c.fail || !c.fail && !r.Value.AsBool() {
			t.Errorf("%s: %v, %v", c.src, r.Value, err)
		}
	}
}

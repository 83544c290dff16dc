package rule

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"reflect"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// amountType is opaque: nothing of the library applies to it, only the
// overloads declared in ops.go.
var amountType = types.NewOpaqueType("troth.Amount")

// amountVal is minor units of one asset. Equality is total, as CEL wants it:
// amounts of two assets are unequal. Everything else between two assets is an
// error, never a conversion.
type amountVal struct {
	asset string
	units int64
}

func (a amountVal) Type() ref.Type { return amountType }
func (a amountVal) Value() any     { return a }

func (a amountVal) Equal(other ref.Val) ref.Val {
	b, ok := other.(amountVal)
	return types.Bool(ok && a == b)
}

func (a amountVal) ConvertToNative(t reflect.Type) (any, error) {
	return nil, errors.New("an amount has no native form")
}

func (a amountVal) ConvertToType(t ref.Type) ref.Val {
	return types.NewErr("an amount cannot be converted")
}

// amountOverflow is made anew each time: the evaluator labels errors in place.
func amountOverflow() ref.Val { return types.NewErr("amount overflow") }

// sameAsset asserts both operands, which the checker has typed as amounts.
func sameAsset(l, r ref.Val) (a, b amountVal, err ref.Val) {
	a, aok := l.(amountVal)
	b, bok := r.(amountVal)
	if !aok || !bok {
		return a, b, types.NewErr("not an amount")
	}
	if a.asset != b.asset {
		return a, b, types.NewErr("amounts of two assets, %s and %s", a.asset, b.asset)
	}
	return a, b, nil
}

func addAmount(l, r ref.Val) ref.Val {
	a, b, err := sameAsset(l, r)
	if err != nil {
		return err
	}
	sum := a.units + b.units
	if (sum > a.units) != (b.units > 0) {
		return amountOverflow()
	}
	return amountVal{a.asset, sum}
}

func subAmount(l, r ref.Val) ref.Val {
	a, b, err := sameAsset(l, r)
	if err != nil {
		return err
	}
	diff := a.units - b.units
	if (diff < a.units) != (b.units > 0) {
		return amountOverflow()
	}
	return amountVal{a.asset, diff}
}

func negAmount(v ref.Val) ref.Val {
	a, ok := v.(amountVal)
	if !ok || a.units == math.MinInt64 {
		return amountOverflow()
	}
	return amountVal{a.asset, -a.units}
}

func mulAmount(l, r ref.Val) ref.Val {
	a, aok := l.(amountVal)
	n, nok := r.(types.Int)
	if !aok || !nok {
		return types.NewErr("not an amount times an int")
	}
	return scale(a, int64(n), 1)
}

func divAmount(l, r ref.Val) ref.Val {
	a, aok := l.(amountVal)
	n, nok := r.(types.Int)
	if !aok || !nok {
		return types.NewErr("not an amount divided by an int")
	}
	return scale(a, 1, int64(n))
}

func portionAmount(args ...ref.Val) ref.Val {
	if len(args) != 3 {
		return types.NewErr("portion wants an amount and two ints")
	}
	a, aok := args[0].(amountVal)
	num, nok := args[1].(types.Int)
	den, dok := args[2].(types.Int)
	if !aok || !nok || !dok {
		return types.NewErr("portion wants an amount and two ints")
	}
	return scale(a, int64(num), int64(den))
}

// scale returns a times num over den, floored toward minus infinity, through a
// 128-bit product: it fails only when the result itself does not fit.
func scale(a amountVal, num, den int64) ref.Val {
	if den == 0 {
		return types.NewErr("amount divided by zero")
	}
	neg := (a.units < 0) != (num < 0) != (den < 0)
	hi, lo := bits.Mul64(magnitude(a.units), magnitude(num))
	d := magnitude(den)
	if hi >= d {
		return amountOverflow()
	}
	quo, rem := bits.Div64(hi, lo, d)
	if neg && rem != 0 && quo <= math.MaxInt64 {
		quo++
	} else if neg && rem != 0 {
		return amountOverflow()
	}
	switch {
	case !neg && quo <= math.MaxInt64:
		return amountVal{a.asset, int64(quo)}
	case neg && quo <= 1<<63:
		return amountVal{a.asset, -int64(quo)}
	}
	return amountOverflow()
}

// magnitude is the absolute value; for the lowest int64 too.
func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

// compareAmount returns -1, 0 or 1 as a CEL int, or an error value.
func compareAmount(l, r ref.Val) ref.Val {
	a, b, err := sameAsset(l, r)
	switch {
	case err != nil:
		return err
	case a.units < b.units:
		return types.IntNegOne
	case a.units > b.units:
		return types.IntOne
	}
	return types.IntZero
}

func unitsOfAmount(v ref.Val) ref.Val {
	a, ok := v.(amountVal)
	if !ok {
		return types.NewErr("not an amount")
	}
	return types.Int(a.units)
}

// GoString keeps test failures readable.
func (a amountVal) GoString() string { return fmt.Sprintf("%d %s", a.units, a.asset) }

package rule

import (
	"strconv"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// Value is one typed value going into or coming out of an evaluation. The
// zero Value is no value. Values are immutable; build each once and reuse it:
// it holds the evaluator's own form, so reading it costs nothing.
type Value struct{ v ref.Val }

// Int makes an int.
func Int(n int64) Value { return Value{types.Int(n)} }

// String makes a string. Evaluation refuses more than StringMax bytes.
func String(s string) Value { return Value{types.String(s)} }

// Bool makes a bool.
func Bool(b bool) Value { return Value{types.Bool(b)} }

// Time makes an instant from nanoseconds since 1970 UTC.
func Time(unixNanos int64) Value { return Value{timeVal(unixNanos)} }

// Duration makes a length of time.
func Duration(d time.Duration) Value { return Value{types.Duration{Duration: d}} }

// Amount makes an amount of an asset in its minor units.
func Amount(asset string, units int64) Value { return Value{amountVal{asset, units}} }

// IsZero reports whether there is no value.
func (v Value) IsZero() bool { return v.v == nil }

// Kind returns the value's kind, KindNone for the zero Value.
func (v Value) Kind() Kind { return kindOfVal(v.v) }

// AsInt returns an int's value, or 0 for any other kind.
func (v Value) AsInt() int64 { n, _ := v.v.(types.Int); return int64(n) }

// AsString returns a string's value, or "" for any other kind.
func (v Value) AsString() string { s, _ := v.v.(types.String); return string(s) }

// AsBool returns a bool's value, or false for any other kind.
func (v Value) AsBool() bool { b, _ := v.v.(types.Bool); return bool(b) }

// AsTime returns an instant in nanoseconds since 1970 UTC, or 0.
func (v Value) AsTime() int64 {
	t, ok := v.v.(types.Timestamp)
	if !ok {
		return 0
	}
	n, _ := nanosOf(t.Time)
	return n
}

// AsDuration returns a duration's value, or 0 for any other kind.
func (v Value) AsDuration() time.Duration {
	d, _ := v.v.(types.Duration)
	return d.Duration
}

// AsAmount returns an amount's asset and minor units, or "" and 0.
func (v Value) AsAmount() (asset string, units int64) {
	a, _ := v.v.(amountVal)
	return a.asset, a.units
}

// Equal reports whether both have the same kind and the same value.
func (v Value) Equal(o Value) bool {
	if v.v == nil || o.v == nil {
		return v.v == nil && o.v == nil
	}
	return v.Kind() == o.Kind() && v.v.Equal(o.v) == types.True
}

// String returns the value as a person reads it: 5, 'text', true,
// 2026-12-01T18:00:00Z, 48h0m0s, 1250 EUR (minor units).
func (v Value) String() string {
	switch x := v.v.(type) {
	case types.Int:
		return strconv.FormatInt(int64(x), 10)
	case types.String:
		return strconv.Quote(string(x))
	case types.Bool:
		return strconv.FormatBool(bool(x))
	case types.Timestamp:
		return x.Time.UTC().Format(time.RFC3339Nano)
	case types.Duration:
		return x.Duration.String()
	case amountVal:
		return strconv.FormatInt(x.units, 10) + " " + x.asset
	}
	return "none"
}

func kindOfVal(v ref.Val) Kind {
	switch v.(type) {
	case types.Int:
		return KindInt
	case types.String:
		return KindString
	case types.Bool:
		return KindBool
	case types.Timestamp:
		return KindTime
	case types.Duration:
		return KindDuration
	case amountVal:
		return KindAmount
	}
	return KindNone
}

// timeVal makes a CEL timestamp. Every int64 of nanoseconds lies within CEL's
// years 1 to 9999, so it cannot fail.
func timeVal(unixNanos int64) types.Timestamp {
	return types.Timestamp{Time: time.Unix(0, unixNanos).UTC()}
}

// nanosOf is the inverse of timeVal. CEL's timestamps reach far beyond int64
// nanoseconds (years 1678 to 2262); ok is false for those, and n is the
// nearest bound.
func nanosOf(t time.Time) (n int64, ok bool) {
	lo, hi := time.Unix(0, -1<<63), time.Unix(0, 1<<63-1)
	switch {
	case t.Before(lo):
		return -1 << 63, false
	case t.After(hi):
		return 1<<63 - 1, false
	}
	return t.UnixNano(), true
}

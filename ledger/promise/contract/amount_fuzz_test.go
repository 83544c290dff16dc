package contract

import "testing"

// FuzzParseAmount: what is read is within bounds, and the same when it is
// written and read again.
func FuzzParseAmount(f *testing.F) {
	for _, s := range []string{"120.00 EUR", "500 miles@kestrel", "-0.01 EUR@bank", "1. EUR", "9223372036854775807 X", "00.1 A", "1e9 EUR", " 5 EUR ", "5 EUR x"} {
		f.Add(s, 2)
	}
	f.Fuzz(func(t *testing.T, s string, decimals int) {
		if decimals < 0 || decimals > DecimalsMax {
			return
		}
		a, err := ParseAmount(s, func(string) int { return decimals })
		if err != nil {
			return
		}
		if a.Units > UnitsMax || a.Units < -UnitsMax || a.Asset == "" {
			t.Fatalf("%q is %v", s, a)
		}
		written := FormatAmount(a.Units, decimals, a.Asset)
		again, err := ParseAmount(written, func(string) int { return decimals })
		if err != nil || again.Units != a.Units || again.Asset != a.Asset {
			t.Fatalf("%q is %v, written %q, which is %v (%v)", s, a, written, again, err)
		}
	})
}

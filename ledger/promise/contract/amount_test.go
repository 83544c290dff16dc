package contract

import "testing"

func TestAmounts(t *testing.T) {
	for s, want := range map[string]int64{"120.00 EUR": 12000, "120 EUR": 12000, "0.5 EUR": 50, "-3.21 EUR": -321, "500 JPY": 500,
		"1.234 KWD": 1234, "500 miles@kestrel": 500, "12.5 EUR@northbank": 1250, "00.10 EUR": 10} {
		a, err := ParseAmount(s, ISODecimals)
		if err != nil || a.Units != want {
			t.Errorf("%s: %v, %v", s, a, err)
		}
	}
	for _, s := range []string{"", "EUR", "12", "12.345 EUR", "1.5 JPY", "1e3 EUR", "0x10 EUR", "+5 EUR", "12. EUR", ".5 EUR", "1,5 EUR",
		"1 EUR@", "1 @bank", "1 a@b@c", "1 EU R", "99999999999999999999 EUR", "9223372036854775807 JPY", "1.5 miles@kestrel"} {
		if a, err := ParseAmount(s, ISODecimals); err == nil {
			t.Errorf("%q is %v", s, a)
		}
	}
	for _, x := range []struct {
		units    int64
		decimals int
		want     string
	}{{0, 2, "0.00"}, {5, 2, "0.05"}, {-5, 2, "-0.05"}, {12345, 2, "123.45"}, {7, 0, "7"}, {-1 << 63, 3, "-9223372036854775.808"}} {
		if got := FormatUnits(x.units, x.decimals); got != x.want {
			t.Errorf("%d, %d: %s", x.units, x.decimals, got)
		}
	}
}

func TestFloorPortion(t *testing.T) {
	for _, x := range [][4]int64{{100, 1, 3, 33}, {UnitsMax, 1, 1, UnitsMax}, {UnitsMax, PortionMax - 1, PortionMax, UnitsMax - UnitsMax/PortionMax - 1},
		{0, 1, 3, 0}, {5, 0, 3, 0}} {
		if got := floorPortion(x[0], x[1], x[2]); got != x[3] {
			t.Errorf("%d × %d/%d: %d, want %d", x[0], x[1], x[2], got, x[3])
		}
	}
}

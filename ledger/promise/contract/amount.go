package contract

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/troth-ledger/troth/gen/pb"
)

// DecimalsMax is the most digits after the point an asset can have.
const DecimalsMax = 9

// Decimals says how many digits after the point an asset has, 0 to
// DecimalsMax.
type Decimals func(asset string) int

// ISODecimals is the number for money whose symbol is an ISO 4217 code, by the
// part before the @, and 0 for everything else: what to assume where no ledger
// can be asked.
func ISODecimals(asset string) int {
	n, _ := ISOMinorUnits(asset)
	return n
}

// ISOMinorUnits returns the digits ISO 4217 gives the asset's symbol, and
// whether it lists it.
func ISOMinorUnits(asset string) (int, bool) {
	symbol, _, _ := strings.Cut(asset, "@")
	n, ok := isoMinorUnits[symbol]
	return n, ok
}

// FormatAmount writes minor units as people read them: 12050 with 2 decimals
// is "120.50 EUR".
func FormatAmount(units int64, decimals int, asset string) string {
	return FormatUnits(units, decimals) + " " + asset
}

// FormatUnits is FormatAmount without the asset.
func FormatUnits(units int64, decimals int) string {
	sign, u := "", uint64(units)
	if units < 0 {
		sign, u = "-", -u
	}
	s := strconv.FormatUint(u, 10)
	if decimals <= 0 {
		return sign + s
	}
	if len(s) <= decimals {
		s = strings.Repeat("0", decimals+1-len(s)) + s
	}
	return sign + s[:len(s)-decimals] + "." + s[len(s)-decimals:]
}

// SplitAmount reads "120.00 EUR" or "500 miles@kestrel" as far as it can be
// read without knowing the asset's decimals: digits is the number without its
// point, places how many digits stood after it.
func SplitAmount(s string) (digits string, places int, asset string, err error) {
	number, asset, ok := strings.Cut(strings.TrimSpace(s), " ")
	asset = strings.TrimSpace(asset)
	whole, frac, point := strings.Cut(number, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	if !ok || !assetID(asset) || !allDigits(whole) || point && !allDigits(frac) || len(number) > 32 {
		return "", 0, "", fmt.Errorf("%q is not an amount; write a number, a space and an asset, as in 120.00 EUR or 500 miles@kestrel", s)
	}
	return sign + whole + frac, len(frac), asset, nil
}

// ParseAmount reads "120.00 EUR". More digits after the point than the asset
// has are an error, never rounded.
func ParseAmount(s string, decimals Decimals) (*pb.Amount, error) {
	number, places, asset, err := SplitAmount(s)
	if err != nil {
		return nil, err
	}
	d := decimals(asset)
	if places > d {
		return nil, fmt.Errorf("%q has %d digits after the point; %s has %d", s, places, asset, d)
	}
	units, err := strconv.ParseInt(number+strings.Repeat("0", d-places), 10, 64)
	if err != nil || units > UnitsMax || units < -UnitsMax || units == math.MinInt64 {
		return nil, fmt.Errorf("%q is more than an amount can be", s)
	}
	return &pb.Amount{Asset: asset, Units: units}, nil
}

func allDigits(s string) bool { return digits(s) }

// assetID accepts `symbol` and `symbol@handle`.
func assetID(s string) bool {
	if s == "" || len(s) > 128 || s[0] == '@' || s[len(s)-1] == '@' || strings.Count(s, "@") > 1 {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		ok := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.' || c == '@'
		if !ok {
			return false
		}
	}
	return s[0] >= 'A'
}

package asset

import (
	"strings"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

// Limits of assets.
const (
	// UnitsMax is the most minor units there may be of an asset: 2^62. The sum
	// of any two amounts fits 64 bits.
	UnitsMax int64 = 1 << 62
	// SymbolMax is the longest symbol, in bytes.
	SymbolMax = 16
	// MintersMax is how many parties may issue beside the issuer.
	MintersMax = 16
	// DecimalsMax is the most digits after the point.
	DecimalsMax = 9
	handleMax   = 32
)

// IsID says whether s has the form of an asset's id, `symbol@handle`.
func IsID(s string) bool {
	symbol, handle, ok := strings.Cut(s, "@")
	return ok && isSymbol(symbol) && isHandle(handle)
}

func isSymbol(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
		if !letter && (i == 0 || !(c >= '0' && c <= '9' || c == '-')) {
			return false
		}
	}
	return len(s) >= 1 && len(s) <= SymbolMax
}

func isHandle(s string) bool {
	for i := range len(s) {
		if c := s[i]; !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-') {
			return false
		}
	}
	return len(s) >= 1 && len(s) <= handleMax
}

// CheckAmount says whether an amount is one that can be moved: an asset's id
// and 1 to UnitsMax minor units. It returns INVALID, BAD_AMOUNT or OVERFLOW.
func CheckAmount(a *pb.Amount) error {
	if a == nil {
		return op.Errorf(pb.Code_INVALID, "amount is missing")
	}
	if !IsID(a.Asset) {
		return op.Errorf(pb.Code_INVALID, "%.60q is no asset's id; it would be like EUR@northbank", a.Asset)
	}
	return CheckUnits(a.Units)
}

// CheckUnits says whether a number of minor units can be moved: 1 to UnitsMax.
// It returns BAD_AMOUNT or OVERFLOW.
func CheckUnits(units int64) error {
	switch {
	case units <= 0:
		return op.Errorf(pb.Code_BAD_AMOUNT, "%d is not an amount above zero", units)
	case units > UnitsMax:
		return op.Errorf(pb.Code_OVERFLOW, "%d is more than %d, the most there can be of anything", units, UnitsMax)
	}
	return nil
}

// checkParty says whether s has the form of a party's id.
func checkParty(field, s string) error {
	if !op.IsID("p", s) {
		return op.Errorf(pb.Code_INVALID, "%s: %.60q is no party's id", field, s)
	}
	return nil
}

// checkAsset says whether s has the form of an asset's id.
func checkAsset(s string) error {
	if !IsID(s) {
		return op.Errorf(pb.Code_INVALID, "%.60q is no asset's id; it would be like EUR@northbank", s)
	}
	return nil
}

// first returns the error that comes first in the order of the numbers, nil
// where there is none.
func first(errs ...error) (out error) {
	for _, err := range errs {
		if err != nil && (out == nil || op.CodeOf(err) < op.CodeOf(out)) {
			out = err
		}
	}
	return out
}

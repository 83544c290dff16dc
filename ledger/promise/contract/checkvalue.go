package contract

import "github.com/troth-ledger/troth/gen/pb"

// CheckValue says why a value is none of a type. The error is a *Fault with
// BAD_TERMS.
func CheckValue(t pb.ValueType, v *pb.Value) error {
	if err := checkValue(v, t); err != nil {
		return badTerms("%v", err)
	}
	return nil
}

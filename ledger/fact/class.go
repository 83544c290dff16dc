package fact

import (
	"slices"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// Limits of attester classes.
const (
	// MembersMax is the most members of a class, and the most that one
	// operation adds or takes out.
	MembersMax = 256
	// ClassMax is the longest name of a class, without the handle, in bytes.
	ClassMax = 32
)

// GetClass returns an attester class, not to be changed, or NOT_FOUND.
func GetClass(r state.Reader, id string) (*pb.AttesterClass, error) {
	k, ok := Classes.Peek(r, state.Key(id))
	if !ok {
		return nil, op.Errorf(pb.Code_NOT_FOUND, "there is no attester class %.80q", id)
	}
	return k, nil
}

// InClass says whether a party belongs to an attester class. Nobody belongs to
// a class that is not there.
func InClass(r state.Reader, class, party string) bool {
	k, ok := Classes.Peek(r, state.Key(class))
	if !ok {
		return false
	}
	_, in := slices.BinarySearch(k.Members, party) // kept in order by SetAttesters
	return in
}

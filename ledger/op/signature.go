package op

import (
	"errors"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/sig"
)

// signatureCode numbers an error of package sig.
func signatureCode(err error) pb.Code {
	switch {
	case errors.Is(err, sig.ErrHighS):
		return pb.Code_HIGH_S
	case errors.Is(err, sig.ErrScheme), errors.Is(err, sig.ErrKey), errors.Is(err, sig.ErrLength),
		errors.Is(err, sig.ErrEncoding), errors.Is(err, sig.ErrSignature):
		return pb.Code_BAD_SIGNATURE
	}
	return pb.Code_BAD_ASSERTION
}

package party

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

// CanState says whether a signature by one of the attester's keys may carry a
// statement that somebody else brings to the ledger, as a device's fact. code
// is the operation that records it: the key must have it in scope, as if the
// attester had sent it. That the signature verifies is for the caller to
// establish. Errors: those of Authorise.
func CanState(c *op.Context, attester *pb.Party, s *pb.Signature, code uint32) error {
	if s == nil {
		return op.Errorf(pb.Code_BAD_SIGNATURE, "the statement of %s is not signed", attester.Id)
	}
	if err := checkAssertion(c, s); err != nil {
		return op.Errorf(pb.Code_BAD_ASSERTION, "the statement: %v", err)
	}
	_, err := authorise(c, inForce(attester, c.Now), []*pb.Signature{s}, []*pb.Operation{{Code: code}})
	return err
}

package council

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/sig"
)

// Possession is what a validator's key signs to prove that it is there and
// meant for a member on a chain. Without it, somebody could take a seat with a
// key that is not theirs, or with one that nobody has and that signs nothing.
// The prefix keeps the signature from being one of a transaction or of a vote
// in consensus.
func Possession(chainID, party string, validator []byte) []byte {
	b := make([]byte, 0, 32+len(chainID)+len(party)+len(validator))
	for _, part := range []string{"troth-validator/1", chainID, party} {
		b = append(append(b, part...), 0)
	}
	return append(b, validator...)
}

// checkPossession returns BAD_POSSESSION.
func checkPossession(c *op.Context, party string, validator, signature []byte) error {
	if err := sig.Verify(sig.Ed25519, validator, Possession(c.ChainID, party, validator), signature, nil); err != nil {
		return op.Errorf(pb.Code_BAD_POSSESSION, "possession is not the signature of %x for %s on chain %s: %v; make one with: troth validator possession", validator, party, c.ChainID, err)
	}
	return nil
}

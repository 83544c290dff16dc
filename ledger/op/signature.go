package op

import (
	"crypto/sha256"
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

// signersBytes is how long a body's `signers` is. Nobody can make other keys
// for it: that would be a second preimage of 128 bits.
const signersBytes = 16

// Signers is what a transaction's body says about who signs: half of SHA-256
// over the keys, each with its scheme, in the order of the signatures. Pass the
// keys, or the signatures themselves. Where one key ends is not said; its scheme
// does, for a key of another length verifies nothing.
//
// Signing the keys together with the operations leaves nobody on the way
// anything to change:
//
//   - A signature left out, added, or put in another order is refused by Decode,
//     before any state is read. Nothing is charged and the idempotency key stays
//     free. A count of signatures would do for the first two, and no more.
//   - A signature by another key in the place of one, be it a stranger's or
//     another of the party's own, is refused likewise. With a count alone, any
//     stranger could sign a body that he saw, and have it refused for his key.
//   - Another signature by the same key is possible: its holder can sign twice,
//     and anybody can turn the s of a passkey's, which authenticators give either
//     way. It is the same transaction, by the same keys, with the same outcome.
//   - A holder of one of the keys can spoil his own signature, as he can refuse
//     to sign: with one that doesn't verify, or a passkey used on a page that the
//     chain doesn't know.
//
// It costs 18 bytes however many sign, and the keys have to be known before the
// first of them signs: who signs in another's place needs a new body.
func Signers[K interface {
	GetScheme() pb.Scheme
	GetPublicKey() []byte
}](keys []K) []byte {
	var room [SignaturesMax * 34]byte // a byte and a compressed point each
	b := room[:0]
	for _, k := range keys {
		b = append(append(b, byte(schemeOf(k.GetScheme()))), k.GetPublicKey()...)
	}
	digest := sha256.Sum256(b)
	return digest[:signersBytes]
}

package sig

import (
	"fmt"

	"github.com/oasisprotocol/curve25519-voi/curve"
	"github.com/oasisprotocol/curve25519-voi/primitives/ed25519"
)

// zip215 makes every verifier, single or batched, use the same equation
// (with the cofactor) and the same decoding rules: ZIP-215. The rules of
// RFC 8032 leave both open, and implementations that chose differently
// have split ledgers.
var zip215 = &ed25519.Options{Verify: ed25519.VerifyOptionsZIP_215}

var errEd25519 = fmt.Errorf("%w (ed25519)", ErrSignature)

func checkEd25519Lengths(key, signature []byte) error {
	if len(key) != ed25519.PublicKeySize {
		return fmt.Errorf("%w: ed25519 key is %d bytes, want 32", ErrLength, len(key))
	}
	if len(signature) != ed25519.SignatureSize {
		return fmt.Errorf("%w: ed25519 signature is %d bytes, want 64", ErrLength, len(signature))
	}
	return nil
}

func verifyEd25519(key, message, signature []byte) error {
	if err := checkEd25519Lengths(key, signature); err != nil {
		return err
	}
	if !ed25519.VerifyWithOptions(key, message, signature, zip215) {
		return errEd25519
	}
	return nil
}

func validateEd25519(key []byte) error {
	if len(key) != ed25519.PublicKeySize {
		return fmt.Errorf("%w: ed25519 key is %d bytes, want 32", ErrLength, len(key))
	}
	var compressed curve.CompressedEdwardsY
	var point curve.EdwardsPoint
	copy(compressed[:], key)
	if _, err := point.SetCompressedY(&compressed); err != nil {
		return fmt.Errorf("%w: %x is not a point of edwards25519", ErrKey, key)
	}
	if !compressed.IsCanonicalVartime() {
		return fmt.Errorf("%w: %x is not the canonical encoding of its point", ErrKey, key)
	}
	if point.IsSmallOrder() {
		return fmt.Errorf("%w: %x is a point of small order", ErrKey, key)
	}
	return nil
}

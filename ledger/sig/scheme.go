package sig

import "fmt"

// Scheme says how a key signs. The numbers are part of the ledger's state and
// never change.
type Scheme uint8

const (
	Ed25519  Scheme = 1 // key 32 bytes, signature 64 bytes R || S
	P256     Scheme = 2 // key 33 bytes SEC 1 compressed, signature 64 bytes r || s, big-endian
	WebAuthn Scheme = 3 // key 33 bytes SEC 1 compressed, signature ASN.1 DER, with an [Assertion]
)

// String is the scheme's name as key files and the command line write it.
func (s Scheme) String() string {
	switch s {
	case Ed25519:
		return "ed25519"
	case P256:
		return "p256"
	case WebAuthn:
		return "webauthn"
	}
	return fmt.Sprintf("scheme(%d)", uint8(s))
}

// ParseScheme is the inverse of [Scheme.String]. It returns [ErrScheme].
func ParseScheme(name string) (Scheme, error) {
	for _, s := range []Scheme{Ed25519, P256, WebAuthn} {
		if s.String() == name {
			return s, nil
		}
	}
	return 0, fmt.Errorf("%w: %.40q, want ed25519, p256 or webauthn", ErrScheme, name)
}

// PublicKey is a key as the ledger stores it; see the schemes for the shape of
// Bytes.
type PublicKey struct {
	Scheme Scheme
	Bytes  []byte
}

// Validate says whether a key may be registered. It is stricter than
// verification, which follows ZIP-215 and SEC 1 and has to judge whatever key
// it is given. It returns [ErrScheme], [ErrLength] or [ErrKey].
//
// An Ed25519 key has to be the canonical encoding of a point (RFC 8032
// section 5.1.3) that is not of small order. Signatures by a small-order key
// hold for messages its owner never saw; a second encoding of a point would
// let one key count as two.
//
// A P-256 key has to be a compressed point on the curve (SEC 1 section 2.3.4),
// which excludes the point at infinity.
func (k PublicKey) Validate() error {
	switch k.Scheme {
	case Ed25519:
		return validateEd25519(k.Bytes)
	case P256, WebAuthn:
		_, err := parseP256(k.Bytes)
		return err
	}
	return unknownScheme(k.Scheme)
}

// Verify says whether signature is publicKey's signature of message. wa
// accompanies a [WebAuthn] signature and is nil for the others.
//
// It returns nil or an error wrapping one of this package's. For WebAuthn, nil
// means what it means for [VerifyWebAuthn]: [CheckPolicy] is still to be asked.
func Verify(scheme Scheme, publicKey, message, signature []byte, wa *Assertion) error {
	if scheme != WebAuthn && wa != nil {
		return fmt.Errorf("%w: %s signatures carry no WebAuthn assertion", ErrAssertion, scheme)
	}
	switch scheme {
	case Ed25519:
		return verifyEd25519(publicKey, message, signature)
	case P256:
		return verifyP256(publicKey, message, signature)
	case WebAuthn:
		return VerifyWebAuthn(publicKey, message, signature, wa)
	}
	return unknownScheme(scheme)
}

func unknownScheme(s Scheme) error {
	return fmt.Errorf("%w: %d, want 1 (ed25519), 2 (p256) or 3 (webauthn)", ErrScheme, uint8(s))
}

package sig

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/big"
)

const (
	scalarBytes        = 32              // a P-256 coordinate or scalar, big-endian
	rawBytes           = 2 * scalarBytes // r || s
	compressedKeyBytes = 1 + scalarBytes
)

var (
	// p256Order is n (SEC 2 section 2.4.2); p256HalfOrder is floor(n/2), the
	// largest s that counts as low.
	p256Order     = mustHex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
	p256HalfOrder = mustHex("7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8")
)

func mustHex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// parseP256 reads a compressed point (SEC 1 section 2.3.4).
func parseP256(key []byte) (*ecdsa.PublicKey, error) {
	if len(key) != compressedKeyBytes {
		return nil, fmt.Errorf("%w: P-256 key is %d bytes, want 33 (compressed)", ErrLength, len(key))
	}
	x, y := elliptic.UnmarshalCompressed(elliptic.P256(), key)
	if x == nil {
		return nil, fmt.Errorf("%w: %x is not a compressed point of P-256", ErrKey, key)
	}
	return &ecdsa.PublicKey{Curve: elliptic.P256(), X: x, Y: y}, nil
}

// verifyP256 checks a raw signature over SHA-256(message). Low-S is required
// so that a signature has one form: the ledger does not rely on it, but logs
// and caches of others may.
func verifyP256(key, message, signature []byte) error {
	if len(signature) != rawBytes {
		return fmt.Errorf("%w: P-256 signature is %d bytes, want 64 (r || s)", ErrLength, len(signature))
	}
	rs := [rawBytes]byte(signature)
	if err := checkRange(rs); err != nil {
		return err
	}
	if bytes.Compare(rs[scalarBytes:], p256HalfOrder) > 0 {
		return fmt.Errorf("%w: replace s by n-s", ErrHighS)
	}
	digest := sha256.Sum256(message)
	return verifyECDSA(key, digest, rs)
}

// verifyECDSA is the core both P-256 schemes share (SEC 1 section 4.1.4). rs
// is in range.
func verifyECDSA(key []byte, digest [32]byte, rs [rawBytes]byte) error {
	public, err := parseP256(key)
	if err != nil {
		return err
	}
	if !ecdsa.VerifyASN1(public, digest[:], encodeDER(rs)) {
		return fmt.Errorf("%w (P-256)", ErrSignature)
	}
	return nil
}

// checkRange requires r and s to be in [1, n-1] (SEC 1 section 4.1.4 step 1).
func checkRange(rs [rawBytes]byte) error {
	var zero [scalarBytes]byte
	for i, name := range [...]string{"r", "s"} {
		v := rs[i*scalarBytes : (i+1)*scalarBytes]
		if bytes.Equal(v, zero[:]) {
			return fmt.Errorf("%w: %s is 0, want 1 to n-1", ErrEncoding, name)
		}
		if bytes.Compare(v, p256Order) >= 0 {
			return fmt.Errorf("%w: %s is n or more, want 1 to n-1", ErrEncoding, name)
		}
	}
	return nil
}

// LowS returns the low-S form of a raw P-256 signature: s, or n-s if that is
// smaller. Both sign the same message. A client calls it before it submits,
// because WebCrypto and most libraries produce either form. It returns
// [ErrLength] or [ErrEncoding].
func LowS(raw []byte) ([]byte, error) {
	if len(raw) != rawBytes {
		return nil, fmt.Errorf("%w: P-256 signature is %d bytes, want 64 (r || s)", ErrLength, len(raw))
	}
	rs := [rawBytes]byte(raw)
	if err := checkRange(rs); err != nil {
		return nil, err
	}
	if s := rs[scalarBytes:]; bytes.Compare(s, p256HalfOrder) > 0 {
		n := new(big.Int).SetBytes(p256Order)
		n.Sub(n, new(big.Int).SetBytes(s)).FillBytes(s)
	}
	return rs[:], nil
}

// RawFromDER turns a DER ECDSA signature into r || s, 64 bytes, leaving s as it
// is. It returns [ErrEncoding].
func RawFromDER(der []byte) ([]byte, error) {
	rs, err := parseDER(der)
	if err != nil {
		return nil, err
	}
	return rs[:], nil
}

package keyfile

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/troth-ledger/troth/ledger/sig"
)

// Signer signs as one key. Its signatures are what [sig.Verify] expects of its
// scheme.
type Signer interface {
	Scheme() sig.Scheme
	Public() []byte // as in [sig.PublicKey]
	Sign(message []byte) ([]byte, error)
}

var _ Signer = (*Key)(nil)

// Key is a private key and what is known of it.
type Key struct {
	Party string // the party id the key belongs to; empty before it is registered
	Label string // what its owner calls it

	scheme sig.Scheme
	public []byte

	// Both are closures because package fmt prints unexported fields of a
	// struct within a struct, but only the address of a function.
	sign    func(message []byte) ([]byte, error)
	private func() []byte // 32 bytes: Ed25519 seed (RFC 8032) or P-256 scalar, big-endian
}

// Generate makes a new key with the system's randomness. The scheme is
// [sig.Ed25519] or [sig.P256]; the private key of a passkey never leaves its
// authenticator.
func Generate(scheme sig.Scheme, party, label string) (*Key, error) {
	var private []byte
	switch scheme {
	case sig.Ed25519:
		private = make([]byte, ed25519.SeedSize)
		if _, err := rand.Read(private); err != nil {
			return nil, err
		}
	case sig.P256:
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, err
		}
		if private, err = key.Bytes(); err != nil {
			return nil, err
		}
	}
	key, err := newKey(scheme, private)
	if err != nil {
		return nil, err
	}
	key.Party, key.Label = party, label
	return key, nil
}

var errPrivate = errors.New("the private key is not valid for its scheme")

// newKey makes a key of its 32 private bytes.
func newKey(scheme sig.Scheme, private []byte) (*Key, error) {
	private = bytes.Clone(private)
	k := &Key{scheme: scheme, private: func() []byte { return private }}
	switch scheme {
	case sig.Ed25519:
		if len(private) != ed25519.SeedSize {
			return nil, errPrivate
		}
		key := ed25519.NewKeyFromSeed(private)
		k.public = key[ed25519.SeedSize:]
		k.sign = func(message []byte) ([]byte, error) { return ed25519.Sign(key, message), nil }
	case sig.P256:
		key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), private)
		if err != nil {
			return nil, errPrivate // the library's error might tell of the key
		}
		point, err := key.PublicKey.Bytes()
		if err != nil {
			return nil, errPrivate
		}
		k.public = append([]byte{2 | point[64]&1}, point[1:33]...) // SEC 1 section 2.3.3
		k.sign = func(message []byte) ([]byte, error) { return signP256(key, message) }
	default:
		return nil, fmt.Errorf("a key file can't hold a %s key; want ed25519 or p256", scheme)
	}
	return k, nil
}

// signP256 signs SHA-256(message) and returns r || s with a low s.
func signP256(key *ecdsa.PrivateKey, message []byte) ([]byte, error) {
	digest := sha256.Sum256(message)
	der, err := ecdsa.SignASN1(rand.Reader, key, digest[:])
	if err != nil {
		return nil, err
	}
	raw, err := sig.RawFromDER(der)
	if err != nil {
		return nil, err
	}
	return sig.LowS(raw)
}

// Scheme is [sig.Ed25519] or [sig.P256].
func (k *Key) Scheme() sig.Scheme { return k.scheme }

// Public returns the public key: 32 bytes for Ed25519, 33 (SEC 1 compressed)
// for P-256. The caller may keep it.
func (k *Key) Public() []byte { return bytes.Clone(k.public) }

// Sign signs message: 64 bytes, R || S for Ed25519 (RFC 8032), r || s with a
// low s for P-256 over SHA-256(message).
func (k *Key) Sign(message []byte) ([]byte, error) { return k.sign(message) }

// String is the scheme and the public key in hexadecimal.
func (k *Key) String() string { return k.scheme.String() + ":" + hex.EncodeToString(k.public) }

// Format prints [Key.String] whatever the verb, so that no way of printing a
// key shows more.
func (k *Key) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, k.String()) }

// MarshalText makes JSON and structured logs show [Key.String].
func (k *Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

package sim

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/sig"
)

// newKey makes an Ed25519 key with the role OWNER that nobody has.
func (w *world) newKey() *pb.Key {
	w.serial++
	var seed [ed25519.SeedSize]byte
	binary.BigEndian.PutUint64(seed[:], w.serial)
	k := ed25519.NewKeyFromSeed(seed[:])
	public := k.Public().(ed25519.PublicKey)
	w.keys[string(public)] = k
	return &pb.Key{Scheme: pb.Scheme_ED25519, PublicKey: public, Role: pb.KeyRole_OWNER}
}

// anyKey is newKey of one of the schemes.
func (w *world) anyKey() *pb.Key {
	scheme := among(w, pb.Scheme_ED25519, pb.Scheme_ED25519, pb.Scheme_P256, pb.Scheme_WEBAUTHN)
	if scheme == pb.Scheme_ED25519 {
		return w.newKey()
	}
	w.serial++
	var scalar [32]byte
	binary.BigEndian.PutUint64(scalar[:], w.serial)
	k, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar[:])
	check(err)
	uncompressed, err := k.PublicKey.Bytes()
	check(err)
	public := append([]byte{2 + uncompressed[64]&1}, uncompressed[1:33]...) // SEC 1 section 2.3.3
	w.keys[string(public)] = k
	return &pb.Key{Scheme: scheme, PublicKey: public, Role: pb.KeyRole_OWNER}
}

// sign makes a signature that verifies, the same each time.
func (w *world) sign(k *pb.Key, message []byte) *pb.Signature {
	s := &pb.Signature{Scheme: k.Scheme, PublicKey: k.PublicKey}
	private, digest, hash := w.keys[string(k.PublicKey)], message, crypto.Hash(0)
	if k.Scheme != pb.Scheme_ED25519 {
		if k.Scheme == pb.Scheme_WEBAUTHN {
			s.Webauthn = assertion(message, wallet)
			client := sha256.Sum256(s.Webauthn.ClientDataJson)
			message = append(s.Webauthn.AuthenticatorData[:len(s.Webauthn.AuthenticatorData):len(s.Webauthn.AuthenticatorData)], client[:]...)
		}
		sum := sha256.Sum256(message)
		digest, hash = sum[:], crypto.SHA256
	}
	var err error
	s.Signature, err = private.Sign(nil, digest, hash) // without chance: RFC 6979
	check(err)
	if k.Scheme == pb.Scheme_P256 {
		s.Signature, err = sig.RawFromDER(s.Signature)
		check(err)
		s.Signature, err = sig.LowS(s.Signature)
		check(err)
	}
	return s
}

// wallet is the origin at which passkeys are used; the parameters allow it.
const wallet = "http://localhost:8700"

// assertion is what a passkey used on a page says beside its signature of a
// message.
func assertion(message []byte, origin string) *pb.WebAuthnAssertion {
	const present, verified = 1, 4
	challenge := sha256.Sum256(message)
	_, host, _ := strings.Cut(origin, "://")
	host, _, _ = strings.Cut(host, ":")
	site := sha256.Sum256([]byte(host))
	return &pb.WebAuthnAssertion{
		AuthenticatorData: append(site[:], present|verified, 0, 0, 0, 0),
		ClientDataJson: fmt.Appendf(nil, `{"type":"webauthn.get","challenge":%q,"origin":%q,"crossOrigin":false}`,
			base64.RawURLEncoding.EncodeToString(challenge[:]), origin),
	}
}

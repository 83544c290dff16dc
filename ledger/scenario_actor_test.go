package ledger_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/party"
)

// actor is somebody in a story.
type actor struct {
	name string
	id   string
	salt []byte
}

// newActor makes the party whose first key is the Ed25519 key `name/main`, and
// which the registrar registers, if there is one.
func newActor(name, registrar string) *actor {
	salt := sha256.Sum256([]byte("salt of " + name))
	k := newKey(name+"/main", pb.Scheme_ED25519)
	return &actor{name: name, salt: salt[:16], id: party.ID(pb.Scheme_ED25519, k.public, salt[:16], registrar)}
}

// key is a private key made from its name: the same story has the same keys.
type key struct {
	name   string
	scheme pb.Scheme
	public []byte
	ed     ed25519.PrivateKey
	ec     *ecdsa.PrivateKey
}

func newKey(name string, scheme pb.Scheme) *key {
	seed := sha256.Sum256([]byte("key of " + name))
	k := &key{name: name, scheme: scheme}
	if scheme == pb.Scheme_ED25519 {
		k.ed = ed25519.NewKeyFromSeed(seed[:])
		k.public = k.ed.Public().(ed25519.PublicKey)
		return k
	}
	ec, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), seed[:])
	if err != nil {
		panic(err)
	}
	k.ec = ec
	point, err := ec.PublicKey.Bytes()
	if err != nil {
		panic(err)
	}
	k.public = append([]byte{2 + point[64]&1}, point[1:33]...)
	return k
}

// forgery is what is wrong with a signature.
type forgery struct {
	tampered bool   // one bit is flipped
	highS    bool   // P-256: the other of the two signatures
	origin   string // WebAuthn: made on this page
}

// named is a signature with all but what is signed: whose it will be.
func (k *key) named() *pb.Signature { return &pb.Signature{Scheme: k.scheme, PublicKey: k.public} }

// sign signs as the key's scheme wants it.
func (k *key) sign(message []byte, f forgery) *pb.Signature {
	s := k.named()
	switch k.scheme {
	case pb.Scheme_ED25519:
		s.Signature = ed25519.Sign(k.ed, message)
	case pb.Scheme_P256:
		r, sv := k.ecdsa(sha256.Sum256(message))
		half := new(big.Int).Rsh(elliptic.P256().Params().N, 1)
		if high := sv.Cmp(half) > 0; high != f.highS {
			sv.Sub(elliptic.P256().Params().N, sv)
		}
		s.Signature = append(r.FillBytes(make([]byte, 32)), sv.FillBytes(make([]byte, 32))...)
	case pb.Scheme_WEBAUTHN:
		k.assert(s, message, f)
	}
	if f.tampered {
		s.Signature[len(s.Signature)-1] ^= 1
	}
	return s
}

// assert signs as a passkey on the wallet's page does.
func (k *key) assert(s *pb.Signature, message []byte, f forgery) {
	origin := f.origin
	if origin == "" {
		origin = "http://localhost:8700"
	}
	challenge := sha256.Sum256(message)
	client, err := json.Marshal(struct {
		Type        string `json:"type"`
		Challenge   string `json:"challenge"`
		Origin      string `json:"origin"`
		CrossOrigin bool   `json:"crossOrigin"`
	}{"webauthn.get", base64.RawURLEncoding.EncodeToString(challenge[:]), origin, false})
	if err != nil {
		panic(err)
	}
	rp := sha256.Sum256([]byte("localhost"))
	auth := append(rp[:], 0x05, 0, 0, 0, 0) // present, verified; no counter
	hash := sha256.Sum256(client)
	r, sv := k.ecdsa(sha256.Sum256(append(append([]byte{}, auth...), hash[:]...)))
	s.Signature, err = asn1.Marshal(struct{ R, S *big.Int }{r, sv})
	if err != nil {
		panic(err)
	}
	s.Webauthn = &pb.WebAuthnAssertion{AuthenticatorData: auth, ClientDataJson: client}
}

// ecdsa signs a digest the same way each time (RFC 6979).
func (k *key) ecdsa(digest [32]byte) (r, s *big.Int) {
	der, err := k.ec.Sign(nil, digest[:], crypto.SHA256)
	if err != nil {
		panic(fmt.Sprintf("signing with %s: %v", k.name, err))
	}
	var rs struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &rs); err != nil {
		panic(err)
	}
	return rs.R, rs.S
}

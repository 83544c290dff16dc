package sig

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"
)

type ceremony struct {
	Name           string
	RPID           string `json:"rp_id"`
	Origin         string
	Registration   registration
	Authentication authentication
}

type registration struct {
	PrivateKey        hexBytes `json:"credential_private_key"`
	CredentialID      hexBytes `json:"credential_id"`
	AttestationObject hexBytes
}

type authentication struct {
	Challenge, AuthenticatorData, ClientDataJSON, Signature hexBytes
}

func readCeremonies(t *testing.T) []ceremony {
	var file struct{ Vectors []ceremony }
	readVectors(t, "webauthn/es256.json", &file)
	if len(file.Vectors) == 0 {
		t.Fatal("no vectors in the file")
	}
	return file.Vectors
}

func TestWebAuthnVectors(t *testing.T) {
	for _, v := range readCeremonies(t) {
		t.Run(v.Name, func(t *testing.T) {
			key := checkRegistration(t, v)
			a := v.Authentication
			wa := &Assertion{a.AuthenticatorData, a.ClientDataJSON}

			// Everything is signed properly; what is refused is what was asked for.
			if err := verifyDER(key, signedDigest(wa), a.Signature); err != nil {
				t.Errorf("signature: %v", err)
			}
			want := error(nil)
			switch client := string(a.ClientDataJSON); {
			case strings.Contains(client, `"crossOrigin":true`):
				want = ErrCrossOrigin
			case a.AuthenticatorData[32]&byte(flagUserVerified) == 0:
				want = ErrUserVerified
			}
			if err := VerifyWebAuthnChallenge(key, a.Challenge, a.Signature, wa); !errors.Is(err, want) {
				t.Errorf("assertion: %v, want %v", err, want)
			}
			want = nil
			if strings.Contains(string(a.ClientDataJSON), `"topOrigin"`) {
				want = ErrTopOrigin
			}
			policy := Policy{[]string{v.Origin}, [][32]byte{sha256.Sum256([]byte(v.RPID))}}
			if err := CheckPolicy(wa, policy); !errors.Is(err, want) {
				t.Errorf("policy: %v, want %v", err, want)
			}
			checkAltered(t, v, key)
		})
	}
}

// checkRegistration parses the attestation and compares it with the private
// key the vector gives.
func checkRegistration(t *testing.T, v ceremony) []byte {
	t.Helper()
	id, key, rpIDHash, err := ParseAttestation(v.Registration.AttestationObject)
	if err != nil {
		t.Fatalf("attestation: %v", err)
	}
	if !bytes.Equal(id, v.Registration.CredentialID) {
		t.Errorf("credential id %x, want %x", id, v.Registration.CredentialID)
	}
	if want := sha256.Sum256([]byte(v.RPID)); rpIDHash != want {
		t.Errorf("relying party id hash %x, want %x", rpIDHash, want)
	}
	private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), v.Registration.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	point, err := private.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if want, err := compressPoint(point[1:33], point[33:]); err != nil || !bytes.Equal(key, want) {
		t.Errorf("key %x, want %x (%v)", key, want, err)
	}
	if err := (PublicKey{WebAuthn, key}).Validate(); err != nil {
		t.Error(err)
	}
	for n := range v.Registration.AttestationObject {
		if _, _, _, err := ParseAttestation(v.Registration.AttestationObject[:n]); err == nil {
			t.Fatalf("attestation cut to %d bytes is accepted", n)
		}
	}
	return key
}

// checkAltered flips each bit of what is signed and of the signature: none
// may verify.
func checkAltered(t *testing.T, v ceremony, key []byte) {
	t.Helper()
	a := v.Authentication
	for _, part := range []hexBytes{a.AuthenticatorData, a.ClientDataJSON, a.Signature, a.Challenge} {
		for i := range part {
			part[i] ^= 1 << (i % 8)
			wa := &Assertion{a.AuthenticatorData, a.ClientDataJSON}
			if err := VerifyWebAuthnChallenge(key, a.Challenge, a.Signature, wa); err == nil {
				t.Errorf("byte %d altered, and accepted", i)
			}
			part[i] ^= 1 << (i % 8)
		}
	}
}

package sig

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// passkey is an authenticator and a browser for tests.
type passkey struct {
	private *ecdsa.PrivateKey
	public  []byte
}

func newPasskey(t testing.TB) passkey {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := private.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	public, err := compressPoint(point[1:33], point[33:])
	if err != nil {
		t.Fatal(err)
	}
	return passkey{private, public}
}

// sign signs an assertion as it stands, sound or not.
func (p passkey) sign(t testing.TB, wa *Assertion) []byte {
	t.Helper()
	digest := signedDigest(wa)
	signature, err := ecdsa.SignASN1(rand.Reader, p.private, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return signature
}

const testOrigin = "https://wallet.example"

func challengeOf(body []byte) string {
	digest := sha256.Sum256(body)
	return base64.RawURLEncoding.EncodeToString(digest[:])
}

func clientJSON(body []byte) string {
	return fmt.Sprintf(`{"type":"webauthn.get","challenge":%q,"origin":%q,"crossOrigin":false}`, challengeOf(body), testOrigin)
}

func authBytes(f flags, more ...byte) []byte {
	id := sha256.Sum256([]byte("wallet.example"))
	return append(append(id[:], byte(f), 0, 0, 0, 7), more...)
}

var testPolicy = Policy{
	Origins:    []string{"https://console.example", testOrigin},
	RPIDHashes: [][32]byte{sha256.Sum256([]byte("wallet.example"))},
}

const present = flagUserPresent | flagUserVerified

// TestWebAuthnClientData signs each clientDataJSON properly, so that only the
// rule in question can refuse it.
func TestWebAuthnClientData(t *testing.T) {
	key, body := newPasskey(t), []byte("a body")
	good, ch := clientJSON(body), challengeOf(body)
	with := func(member string) string { return strings.TrimSuffix(good, "}") + "," + member + "}" }
	for _, c := range []struct {
		name, client   string
		verify, policy error
	}{
		{"as browsers write it", good, nil, nil},
		{"byte order mark", "\uFEFF" + good, nil, nil},
		{"two byte order marks", "\uFEFF\uFEFF" + good, ErrClientData, ErrClientData},
		{"white space", " \r\n\t" + good + "\n", nil, nil},
		{"no crossOrigin", strings.Replace(good, `,"crossOrigin":false`, "", 1), nil, nil},
		{"more members", with(`"a":[1,-0.5e+3,{"type":"x"}],"b":null,"é":"\ud83d\ude00"`), nil, nil},
		{"escaped member name", strings.Replace(good, `"type"`, `"t\u0079pe"`, 1), nil, nil},
		{"unread member twice", with(`"x":1,"x":2`), nil, nil},
		{"read member twice", with(`"origin":"` + testOrigin + `"`), ErrClientData, ErrClientData},
		{"read member twice, escaped", with(`"\u006frigin":"https://a.example"`), ErrClientData, ErrClientData},
		{"member name in capitals", strings.Replace(good, `"type"`, `"Type"`, 1), ErrClientData, ErrClientData},
		{"registration", strings.Replace(good, "webauthn.get", "webauthn.create", 1), ErrType, nil},
		{"other body", clientJSON([]byte("another")), ErrChallenge, nil},
		{"padded challenge", strings.Replace(good, ch, ch+"=", 1), ErrChallenge, nil},
		{"standard base64", strings.Replace(good, ch, strings.NewReplacer("-", "+", "_", "/").Replace(ch)+" ", 1), ErrChallenge, nil},
		{"empty challenge", strings.Replace(good, ch, "", 1), ErrChallenge, nil},
		{"cross origin", strings.Replace(good, "false", "true", 1), ErrCrossOrigin, nil},
		{"cross origin as text", strings.Replace(good, "false", `"false"`, 1), ErrClientData, ErrClientData},
		{"cross origin null", strings.Replace(good, "false", "null", 1), ErrClientData, ErrClientData},
		{"other origin", strings.Replace(good, testOrigin, "https://wallet.example.evil", 1), nil, ErrOrigin},
		{"origin with a slash", strings.Replace(good, testOrigin, testOrigin+"/", 1), nil, ErrOrigin},
		{"origin in capitals", strings.Replace(good, testOrigin, "https://Wallet.example", 1), nil, ErrOrigin},
		{"top origin", with(`"topOrigin":"https://shop.example"`), nil, ErrTopOrigin},
		{"top origin empty", with(`"topOrigin":""`), nil, ErrTopOrigin},
		{"top origin allowed", with(`"topOrigin":"https://console.example"`), nil, nil},
		{"top origin not text", with(`"topOrigin":null`), ErrClientData, ErrClientData},
		{"no type", `{"challenge":"` + ch + `","origin":"` + testOrigin + `"}`, ErrClientData, ErrClientData},
		{"not an object", `["type"]`, ErrClientData, ErrClientData},
		{"nothing", "", ErrClientData, ErrClientData},
		{"two objects", good + good, ErrClientData, ErrClientData},
		{"comma at the end", strings.TrimSuffix(good, "}") + ",}", ErrClientData, ErrClientData},
		{"not UTF-8", with("\"x\":\"\xff\""), ErrClientData, ErrClientData},
		{"half a surrogate pair", with(`"x":"\ud83d"`), ErrClientData, ErrClientData},
		{"too deep", with(`"x":` + strings.Repeat("[", 20) + strings.Repeat("]", 20)), ErrClientData, ErrClientData},
		{"2 KiB", good + strings.Repeat(" ", 2048-len(good)), nil, nil},
		{"2 KiB and a byte", good + strings.Repeat(" ", 2049-len(good)), ErrLength, ErrLength},
	} {
		wa := &Assertion{authBytes(present), []byte(c.client)}
		if err := VerifyWebAuthn(key.public, body, key.sign(t, wa), wa); !errors.Is(err, c.verify) {
			t.Errorf("%s: %v, want %v", c.name, err, c.verify)
		}
		if err := CheckPolicy(wa, testPolicy); !errors.Is(err, c.policy) {
			t.Errorf("%s: policy: %v, want %v", c.name, err, c.policy)
		}
	}
}

func TestWebAuthnAuthenticatorData(t *testing.T) {
	key, body := newPasskey(t), []byte("a body")
	ext := present | flagExtensions
	long := append([]byte{0xa1, 0x61, 'x', 0x59, 0x03, 0xd4}, make([]byte, 980)...) // 986 bytes
	for _, c := range []struct {
		name string
		auth []byte
		want error
	}{
		{"present and verified", authBytes(present), nil},
		{"reserved flags", authBytes(present | 1<<1 | 1<<5), nil},
		{"backup eligible", authBytes(present | flagBackupEligible), nil},
		{"backed up", authBytes(present | flagBackupEligible | flagBackedUp), nil},
		{"backed up, not eligible", authBytes(present | flagBackedUp), ErrBackup},
		{"not present", authBytes(flagUserVerified), ErrUserPresent},
		{"not verified", authBytes(flagUserPresent), ErrUserVerified},
		{"neither", authBytes(0), ErrUserPresent},
		{"extensions", authBytes(ext, 0xa1, 0x61, 'x', 0xf5), nil},
		{"no extensions, with the flag", authBytes(ext), ErrAuthData},
		{"extensions, no flag", authBytes(present, 0xa0), ErrAuthData},
		{"extensions not a map", authBytes(ext, 0x80), ErrAuthData},
		{"extensions cut", authBytes(ext, 0xa1, 0x61, 'x'), ErrAuthData},
		{"bytes after extensions", authBytes(ext, 0xa0, 0), ErrAuthData},
		{"attested data", authBytes(present | flagAttested), ErrAuthData},
		{"short", authBytes(present)[:36], ErrAuthData},
		{"empty", nil, ErrAuthData},
		{"1 KiB", authBytes(ext, append(long, 0)[:986]...), nil},
		{"over 1 KiB", authBytes(ext, append(long, 0, 0)...), ErrLength},
	} {
		wa := &Assertion{c.auth, []byte(clientJSON(body))}
		if err := VerifyWebAuthn(key.public, body, key.sign(t, wa), wa); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	other := sha256.Sum256([]byte("wallet.example.evil"))
	wa := &Assertion{append(other[:], authBytes(present)[32:]...), []byte(clientJSON(body))}
	if err := CheckPolicy(wa, testPolicy); !errors.Is(err, ErrRPID) {
		t.Errorf("other relying party: %v", err)
	}
	if err := CheckPolicy(wa, Policy{}); !errors.Is(err, ErrOrigin) {
		t.Errorf("empty policy: %v", err)
	}
}

// TestWebAuthnEitherS: authenticators emit either, and both are one assertion.
func TestWebAuthnEitherS(t *testing.T) {
	key, body := newPasskey(t), []byte("a body")
	wa := &Assertion{authBytes(present), []byte(clientJSON(body))}
	raw, err := RawFromDER(key.sign(t, wa))
	if err != nil {
		t.Fatal(err)
	}
	low, err := LowS(raw)
	if err != nil {
		t.Fatal(err)
	}
	high := negateS(low)
	for _, rs := range [][]byte{low, high} {
		if err := VerifyWebAuthn(key.public, body, encodeDER([64]byte(rs)), wa); err != nil {
			t.Error(err)
		}
	}
	if again, err := LowS(high); err != nil || !bytes.Equal(again, low) {
		t.Errorf("LowS(high) = %x, %v, want %x", again, err, low)
	}
	if err := VerifyWebAuthn(key.public, body, low, wa); !errors.Is(err, ErrEncoding) {
		t.Errorf("raw signature: %v", err)
	}
	if err := VerifyWebAuthn(newPasskey(t).public, body, encodeDER([64]byte(low)), wa); !errors.Is(err, ErrSignature) {
		t.Errorf("other key: %v", err)
	}
}

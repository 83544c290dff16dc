package sig

import (
	"bytes"
	"crypto/ecdsa"
	stded25519 "crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math/big"
	"testing"
)

func negateS(raw []byte) []byte {
	out := bytes.Clone(raw)
	n := new(big.Int).SetBytes(p256Order)
	n.Sub(n, new(big.Int).SetBytes(raw[32:])).FillBytes(out[32:])
	return out
}

// signedItem signs message with a fresh key of the scheme.
func signedItem(t testing.TB, scheme Scheme, message []byte) item {
	t.Helper()
	if scheme == Ed25519 {
		public, private, err := stded25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return item{Ed25519, public, message, stded25519.Sign(private, message), nil}
	}
	key := newPasskey(t)
	if scheme == WebAuthn {
		wa := &Assertion{authBytes(present), []byte(clientJSON(message))}
		return item{WebAuthn, key.public, message, key.sign(t, wa), wa}
	}
	digest := sha256.Sum256(message)
	der, err := ecdsa.SignASN1(rand.Reader, key.private, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	raw, err := RawFromDER(der)
	if err != nil {
		t.Fatal(err)
	}
	low, err := LowS(raw)
	if err != nil {
		t.Fatal(err)
	}
	return item{P256, key.public, message, low, nil}
}

func TestVerify(t *testing.T) {
	m := []byte("a message")
	ed, p, w := signedItem(t, Ed25519, m), signedItem(t, P256, m), signedItem(t, WebAuthn, m)
	change := func(it item, f func(*item)) item { f(&it); return it }
	for name, c := range map[string]struct {
		it   item
		want error
	}{
		"ed25519":                {ed, nil},
		"p256":                   {p, nil},
		"webauthn":               {w, nil},
		"ed25519 other message":  {change(ed, func(i *item) { i.message = []byte("x") }), ErrSignature},
		"p256 other message":     {change(p, func(i *item) { i.message = []byte("x") }), ErrSignature},
		"webauthn other message": {change(w, func(i *item) { i.message = []byte("x") }), ErrChallenge},
		"ed25519 short key":      {change(ed, func(i *item) { i.key = i.key[:31] }), ErrLength},
		"ed25519 long signature": {change(ed, func(i *item) { i.signature = append(bytes.Clone(i.signature), 0) }), ErrLength},
		"p256 long signature":    {change(p, func(i *item) { i.signature = append(bytes.Clone(i.signature), 0) }), ErrLength},
		"p256 high s":            {change(p, func(i *item) { i.signature = negateS(i.signature) }), ErrHighS},
		"p256 zero r":            {change(p, func(i *item) { i.signature = append(make([]byte, 32), i.signature[32:]...) }), ErrEncoding},
		"p256 zero s":            {change(p, func(i *item) { i.signature = append(bytes.Clone(i.signature[:32]), make([]byte, 32)...) }), ErrEncoding},
		"p256 r is n":            {change(p, func(i *item) { i.signature = append(bytes.Clone(p256Order), i.signature[32:]...) }), ErrEncoding},
		"p256 key of 65 bytes":   {change(p, func(i *item) { i.key = make([]byte, 65) }), ErrLength},
		"p256 key off the curve": {change(p, func(i *item) { i.key = append([]byte{2}, bytes.Repeat([]byte{0xff}, 32)...) }), ErrKey},
		"webauthn, no assertion": {change(w, func(i *item) { i.assertion = nil }), ErrAssertion},
		"p256 with an assertion": {change(p, func(i *item) { i.assertion = w.assertion }), ErrAssertion},
		"ed25519 with one":       {change(ed, func(i *item) { i.assertion = w.assertion }), ErrAssertion},
		"scheme 0":               {change(ed, func(i *item) { i.scheme = 0 }), ErrScheme},
		"scheme 4":               {change(ed, func(i *item) { i.scheme = 4 }), ErrScheme},
		"empty everything":       {item{scheme: Ed25519}, ErrLength},
	} {
		if err := c.it.verify(); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestValidate(t *testing.T) {
	ed, p := signedItem(t, Ed25519, nil).key, signedItem(t, P256, nil).key
	unhex := func(s string) []byte { b, _ := hex.DecodeString(s); return b }
	zeros := "00000000000000000000000000000000000000000000000000000000000000"
	for name, c := range map[string]struct {
		key  PublicKey
		want error
	}{
		"ed25519":             {PublicKey{Ed25519, ed}, nil},
		"p256":                {PublicKey{P256, p}, nil},
		"webauthn":            {PublicKey{WebAuthn, p}, nil},
		"no scheme":           {PublicKey{0, ed}, ErrScheme},
		"ed25519 short":       {PublicKey{Ed25519, ed[:31]}, ErrLength},
		"ed25519 identity":    {PublicKey{Ed25519, unhex("01" + zeros)}, ErrKey},
		"ed25519 order 4":     {PublicKey{Ed25519, unhex("00" + zeros)}, ErrKey},
		"ed25519 order 8":     {PublicKey{Ed25519, unhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")}, ErrKey},
		"ed25519 no point":    {PublicKey{Ed25519, unhex("02" + zeros)}, ErrKey},
		"ed25519 y is p + 3":  {PublicKey{Ed25519, unhex("f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")}, ErrKey},
		"p256 infinity":       {PublicKey{P256, make([]byte, 33)}, ErrKey},
		"p256 as ed25519":     {PublicKey{Ed25519, p}, ErrLength},
		"p256 wrong prefix":   {PublicKey{P256, append([]byte{4}, p[1:]...)}, ErrKey},
		"p256 x is p or more": {PublicKey{P256, append([]byte{2}, bytes.Repeat([]byte{0xff}, 32)...)}, ErrKey},
	} {
		if err := c.key.Validate(); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestParseScheme(t *testing.T) {
	for _, s := range []Scheme{Ed25519, P256, WebAuthn} {
		if got, err := ParseScheme(s.String()); err != nil || got != s {
			t.Errorf("%s: %v, %v", s, got, err)
		}
	}
	if _, err := ParseScheme("rsa"); !errors.Is(err, ErrScheme) {
		t.Error(err)
	}
}

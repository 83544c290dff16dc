package sig

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/asn1"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzClientData compares with encoding/json: what is accepted here is JSON
// there and means the same.
func FuzzClientData(f *testing.F) {
	good := clientJSON([]byte("body"))
	for _, s := range []string{good, "{}", `{"type":"","challenge":"","origin":"","topOrigin":"\ud83d\ude00"}`,
		good[:len(good)-1] + `,"a":[1,-2.5e-3,null,true,{"b":{}}]}`, "\uFEFF" + good} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := parseClientData(data)
		if err != nil {
			if !errors.Is(err, ErrClientData) && !errors.Is(err, ErrLength) {
				t.Fatalf("error of no kind: %v", err)
			}
			return
		}
		var want map[string]any
		if err := json.Unmarshal(bytes.TrimPrefix(data, []byte("\uFEFF")), &want); err != nil {
			t.Fatalf("encoding/json refuses it: %v", err)
		}
		top, hasTop := want["topOrigin"]
		cross, _ := want["crossOrigin"].(bool)
		if want["type"] != got.typ || want["challenge"] != got.challenge || want["origin"] != got.origin ||
			hasTop != got.hasTopOrigin || hasTop && top != got.topOrigin || cross != got.crossOrigin {
			t.Fatalf("read %+v, encoding/json %v", got, want)
		}
	})
}

// FuzzJSON compares the grammar with encoding/json, both ways.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{}`, `[1,2]`, `"a\u00e9"`, `-0.0e+1`, `01`, `nul`, ` true `, `{"a":}`, "\"\x1f\""} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if !utf8.Valid(data) {
			return
		}
		r := jsonReader{data: data}
		err := r.skip(0)
		if err == nil {
			err = r.end()
		}
		// The two differences, both on purpose.
		if err != nil && (strings.Contains(err.Error(), "nested") || strings.Contains(err.Error(), "surrogate")) {
			return
		}
		if valid := json.Valid(data); valid != (err == nil) {
			t.Fatalf("encoding/json says %v, this %v", valid, err)
		}
	})
}

func FuzzAuthenticatorData(f *testing.F) {
	f.Add(authBytes(present))
	f.Add(authBytes(present|flagExtensions, 0xa1, 0x61, 'x', 0xf5))
	f.Fuzz(func(t *testing.T, data []byte) {
		auth, err := parseAssertionData(data)
		if err != nil {
			if !errors.Is(err, ErrAuthData) && !errors.Is(err, ErrLength) {
				t.Fatalf("error of no kind: %v", err)
			}
			return
		}
		if !bytes.HasPrefix(data, auth.rpIDHash[:]) || len(auth.rest) != len(data)-authHeaderBytes {
			t.Fatalf("read %+v", auth)
		}
		if (len(auth.rest) > 0) != (auth.flags&flagExtensions != 0) {
			t.Fatalf("flags %#x and %d bytes of extensions", auth.flags, len(auth.rest))
		}
	})
}

func FuzzAttestation(f *testing.F) {
	f.Add(testAttestation(f))
	f.Add([]byte{0xa0})
	f.Fuzz(func(t *testing.T, data []byte) {
		id, key, rpIDHash, err := ParseAttestation(data)
		if err != nil {
			return
		}
		if len(id) == 0 || !bytes.Contains(data, id) || !bytes.Contains(data, rpIDHash[:]) {
			t.Fatalf("id %x, rpIDHash %x", id, rpIDHash)
		}
		if err := (PublicKey{WebAuthn, key}).Validate(); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzCBOR: an item that is passed over ends where it should, and no other
// prefix of it is an item.
func FuzzCBOR(f *testing.F) {
	f.Add([]byte{0xa1, 0x01, 0x82, 0x20, 0xf6})
	f.Add([]byte{0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Add([]byte{0xbb, 0x80, 0, 0, 0, 0, 0, 0, 1, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		r := cborReader{rest: data}
		if r.skip(0) != nil {
			return
		}
		used := data[:len(data)-len(r.rest)]
		for n := range min(len(used), 64) {
			if short := (cborReader{rest: used[:n]}); short.skip(0) == nil {
				t.Fatalf("%x is an item, and so are its first %d bytes", used, n)
			}
		}
	})
}

// FuzzDER: what is accepted is the one encoding of its pair, and encoding/asn1
// reads the same pair from it.
func FuzzDER(f *testing.F) {
	f.Add(encodeDER([64]byte{31: 1, 63: 1}))
	f.Add(encodeDER([64]byte{0: 0xff, 63: 0x80}))
	f.Add([]byte{0x30, 0x06, 0x02, 0x01, 0x00, 0x02, 0x01, 0x01})
	n := elliptic.P256().Params().N
	f.Fuzz(func(t *testing.T, der []byte) {
		rs, err := parseDER(der)
		var want struct{ R, S *big.Int }
		rest, wantErr := asn1.Unmarshal(der, &want)
		sound := wantErr == nil && len(rest) == 0 && want.R.Sign() > 0 && want.S.Sign() > 0 &&
			want.R.Cmp(n) < 0 && want.S.Cmp(n) < 0
		if err != nil {
			if canonical, e := asn1.Marshal(want); sound && e == nil && bytes.Equal(canonical, der) {
				t.Fatalf("%x: refused (%v), but sound", der, err)
			}
			return
		}
		if !sound || want.R.Cmp(new(big.Int).SetBytes(rs[:32])) != 0 || want.S.Cmp(new(big.Int).SetBytes(rs[32:])) != 0 {
			t.Fatalf("%x: read %x, encoding/asn1 %v (%v)", der, rs, want, wantErr)
		}
		if again := encodeDER(rs); !bytes.Equal(again, der) {
			t.Fatalf("%x: encodes as %x", der, again)
		}
	})
}

// FuzzP256Key: any key is judged without a panic, and compresses to itself.
func FuzzP256Key(f *testing.F) {
	f.Add(newPasskey(f).public)
	f.Fuzz(func(t *testing.T, key []byte) {
		public, err := parseP256(key)
		if err != nil {
			return
		}
		point, err := (*ecdsa.PublicKey)(public).Bytes()
		if err != nil {
			t.Fatal(err)
		}
		if again, err := compressPoint(point[1:33], point[33:]); err != nil || !bytes.Equal(again, key) {
			t.Fatalf("%x: compresses to %x (%v)", key, again, err)
		}
	})
}

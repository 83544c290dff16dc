package carrier

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Verify says whether a body was signed with one of the secrets, in constant
// time.
func (f Format) Verify(h http.Header, body []byte, secrets [][]byte) bool {
	got, ok := f.signature(h)
	if !ok {
		return false
	}
	valid := false
	for _, s := range secrets {
		if f == EasyPost {
			s = norm.NFKD.Bytes(s)
		}
		mac := hmac.New(sha256.New, s)
		mac.Write(body)
		valid = hmac.Equal(mac.Sum(nil), got) || valid
	}
	return valid
}

// signature reads the header that carries it: base64 for AfterShip, hexadecimal
// after hmac-sha256-hex= for EasyPost.
func (f Format) signature(h http.Header) ([]byte, bool) {
	if f == AfterShip {
		b, err := base64.StdEncoding.DecodeString(h.Get("Aftership-Hmac-Sha256"))
		return b, err == nil && len(b) == sha256.Size
	}
	s, ok := strings.CutPrefix(h.Get("X-Hmac-Signature"), "hmac-sha256-hex=")
	b, err := hex.DecodeString(s)
	return b, ok && err == nil && len(b) == sha256.Size
}

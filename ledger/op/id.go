package op

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
)

// base32ID is RFC 4648 base32 in lower case without padding: 16 bytes are 26
// characters.
var base32ID = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

const idChars = 26

// MakeID makes an object's id from what makes the object unique: a prefix, an
// underscore, and half of a SHA-256. 128 bits: nobody can make a second object
// for an id in use.
func MakeID(prefix string, parts ...[]byte) string {
	h := sha256.New()
	h.Write([]byte(prefix))
	var n [4]byte
	for _, p := range parts {
		binary.BigEndian.PutUint32(n[:], uint32(len(p)))
		h.Write(n[:])
		h.Write(p)
	}
	var s [32]byte
	h.Sum(s[:0])
	return prefix + "_" + base32ID.EncodeToString(s[:16])
}

// IsID says whether s has the form of an id with this prefix.
func IsID(prefix, s string) bool {
	if len(s) != len(prefix)+1+idChars || s[:len(prefix)] != prefix || s[len(prefix)] != '_' {
		return false
	}
	for i := len(prefix) + 1; i < len(s); i++ {
		if c := s[i]; !(c >= 'a' && c <= 'z' || c >= '2' && c <= '7') {
			return false
		}
	}
	return true
}

// NewID makes the id of an object that the operation creates; n tells several
// of one operation apart.
func (c *Context) NewID(prefix string, n int) string {
	return MakeID(prefix, c.Tx[:], binary.BigEndian.AppendUint32(nil, uint32(c.Index)), binary.BigEndian.AppendUint32(nil, uint32(n)))
}

package state

import (
	"encoding/binary"
	"strings"
	"time"
)

// Key names a row within its table: one part, or several joined by Join.
type Key string

// Join makes a key of several parts. Parts contain no zero byte, but for the
// fixed-length ones made by U64 and At, which stand last or are followed by
// parts whose position is known.
func Join(parts ...string) Key { return Key(strings.Join(parts, "\x00")) }

// String shows a key to people: parts separated by slashes.
func (k Key) String() string { return strings.ReplaceAll(string(k), "\x00", "/") }

// U64 encodes a number so that byte order is numeric order.
func U64(n uint64) string {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], n)
	return string(b[:])
}

// At encodes a time so that byte order is time order. Times before 1970 sort
// as 1970: the ledger has none.
func At(t time.Time) string {
	n := t.UnixNano()
	if n < 0 {
		n = 0
	}
	return U64(uint64(n))
}

// ParseU64 reads what U64 wrote at the start of s.
func ParseU64(s string) uint64 { return binary.BigEndian.Uint64([]byte(s[:8])) }

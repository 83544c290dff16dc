package sig

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"unicode/utf8"
)

// maxCBORDepth bounds nesting; CTAP 2 allows authenticators four levels.
const maxCBORDepth = 8

// Major types of CBOR (RFC 8949 section 3.1).
const (
	cborUint   = 0
	cborNegint = 1
	cborBytes  = 2
	cborText   = 3
	cborArray  = 4
	cborMap    = 5
	cborTag    = 6
	cborSimple = 7
)

var errCBORShort = errors.New("CBOR ends too early")

// cborReader reads the CBOR that authenticators write: definite lengths,
// every number in its shortest form, no tags (CTAP 2 canonical form). The
// order of map keys is not enforced, since clients that re-encode an
// attestation don't all keep it. Nothing is allocated for what is claimed,
// only for what is there.
type cborReader struct {
	rest []byte
}

// head reads the start of an item: its major type and its argument.
func (r *cborReader) head() (major byte, arg uint64, err error) {
	if len(r.rest) == 0 {
		return 0, 0, errCBORShort
	}
	major, info := r.rest[0]>>5, r.rest[0]&31
	r.rest = r.rest[1:]
	if info < 24 {
		return major, uint64(info), nil
	}
	if info > 27 {
		return 0, 0, fmt.Errorf("CBOR additional information %d, want a definite length", info)
	}
	size := 1 << (info - 24)
	if len(r.rest) < size {
		return 0, 0, errCBORShort
	}
	var wide [8]byte
	copy(wide[8-size:], r.rest)
	arg = binary.BigEndian.Uint64(wide[:])
	r.rest = r.rest[size:]
	if major == cborSimple {
		if size == 1 {
			return 0, 0, fmt.Errorf("CBOR simple value %d is not in use", arg)
		}
		return major, arg, nil // a float: any bits are as short as they get
	}
	if least := [...]uint64{24, 1 << 8, 1 << 16, 1 << 32}[info-24]; arg < least {
		return 0, 0, fmt.Errorf("CBOR number %d is not in its shortest form", arg)
	}
	return major, arg, nil
}

// want reads a head of the given major type and returns its argument.
func (r *cborReader) want(major byte, name string) (uint64, error) {
	got, arg, err := r.head()
	if err != nil {
		return 0, err
	}
	if got != major {
		return 0, fmt.Errorf("CBOR major type %d, want %s (%d)", got, name, major)
	}
	return arg, nil
}

// take reads n raw bytes.
func (r *cborReader) take(n uint64) ([]byte, error) {
	if n > uint64(len(r.rest)) {
		return nil, errCBORShort
	}
	out := r.rest[:n]
	r.rest = r.rest[n:]
	return out, nil
}

func (r *cborReader) bytes() ([]byte, error) {
	n, err := r.want(cborBytes, "a byte string")
	if err != nil {
		return nil, err
	}
	return r.take(n)
}

func (r *cborReader) text() (string, error) {
	n, err := r.want(cborText, "a text string")
	if err != nil {
		return "", err
	}
	b, err := r.take(n)
	if err != nil {
		return "", err
	}
	if !utf8.Valid(b) {
		return "", errors.New("CBOR text is not UTF-8")
	}
	return string(b), nil
}

func (r *cborReader) int() (int64, error) {
	major, arg, err := r.head()
	if err != nil {
		return 0, err
	}
	if major > cborNegint || arg > math.MaxInt64 {
		return 0, fmt.Errorf("CBOR major type %d, want an integer of 64 bits", major)
	}
	if major == cborNegint {
		return -1 - int64(arg), nil
	}
	return int64(arg), nil
}

// mapLen reads the start of a map and returns how many pairs follow.
func (r *cborReader) mapLen() (uint64, error) { return r.want(cborMap, "a map") }

func (r *cborReader) atMap() bool { return len(r.rest) > 0 && r.rest[0]>>5 == cborMap }

// skip passes over one item. depth is how many it is in.
func (r *cborReader) skip(depth int) error {
	if depth >= maxCBORDepth {
		return fmt.Errorf("CBOR is nested more than %d deep", maxCBORDepth)
	}
	before := r.rest
	major, arg, err := r.head()
	if err != nil {
		return err
	}
	switch major {
	case cborBytes:
		_, err = r.take(arg)
	case cborText:
		r.rest = before
		_, err = r.text()
	case cborArray:
		err = r.skipMany(arg, depth)
	case cborMap:
		if arg > uint64(len(r.rest)) {
			return errCBORShort // and doubling it can't overflow
		}
		err = r.skipMany(2*arg, depth)
	case cborTag:
		err = fmt.Errorf("CBOR tag %d, want none", arg)
	case cborSimple:
		if first := before[0] & 31; first < 20 {
			err = fmt.Errorf("CBOR simple value %d is not in use", first)
		}
	}
	return err
}

// skipMany passes over n items. Each takes a byte at least, so a large n ends
// with the data.
func (r *cborReader) skipMany(n uint64, depth int) error {
	for range n {
		if err := r.skip(depth + 1); err != nil {
			return err
		}
	}
	return nil
}

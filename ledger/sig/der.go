package sig

import "fmt"

const (
	derSequence = 0x30
	derInteger  = 0x02

	// maxDERBytes is a sequence of two 33-byte integers. It stays below 128,
	// so no length in a P-256 signature uses the long form.
	maxDERBytes = 2 + 2*(2+scalarBytes+1)
)

// parseDER reads Ecdsa-Sig-Value (RFC 3279 section 2.2.3) in strict DER: one
// encoding for each pair, nothing before, between or after. r and s are
// checked to be in [1, n-1].
func parseDER(der []byte) (rs [rawBytes]byte, err error) {
	if len(der) > maxDERBytes {
		return rs, fmt.Errorf("%w: DER signature is %d bytes, want at most %d", ErrEncoding, len(der), maxDERBytes)
	}
	if len(der) < 2 || der[0] != derSequence || int(der[1]) != len(der)-2 {
		return rs, fmt.Errorf("%w: not a DER sequence of the signature's length", ErrEncoding)
	}
	rest := der[2:]
	if rest, err = derScalar(rest, rs[:scalarBytes], "r"); err != nil {
		return rs, err
	}
	if rest, err = derScalar(rest, rs[scalarBytes:], "s"); err != nil {
		return rs, err
	}
	if len(rest) != 0 {
		return rs, fmt.Errorf("%w: %d bytes after s in the DER sequence", ErrEncoding, len(rest))
	}
	return rs, checkRange(rs)
}

// derScalar reads one non-negative INTEGER into out, big-endian, and returns
// what follows it.
func derScalar(in, out []byte, name string) ([]byte, error) {
	if len(in) < 3 || in[0] != derInteger {
		return nil, fmt.Errorf("%w: %s is not a DER integer", ErrEncoding, name)
	}
	size := int(in[1])
	if size == 0 || size > len(in)-2 || size > scalarBytes+1 {
		return nil, fmt.Errorf("%w: %s has length %d, want 1 to 33 within the sequence", ErrEncoding, name, size)
	}
	value, rest := in[2:2+size], in[2+size:]
	if value[0]&0x80 != 0 {
		return nil, fmt.Errorf("%w: %s is negative", ErrEncoding, name)
	}
	if value[0] == 0 && size > 1 {
		if value[1]&0x80 == 0 {
			return nil, fmt.Errorf("%w: %s has a needless leading zero", ErrEncoding, name)
		}
		value = value[1:]
	}
	if len(value) > scalarBytes {
		return nil, fmt.Errorf("%w: %s is more than 256 bits", ErrEncoding, name)
	}
	copy(out[scalarBytes-len(value):], value)
	return rest, nil
}

// encodeDER is the inverse of parseDER.
func encodeDER(rs [rawBytes]byte) []byte {
	der := make([]byte, 2, maxDERBytes)
	der[0] = derSequence
	for _, v := range [][]byte{rs[:scalarBytes], rs[scalarBytes:]} {
		for len(v) > 1 && v[0] == 0 {
			v = v[1:]
		}
		if v[0]&0x80 != 0 {
			der = append(der, derInteger, byte(len(v)+1), 0)
		} else {
			der = append(der, derInteger, byte(len(v)))
		}
		der = append(der, v...)
	}
	der[1] = byte(len(der) - 2)
	return der
}

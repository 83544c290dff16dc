package sig

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"slices"

	"github.com/oasisprotocol/curve25519-voi/curve"
	"github.com/oasisprotocol/curve25519-voi/curve/scalar"
)

// equation is the batch verification equation of Ed25519, with the cofactor:
//
//	[8] (-[Σ zᵢ sᵢ] B + Σ [zᵢ] Rᵢ + Σ [zᵢ hᵢ] Aᵢ) = 0
//
// for the signatures (Rᵢ, sᵢ) by the keys Aᵢ over messages, with hᵢ the hash of
// Rᵢ, Aᵢ and the message, and 128 bit coefficients zᵢ that whoever made the
// signatures could not foresee: it holds where each signature holds by itself,
// and else with a chance of 2⁻¹²⁸. (Bernstein, Duif, Lange, Schwabe, Yang:
// High-speed high-security signatures, section 5; ZIP-215 for what is decoded
// how.) The library's own batches do the same, but take a key as 32 bytes, which
// are a fifth of the work to decode, or with a table of 1.5 KiB, which costs twice
// a decoding to make. The memory is kept from one equation to the next.
type equation struct {
	terms []term

	// The sum's terms as the library takes them: of B, of each R, of each A.
	scalars []*scalar.Scalar
	points  []*curve.EdwardsPoint
}

// term is what one signature brings to the sum.
type term struct {
	r     curve.EdwardsPoint
	key   curve.EdwardsPoint
	known bool // the cache has it
	s     scalar.Scalar
	bound [sha512.Size + 32]byte // what the signature is bound to: h, s
	z, zh scalar.Scalar
}

// add enters a signature of 64 bytes. It says false, and enters nothing, where
// the signature can't be one of anybody. known says whether the cache has the key.
func (e *equation) add(key []byte, point *curve.EdwardsPoint, known bool, message, signature []byte) bool {
	// A greater s would be the same signature in other bytes.
	if !scalar.ScMinimalVartime(signature[32:]) {
		return false
	}
	n := len(e.terms)
	if n == cap(e.terms) {
		e.terms = slices.Grow(e.terms, max(n, 16))
	}
	t := &e.terms[:n+1][n]
	var r curve.CompressedEdwardsY
	copy(r[:], signature)
	if _, err := t.r.SetCompressedY(&r); err != nil {
		return false
	}
	if _, err := t.s.SetBits(signature[32:]); err != nil {
		return false
	}
	t.key, t.known = *point, known
	h := sha512.New()
	h.Write(signature[:32])
	h.Write(key)
	h.Write(message)
	h.Sum(t.bound[:0])
	copy(t.bound[sha512.Size:], signature[32:])
	e.terms = e.terms[:n+1]
	return true
}

// reset empties the equation.
func (e *equation) reset() { e.terms = e.terms[:0] }

// holds says whether the equation of the signatures entered from lo to before hi
// holds.
//
// The coefficients come from a hash of everything in it. Nobody can choose
// signatures to cancel out without changing the coefficients, and every validator
// that checks the same group draws the same ones, so there is not even a chance
// of disagreement. (The construction is that of the Fiat-Shamir transform;
// BIP-340 recommends it for its batches.)
func (e *equation) holds(lo, hi int) bool {
	terms := e.terms[lo:hi]
	all := sha256.New()
	for i := range terms {
		all.Write(terms[i].bound[:])
	}
	var seed [sha256.Size + 4]byte
	all.Sum(seed[:0])
	var sum scalar.Scalar
	e.scalars = append(e.scalars[:0], &sum)
	e.points = append(e.points[:0], curve.ED25519_BASEPOINT_POINT)
	for i := range terms {
		t := &terms[i]
		binary.BigEndian.PutUint32(seed[sha256.Size:], uint32(i))
		drawn := sha256.Sum256(seed[:])
		clear(drawn[16:])
		mustScalar(t.z.SetBits(drawn[:]))
		mustScalar(t.zh.SetBytesModOrderWide(t.bound[:sha512.Size]))
		t.zh.Mul(&t.zh, &t.z)
		var zs scalar.Scalar
		sum.Add(&sum, zs.Mul(&t.z, &t.s))
		e.scalars = append(e.scalars, &t.z, &t.zh)
		e.points = append(e.points, &t.r, &t.key)
	}
	sum.Neg(&sum)
	var zero curve.EdwardsPoint
	return zero.MultiscalarMulVartime(e.scalars, e.points).IsSmallOrder()
}

// mustScalar: scalars are refused for their length alone, which is right here.
func mustScalar(_ *scalar.Scalar, err error) {
	if err != nil {
		panic("sig: " + err.Error())
	}
}

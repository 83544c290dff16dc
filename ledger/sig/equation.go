package sig

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"

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
// a decoding to make and in equations of this size saves no more.
type equation struct {
	n       int
	values  [2*batchSize + 1]scalar.Scalar // of B, of each R, of each A
	points  [2 * batchSize]curve.EdwardsPoint
	s       [batchSize]scalar.Scalar
	bound   [batchSize][sha512.Size + 32]byte // what each signature is bound to: h, s
	scalars []*scalar.Scalar
	at      []*curve.EdwardsPoint
}

// add enters a signature of 64 bytes. It says false, and enters nothing, where
// the signature can't be one of anybody.
func (e *equation) add(key []byte, point *curve.EdwardsPoint, message, signature []byte) bool {
	// A greater s would be the same signature in other bytes.
	if !scalar.ScMinimalVartime(signature[32:]) {
		return false
	}
	var r curve.CompressedEdwardsY
	copy(r[:], signature)
	if _, err := e.points[2*e.n].SetCompressedY(&r); err != nil {
		return false
	}
	if _, err := e.s[e.n].SetBits(signature[32:]); err != nil {
		return false
	}
	e.points[2*e.n+1].Set(point)
	h := sha512.New()
	h.Write(signature[:32])
	h.Write(key)
	h.Write(message)
	h.Sum(e.bound[e.n][:0])
	copy(e.bound[e.n][sha512.Size:], signature[32:])
	e.n++
	return true
}

// holds says whether the equation holds.
//
// The coefficients come from a hash of everything in it. Nobody can choose
// signatures to cancel out without changing the coefficients, and every validator
// that checks the same group draws the same ones, so there is not even a chance
// of disagreement. (The construction is that of the Fiat-Shamir transform;
// BIP-340 recommends it for its batches.)
func (e *equation) holds() bool {
	all := sha256.New()
	for i := range e.n {
		all.Write(e.bound[i][:])
	}
	var seed [sha256.Size + 4]byte
	all.Sum(seed[:0])
	e.scalars, e.at = e.scalars[:0], e.at[:0]
	sum := &e.values[0]
	sum.Zero()
	e.scalars, e.at = append(e.scalars, sum), append(e.at, curve.ED25519_BASEPOINT_POINT)
	for i := range e.n {
		z, zh := &e.values[2*i+1], &e.values[2*i+2]
		binary.BigEndian.PutUint32(seed[sha256.Size:], uint32(i))
		drawn := sha256.Sum256(seed[:])
		clear(drawn[16:])
		mustScalar(z.SetBits(drawn[:]))
		mustScalar(zh.SetBytesModOrderWide(e.bound[i][:sha512.Size]))
		zh.Mul(zh, z)
		var zs scalar.Scalar
		sum.Add(sum, zs.Mul(z, &e.s[i]))
		e.scalars = append(e.scalars, z, zh)
		e.at = append(e.at, &e.points[2*i], &e.points[2*i+1])
	}
	sum.Neg(sum)
	var zero curve.EdwardsPoint
	return zero.MultiscalarMulVartime(e.scalars, e.at).IsSmallOrder()
}

// mustScalar: scalars are refused for their length alone, which is right here.
func mustScalar(_ *scalar.Scalar, err error) {
	if err != nil {
		panic("sig: " + err.Error())
	}
}

package sig

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/oasisprotocol/curve25519-voi/primitives/ed25519"
)

// batchSize is how many Ed25519 signatures go into one equation. Beyond 64
// there is little to gain (BenchmarkBatchSize), while one bad signature sends
// its whole equation to be checked one by one.
const batchSize = 64

// Batch checks many signatures together. The verdict on each is the one
// [Verify] would give. The zero value is empty and ready.
//
// A Batch is for one goroutine; to use several cores, use several batches.
type Batch struct {
	Keys *KeyCache // may be nil, and may be shared with other batches

	items    []item
	verifier *ed25519.BatchVerifier // kept for its memory; nil before first use
}

type item struct {
	scheme                  Scheme
	key, message, signature []byte
	assertion               *Assertion
}

// Add takes the arguments of [Verify]. It keeps them, so they must not change
// until [Batch.Verify] has returned.
func (b *Batch) Add(scheme Scheme, publicKey, message, signature []byte, wa *Assertion) {
	b.items = append(b.items, item{scheme, publicKey, message, signature, wa})
}

// Len is how many signatures have been added.
func (b *Batch) Len() int { return len(b.items) }

// Reset empties the batch for reuse.
func (b *Batch) Reset() {
	clear(b.items) // let go of the transactions
	b.items = b.items[:0]
}

// Verify returns the verdict on each signature, in the order they were added:
// nil, or what [Verify] returns for it.
func (b *Batch) Verify() []error {
	verdicts := make([]error, len(b.items))
	var group []int
	for i := range b.items {
		it := &b.items[i]
		if it.scheme == Ed25519 && it.assertion == nil {
			// A wrong length is the one cheap way to spoil an equation.
			if verdicts[i] = checkEd25519Lengths(it.key, it.signature); verdicts[i] == nil {
				group = append(group, i)
			}
			if len(group) == batchSize {
				b.verifyGroup(group, verdicts)
				group = group[:0]
			}
			continue
		}
		verdicts[i] = Verify(it.scheme, it.key, it.message, it.signature, it.assertion)
	}
	b.verifyGroup(group, verdicts)
	return verdicts
}

// verifyGroup checks the Ed25519 signatures at the given places in one
// equation and, if that does not hold, one by one. Their lengths are right.
func (b *Batch) verifyGroup(group []int, verdicts []error) {
	switch len(group) {
	case 0:
		return
	case 1:
		verdicts[group[0]] = b.verifyOne(&b.items[group[0]])
		return
	}
	keys := make([]*ed25519.ExpandedPublicKey, len(group))
	allKnown := true
	for j, i := range group {
		keys[j] = b.Keys.get(b.items[i].key)
		allKnown = allKnown && keys[j] != nil
	}
	if b.verifier == nil {
		b.verifier = ed25519.NewBatchVerifier()
	}
	verifier := b.verifier.Reset()
	if !allKnown {
		// The library would expand the rest for this one use, which costs
		// more than it saves.
		verifier.ForceNoPublicKeyExpansion()
	}
	for j, i := range group {
		it := &b.items[i]
		if keys[j] != nil {
			verifier.AddExpandedWithOptions(keys[j], it.message, it.signature, zip215)
		} else {
			verifier.AddWithOptions(it.key, it.message, it.signature, zip215)
		}
	}
	ok, each := verifier.Verify(b.coefficients(group))
	if ok {
		return
	}
	for j, i := range group {
		if !each[j] {
			verdicts[i] = errEd25519
		}
	}
}

func (b *Batch) verifyOne(it *item) error {
	key := b.Keys.get(it.key)
	if key == nil {
		return verifyEd25519(it.key, it.message, it.signature)
	}
	if !ed25519.VerifyExpandedWithOptions(key, it.message, it.signature, zip215) {
		return errEd25519
	}
	return nil
}

// coefficients is where the equation's random coefficients come from: a hash
// of everything in it. Nobody can choose signatures to cancel out without
// changing the coefficients, and every validator that checks the same group
// draws the same ones, so there is not even a chance of disagreement. (The
// construction is that of the Fiat-Shamir transform; BIP-340 recommends it
// for its batches.)
func (b *Batch) coefficients(group []int) *seed {
	h := sha256.New()
	var size [8]byte
	for _, i := range group {
		it := &b.items[i]
		h.Write(it.key)       // 32 bytes
		h.Write(it.signature) // 64 bytes
		binary.LittleEndian.PutUint64(size[:], uint64(len(it.message)))
		h.Write(size[:])
		h.Write(it.message)
	}
	return &seed{left: h.Sum(nil)}
}

// seed is a reader of 32 bytes, which is what the verifier asks for to key its
// own stream. Asking for more is a change in the library that has to be seen,
// so it fails, and the verifier panics.
type seed struct{ left []byte }

func (s *seed) Read(p []byte) (int, error) {
	if len(s.left) == 0 {
		return 0, fmt.Errorf("batch verification asked for more than a 32 byte seed")
	}
	n := copy(p, s.left)
	s.left = s.left[n:]
	return n, nil
}

package sig

import "github.com/oasisprotocol/curve25519-voi/curve"

// An equation of more signatures costs less for each (BenchmarkBatch), and says less
// when it doesn't hold. So one takes up to BatchSize, and one that doesn't hold is
// taken apart into equations of partSize over the same points, and of those the ones
// that don't hold into single signatures. While that happens, a [Batch] begins with
// partSize: whoever keeps sending bad signatures gains nothing by the large ones.
const (
	// BatchSize is how many signatures an equation takes at most. Whoever collects
	// signatures to verify gains nothing by more.
	BatchSize = 1024
	partSize  = 64
)

// Batch checks many signatures together. The verdict on each is the one
// [Verify] would give. The zero value is empty and ready.
//
// A Batch is for one goroutine; to use several cores, use several batches.
type Batch struct {
	Keys *KeyCache // may be nil, and may be shared with other batches

	items    []item
	equation equation
	wary     bool // the last Verify found an equation that didn't hold
}

type item struct {
	scheme                  Scheme
	key, message, signature []byte
	assertion               *Assertion
}

func (it *item) verify() error {
	return Verify(it.scheme, it.key, it.message, it.signature, it.assertion)
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
	most := BatchSize
	if b.wary {
		most = partSize
	}
	b.wary = false
	var group []int
	for i := range b.items {
		it := &b.items[i]
		if it.scheme == Ed25519 && it.assertion == nil {
			// A wrong length is the one cheap way to spoil an equation.
			if verdicts[i] = checkEd25519Lengths(it.key, it.signature); verdicts[i] == nil {
				group = append(group, i)
			}
			if len(group) == most {
				b.verifyGroup(group, verdicts)
				group = group[:0]
			}
			continue
		}
		verdicts[i] = it.verify()
	}
	b.verifyGroup(group, verdicts)
	return verdicts
}

// verifyGroup checks the Ed25519 signatures at the given places in one equation
// and, where that does not hold, in smaller ones and one by one. Their lengths are
// right. It uses up group.
func (b *Batch) verifyGroup(group []int, verdicts []error) {
	if len(group) == 1 {
		verdicts[group[0]] = b.items[group[0]].verify()
		return
	}
	if len(group) == 0 {
		return
	}
	e := &b.equation
	defer e.reset()
	entered := group[:0]
	for _, i := range group {
		it := &b.items[i]
		var point curve.EdwardsPoint
		known, ok := b.Keys.point(it.key, &point)
		if !ok || !e.add(it.key, &point, known, it.message, it.signature) {
			verdicts[i] = errEd25519
			continue
		}
		entered = append(entered, i)
	}
	if len(entered) > 0 && !e.holds(0, len(entered)) {
		b.wary = true
		b.takeApart(entered, verdicts)
	}
	for j, i := range entered {
		if t := &e.terms[j]; !t.known && verdicts[i] == nil {
			b.Keys.keep(b.items[i].key, &t.key)
		}
	}
}

// takeApart finds which of the signatures that were entered are bad.
func (b *Batch) takeApart(entered []int, verdicts []error) {
	sound := true // all parts so far
	for lo := 0; lo < len(entered); lo += partSize {
		hi := min(lo+partSize, len(entered))
		// Where all others hold, the last part is the one that doesn't.
		if (hi < len(entered) || !sound) && b.equation.holds(lo, hi) {
			continue
		}
		sound = false
		for _, i := range entered[lo:hi] {
			verdicts[i] = b.items[i].verify()
		}
	}
}

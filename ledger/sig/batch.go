package sig

// batchSize is how many Ed25519 signatures go into one equation. In
// equations of 512 one costs a fifth less (BenchmarkBatchSize), but one bad
// signature sends its whole equation to be checked one by one.
const batchSize = 64

// Batch checks many signatures together. The verdict on each is the one
// [Verify] would give. The zero value is empty and ready.
//
// A Batch is for one goroutine; to use several cores, use several batches.
type Batch struct {
	Keys *KeyCache // may be nil, and may be shared with other batches

	items    []item
	equation *equation // kept for its memory; nil before first use
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
		verdicts[i] = it.verify()
	}
	b.verifyGroup(group, verdicts)
	return verdicts
}

// verifyGroup checks the Ed25519 signatures at the given places in one
// equation and, if that does not hold, one by one. Their lengths are right.
func (b *Batch) verifyGroup(group []int, verdicts []error) {
	if len(group) == 1 {
		verdicts[group[0]] = b.items[group[0]].verify()
		return
	}
	if len(group) == 0 {
		return
	}
	if b.equation == nil {
		b.equation = new(equation)
	}
	e := b.equation
	e.n = 0
	for _, i := range group {
		it := &b.items[i]
		point := b.Keys.point(it.key)
		if point == nil || !e.add(it.key, point, it.message, it.signature) {
			verdicts[i] = errEd25519
		}
	}
	if e.n == 0 || e.holds() {
		return
	}
	for _, i := range group {
		if verdicts[i] == nil {
			verdicts[i] = b.items[i].verify()
		}
	}
}

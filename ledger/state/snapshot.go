package state

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"

	"github.com/cockroachdb/pebble/v2"

	"github.com/troth-ledger/troth/ledger/state/smt"
)

// A snapshot is the state after a height in chunks, for a node that joins. It is
// a function of the state alone, so every node that offers one of a height
// offers the same.
//
// First come the rows, in the order of their keys' hashes, each chunk with what
// the tree has beside it: a chunk proves itself against the root, as soon as it
// arrives, whoever sent it. Chunks are cut by size, at hashes that are part of
// the snapshot's description: hashes can be ground, so to cut at prefixes of
// equal length would let anybody make one chunk too large to send. Then come the
// used keys, latest minute first; how many rows of them a chunk has is part of
// the description, for a chunk proves no more than what it has: see usedChunk.

// SnapshotFormat is the number of this way to cut and encode a state.
const SnapshotFormat = 3

// Bounds of what describes a snapshot and of a chunk, also of others'.
const (
	// ChunkMax is the most bytes of a chunk: CometBFT carries 16,000,000.
	ChunkMax = 15 << 20
	// ChunksMax is the most chunks of a snapshot.
	ChunksMax = 100_000
	// ChunkWant is how many bytes of rows a chunk has at most; one row may go
	// beyond. Nodes that cut otherwise offer other snapshots.
	ChunkWant = 4 << 20
	cutLen    = 16 // half a hash, as preimages have
	countLen  = 4  // of a number of rows
)

// Snapshot describes a snapshot.
type Snapshot struct {
	Height int64
	Root   [32]byte
	// Chunks is the number of chunks.
	Chunks int
	// Cuts are the first halves of the key hashes that all chunks of rows but the
	// first begin at, one behind the other.
	Cuts []byte
	// Used is the number of rows of each chunk of used keys, 4 bytes each, the
	// highest first.
	Used []byte
}

// ParseSnapshot reads what another node says of a snapshot, and checks it.
func ParseSnapshot(height int64, root [32]byte, chunks int, metadata []byte) (d Snapshot, err error) {
	d = Snapshot{Height: height, Root: root, Chunks: chunks}
	in := &input{rest: metadata}
	d.Cuts = in.bytes()
	d.Used = in.take(len(in.rest))
	if in.bad != nil {
		return d, fmt.Errorf("state: the description of a snapshot: %w", in.bad)
	}
	return d, d.Check()
}

// Metadata is what ParseSnapshot reads beside the numbers.
func (d *Snapshot) Metadata() []byte { return append(appendBytes(nil, d.Cuts), d.Used...) }

// Check says whether a description, perhaps somebody else's, is one.
func (d *Snapshot) Check() error {
	switch {
	case d.Height < 1:
		return fmt.Errorf("state: a snapshot of height %d", d.Height)
	case d.Chunks < 1 || d.Chunks > ChunksMax:
		return fmt.Errorf("state: a snapshot has 1 to %d chunks, not %d", ChunksMax, d.Chunks)
	case len(d.Cuts)%cutLen != 0 || len(d.Used)%countLen != 0 || d.rows()+len(d.Used)/countLen != d.Chunks:
		return fmt.Errorf("state: a snapshot of %d chunks with %d bytes of cuts and %d of counts", d.Chunks, len(d.Cuts), len(d.Used))
	}
	for i := range d.Chunks - d.rows() {
		if d.usedRows(i) == 0 {
			return fmt.Errorf("state: a snapshot with no row in its chunk %d of used keys", i)
		}
	}
	last := make([]byte, cutLen)
	for cut := range slices.Chunk(d.Cuts, cutLen) {
		if bytes.Compare(cut, last) <= 0 {
			return fmt.Errorf("state: a snapshot's cuts are not in order at %x", cut)
		}
		last = cut
	}
	return nil
}

// rows is the number of chunks of rows.
func (d *Snapshot) rows() int { return len(d.Cuts)/cutLen + 1 }

// usedRows is the number of rows of the i-th chunk of used keys.
func (d *Snapshot) usedRows(i int) int {
	return int(binary.BigEndian.Uint32(d.Used[i*countLen:]))
}

// span is where the i-th chunk of rows begins, and ends; zero for the end.
func (d *Snapshot) span(i int) (from, to smt.Hash) {
	if i > 0 {
		copy(from[:], d.Cuts[(i-1)*cutLen:i*cutLen])
	}
	if i < d.rows()-1 {
		copy(to[:], d.Cuts[i*cutLen:(i+1)*cutLen])
	}
	return from, to
}

// Seals are how the tree commits to used keys: see Overlay.Uses.
type Seals struct {
	// Minutes yields the minutes whose keys are committed to, in order, each with
	// its digest.
	Minutes func(Reader) iter.Seq2[uint32, []byte]
	// Fold adds a block's keys to a minute's digest, nil before the first.
	Fold func(digest, keys []byte) []byte
}

// Frozen is the state after a height, kept for those who fetch its snapshot.
// Until Release it keeps rows on disk that were since replaced.
type Frozen struct {
	Snapshot
	view *View
	mu   sync.RWMutex // held for reading by Chunk; Release waits for it
	gone bool
	// Of each chunk of rows, what the tree has beside it.
	beside [][]smt.Beside
	used   []usedPart
}

// Freeze keeps the last committed state. It is for the goroutine that wrote the
// block, before it writes another.
func (s *Store) Freeze() *Frozen {
	s.swap.Lock()
	defer s.swap.Unlock()
	if s.closed {
		panic("state: Freeze after Close")
	}
	now := s.view.Load()
	v := newView(s, now.height, now.tree.Again())
	return &Frozen{view: v, Snapshot: Snapshot{Height: v.height, Root: v.root}}
}

// errStopped says that Divide was told to stop.
var errStopped = errors.New("state: stopped")

// Divide cuts the snapshot into chunks of want bytes. It reads all rows once,
// which may take long: another goroutine than the executing one calls it, before
// Chunk. stop is asked now and then.
func (f *Frozen) Divide(seals Seals, want int, stop func() bool) error {
	sizes, err := f.sizes(stop)
	if err != nil {
		return err
	}
	if f.Cuts, err = f.cuts(sizes, want, stop); err != nil {
		return err
	}
	if f.used, err = f.cutUsed(seals, want); err != nil {
		return err
	}
	for _, p := range f.used {
		f.Used = binary.BigEndian.AppendUint32(f.Used, p.rows)
	}
	if f.Chunks = f.rows() + len(f.used); f.Chunks > ChunksMax {
		return fmt.Errorf("state: a snapshot of %d chunks; %d is the most", f.Chunks, ChunksMax)
	}
	f.beside = make([][]smt.Beside, f.rows())
	for i := range f.beside {
		f.beside[i] = f.view.tree.Around(f.span(i))
	}
	// What is beside the chunks is all that the tree is needed for.
	f.view.tree.Release()
	return nil
}

// buckets are ranges of key hashes, by their first two bytes.
const buckets = 1 << 16

// sizes counts the bytes of the rows by bucket, in one pass over them as they lie.
func (f *Frozen) sizes(stop func() bool) ([]int, error) {
	out := make([]int, buckets)
	it, err := f.view.snap.NewIter(&pebble.IterOptions{LowerBound: []byte{spaceRow}, UpperBound: []byte{spaceRow + 1}})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	n, stopped := 0, false
	err = each(it, func() bool {
		h := sum(it.Key()[1:])
		out[binary.BigEndian.Uint16(h[:])] += rowSize(it.Key()[1:], it.Value())
		n++
		stopped = n%4096 == 0 && stop()
		return !stopped
	})
	if stopped {
		return nil, errStopped
	}
	return out, err
}

func rowSize(key, value []byte) int { return len(key) + len(value) + 8 }

// cuts fills chunks with buckets, and the buckets that are too large with rows.
func (f *Frozen) cuts(sizes []int, want int, stop func() bool) (out []byte, err error) {
	full := 0
	for i, n := range sizes {
		var at [cutLen]byte
		binary.BigEndian.PutUint16(at[:], uint16(i))
		if n == 0 || full+n <= want {
			full += n
			continue
		}
		if full > 0 && i > 0 {
			out = append(out, at[:]...)
		}
		if full = n; n <= want {
			continue
		}
		var end smt.Hash
		if i < buckets-1 {
			binary.BigEndian.PutUint16(end[:], uint16(i+1))
		}
		full = 0
		err := f.view.leaves(smt.Hash(append(at[:], make([]byte, 32-cutLen)...)), end, func(h [cutLen]byte, key, value []byte) bool {
			n := rowSize(key, value)
			if full > 0 && full+n > want {
				out, full = append(out, h[:]...), 0
			}
			full += n
			return !stop()
		})
		if err != nil {
			return nil, err
		}
		if stop() {
			return nil, errStopped
		}
	}
	return out, nil
}

// leaves yields the rows whose key hash is not below from and below to, the end
// where zero, in the order of their hashes, with the first half of each.
func (v *View) leaves(from, to smt.Hash, fn func(h [cutLen]byte, key, value []byte) bool) error {
	o := &pebble.IterOptions{LowerBound: preimageKey(from), UpperBound: []byte{spacePreimage + 1}}
	if to != (smt.Hash{}) {
		o.UpperBound = preimageKey(to)
	}
	it, err := v.snap.NewIter(o)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	var bad error
	err = each(it, func() bool {
		value, err := get(v.snap, append([]byte{spaceRow}, it.Value()...))
		if err != nil || value == nil {
			bad = fmt.Errorf("%w: reading row %x: %v", ErrDamaged, it.Value(), err)
			return false
		}
		return fn([cutLen]byte(it.Key()[1:]), it.Value(), value)
	})
	return errors.Join(bad, err)
}

// Chunk encodes the i-th chunk; nil where there is none, or no more. Any
// goroutine may call it once Divide is done.
func (f *Frozen) Chunk(i int) ([]byte, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	switch {
	case f.gone || i < 0 || i >= f.Chunks:
		return nil, nil
	case i >= f.rows():
		return f.usedChunk(f.used[i-f.rows()])
	}
	b := encodeBeside(f.beside[i])
	from, to := f.span(i)
	err := f.view.leaves(from, to, func(_ [cutLen]byte, key, value []byte) bool {
		b = appendBytes(appendBytes(b, key), value)
		return true
	})
	return b, err
}

// Release lets go of the state, once no Chunk runs any more.
func (f *Frozen) Release() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.gone {
		f.gone = true
		f.view.Release()
	}
}

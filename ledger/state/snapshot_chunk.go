package state

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/troth-ledger/troth/ledger/state/smt"
)

// A chunk of rows is the number of subtrees beside it, these, and then rows to
// the end: the key's length, the key, the value's length, the value. Numbers are
// unsigned varints in their shortest form.

// besideMax is the most subtrees beside a chunk. On both sides there is one a
// level at most, and a level below the 40th costs more work than there is.
const besideMax = 256

// chunkRows is the most rows of a chunk. With chunks of ChunkWant it can't be
// reached: a row has four bytes at least.
const chunkRows = ChunkMax / 8

func appendBytes(b, part []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(part))), part...)
}

func encodeBeside(list []smt.Beside) []byte {
	b := binary.AppendUvarint(nil, uint64(len(list)))
	for _, s := range list {
		b = append(append(append(b, s.Depth), s.Key[:]...), s.Hash[:]...)
	}
	return b
}

// input is what is left of a chunk to decode.
type input struct {
	rest []byte
	bad  error
}

func (in *input) fail(what string) {
	if in.bad == nil {
		in.bad = errors.New(what)
	}
	in.rest = nil
}

func (in *input) number(max uint64) uint64 {
	n, size := binary.Uvarint(in.rest)
	if size <= 0 || n > max || size > 1 && in.rest[size-1] == 0 {
		in.fail(fmt.Sprintf("a number is cut off, too large (at most %d) or too long", max))
		return 0
	}
	in.rest = in.rest[size:]
	return n
}

func (in *input) take(n int) []byte {
	if n > len(in.rest) {
		in.fail("it ends too early")
		return nil
	}
	out := in.rest[:n:n]
	in.rest = in.rest[n:]
	return out
}

func (in *input) bytes() []byte { return in.take(int(in.number(ChunkMax))) }

// chunkRow is a row of a chunk.
type chunkRow struct{ key, value []byte }

// decodeRows reads a chunk of rows. Slices are the chunk's own.
func decodeRows(chunk []byte) (beside []smt.Beside, rows []chunkRow, err error) {
	in := &input{rest: chunk}
	for range in.number(besideMax) {
		if part := in.take(65); part != nil {
			beside = append(beside, smt.Beside{Depth: part[0], Key: smt.Hash(part[1:]), Hash: smt.Hash(part[33:])})
		}
	}
	// They are counted first: a chunk of nothing but the shortest rows would take a
	// hundred times its size before it is found to be none.
	count, n := *in, 0
	for ; len(count.rest) > 0; n++ {
		switch r := count.row(); {
		case count.bad != nil:
		case len(r.key) == 0 || len(r.value) == 0:
			count.fail("a row without a key or a value")
		case n == chunkRows:
			count.fail(fmt.Sprintf("more than %d rows", chunkRows))
		}
	}
	if count.bad != nil {
		return nil, nil, count.bad
	}
	rows = make([]chunkRow, n)
	for i := range rows {
		rows[i] = in.row()
	}
	return beside, rows, nil
}

func (in *input) row() chunkRow { return chunkRow{in.bytes(), in.bytes()} }

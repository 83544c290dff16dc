package state

import (
	"encoding/binary"
	"fmt"
	"iter"
	"slices"

	"github.com/cockroachdb/pebble/v2"
)

// Row is a row as it is stored.
type Row struct {
	Table byte   // the table's number
	Key   Key    // its key within the table
	Value []byte // the encoded record
}

// Rows yields every row of the state, by table number and then by key: all that the
// root commits to. It ends with the first error, which is ErrDamaged.
func (v *View) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		v.walk([]byte{spaceRow}, []byte{spaceRow + 1}, func(key, value []byte) bool {
			return yield(Row{Table: key[1], Key: Key(key[2:]), Value: slices.Clone(value)}, nil)
		}, func(err error) { yield(Row{}, fmt.Errorf("rows: %w", err)) })
	}
}

// UsedRow is what a block used of keys that are free after a minute.
type UsedRow struct {
	Minute uint32 // since 1970
	Height int64  // of the block
	Keys   []byte // 16 bytes each, in the order of their use
}

// UsedRows yields the used keys by minute and then by height: all that is beside
// the tree and yet part of the state, as digests in the tree commit to it. It
// ends with the first error, which is ErrDamaged.
func (v *View) UsedRows() iter.Seq2[UsedRow, error] {
	return func(yield func(UsedRow, error) bool) {
		v.walk([]byte{spaceUsed}, []byte{spaceUsed + 1}, func(key, value []byte) bool {
			if len(key) != 13 || len(value)%16 != 0 {
				yield(UsedRow{}, fmt.Errorf("%w: a row of used keys has %d and %d bytes", ErrDamaged, len(key), len(value)))
				return false
			}
			return yield(UsedRow{Minute: usedMinute(key), Height: int64(binary.BigEndian.Uint64(key[5:])), Keys: slices.Clone(value)}, nil)
		}, func(err error) { yield(UsedRow{}, fmt.Errorf("used keys: %w", err)) })
	}
}

// walk calls fn for what the store has from low to before high, as of the view,
// until it returns false, and bad where something can't be read.
func (v *View) walk(low, high []byte, fn func(key, value []byte) bool, bad func(error)) {
	it, err := v.snap.NewIter(&pebble.IterOptions{LowerBound: low, UpperBound: high})
	stopped := false
	if err == nil {
		err = each(it, func() bool { stopped = !fn(it.Key(), it.Value()); return !stopped })
	}
	if err != nil && !stopped {
		bad(fmt.Errorf("%w: %w", ErrDamaged, err))
	}
}

package state

// Reader reads records: the Overlay of the block being executed, or a View of
// the last committed height.
type Reader interface {
	// get returns a record; shared says that others see the same one.
	get(t *spec, k Key) (rec Record, shared, ok bool)
	// scan calls fn for each entry with the prefix, not before from, in order,
	// until it returns false.
	scan(ix *index, prefix, from string, fn func(place string, k Key) bool)
}

const (
	spaceMeta  = 0x00 // height, app hash
	spaceRow   = 0x01 // table number, key -> record
	spaceIndex = 0x02 // index number, entry -> nothing
	spaceLocal = 0x03 // what a node keeps beside the state
	spaceUsed  = 0x05 // minute, height -> used keys
)

// rowKey is a row's key in the tree: the table's number and the key.
func rowKey(t *spec, k Key) []byte {
	b := make([]byte, 0, 1+len(k))
	return append(append(b, t.id), k...)
}

// dbRow is a row's key in Pebble.
func dbRow(b []byte, t *spec, k Key) []byte {
	return append(append(b[:0], spaceRow, t.id), k...)
}

// dbIndex is an index entry's key in Pebble.
func dbIndex(b []byte, ix *index, e string) []byte {
	return append(append(b[:0], spaceIndex, ix.id), e...)
}

// after returns the smallest string that is greater than every string with
// this prefix, or nothing where there is none.
func after(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i] < 0xff {
			end[i]++
			return end[:i+1]
		}
	}
	return nil
}

// Package state keeps the ledger's records: typed tables with secondary
// indexes over Pebble, an overlay for the block being executed, the journal of
// what changed, and the sparse Merkle tree that commits to it.
//
// Three rules hold it together:
//
//   - Execution is serial. One goroutine owns the Overlay; nothing in it is
//     locked.
//   - Readers never wait for a block. They hold a View: the last committed
//     height, frozen.
//   - Whatever a handler does is a Put or a Delete here, so the journal is
//     complete: privileges, invariants, history, watchers and SQL are derived
//     from it, and nothing is announced by hand.
package state

// Record is a message of the schema with generated, deterministic encoding.
type Record interface {
	SizeVT() int
	MarshalToSizedBufferVT([]byte) (int, error)
	UnmarshalVT([]byte) error
}

// encode returns the record's bytes. The generated code can only fail on a
// programming error, such as a nil message inside a list.
func encode(r Record) []byte {
	n := r.SizeVT()
	b := make([]byte, n)
	if _, err := r.MarshalToSizedBufferVT(b); err != nil {
		panic("state: encoding a record: " + err.Error())
	}
	return b
}

// Encode returns the record's frozen bytes: what is stored, hashed and proven.
func Encode(r Record) []byte { return encode(r) }

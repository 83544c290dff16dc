package party

import (
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/troth-ledger/troth/gen/pb"
)

// EachKey calls do with each key of a party as its row is encoded, without decoding the
// rest: of a large ledger, that is millions of parties. It ends where the bytes are no
// party's.
func EachKey(row []byte, do func(scheme pb.Scheme, publicKey []byte)) {
	const keys, scheme, publicKey = 5, 1, 2 // as the schema numbers them
	fields(row, func(n protowire.Number, _ uint64, key []byte) {
		if n != keys {
			return
		}
		var s pb.Scheme
		var public []byte
		fields(key, func(n protowire.Number, v uint64, b []byte) {
			switch n {
			case scheme:
				s = pb.Scheme(v)
			case publicKey:
				public = b
			}
		})
		do(s, public)
	})
}

// fields calls do with each field of an encoded message: a number, or bytes.
func fields(b []byte, do func(n protowire.Number, v uint64, bytes []byte)) {
	for len(b) > 0 {
		n, wire, size := protowire.ConsumeTag(b)
		if size < 0 {
			return
		}
		b = b[size:]
		var v uint64
		var bytes []byte
		switch wire {
		case protowire.VarintType:
			v, size = protowire.ConsumeVarint(b)
		case protowire.BytesType:
			bytes, size = protowire.ConsumeBytes(b)
		default:
			size = protowire.ConsumeFieldValue(n, wire, b)
		}
		if size < 0 {
			return
		}
		do(n, v, bytes)
		b = b[size:]
	}
}

package party

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/state"
)

// TestEachKey holds what is found in a party's bytes to the party.
func TestEachKey(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := &pb.Party{Id: "p_aaaaaaaaaaaaaaaaaaaaaaaaaa", Kind: pb.PartyKind_COMPANY, Name: rapid.String().Draw(t, "name"),
			QuotaPerMinute: rapid.Uint32().Draw(t, "quota"), Licensed: true}
		for range rapid.IntRange(0, 4).Draw(t, "keys") {
			p.Keys = append(p.Keys, &pb.Key{Scheme: pb.Scheme(rapid.IntRange(0, 3).Draw(t, "scheme")), Label: rapid.String().Draw(t, "label"),
				PublicKey: rapid.SliceOfN(rapid.Byte(), 0, 33).Draw(t, "key"), Ops: []uint32{1, 300}})
		}
		row := state.Encode(p)
		n := 0
		EachKey(row, func(s pb.Scheme, public []byte) {
			if k := p.Keys[n]; s != k.Scheme || !bytes.Equal(public, k.PublicKey) {
				t.Fatalf("key %d is %s %x, want %s %x", n, s, public, k.Scheme, k.PublicKey)
			}
			n++
		})
		if n != len(p.Keys) {
			t.Fatalf("%d keys found, there are %d", n, len(p.Keys))
		}
		// Nothing panics over bytes that are no party's.
		row[rapid.IntRange(0, len(row)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
		EachKey(row, func(pb.Scheme, []byte) {})
	})
}

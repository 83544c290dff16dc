package op_test

import (
	"testing"

	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/client/keyfile"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/sig"
)

// BenchmarkAdmission is what a node does with a batch of transfers at its door,
// before it looks at any state: decode each, check it by itself, and verify the
// signatures of all together, each by a key of its own.
//
//	go test -run '^$' -bench Admission ./ledger/op
func BenchmarkAdmission(b *testing.B) {
	const batch = 256
	raws := make([][]byte, batch)
	for i := range raws {
		k, err := keyfile.Generate(sig.Ed25519, "", "")
		if err != nil {
			b.Fatal(err)
		}
		party := op.MakeID("p", k.Public())
		raws[i], err = client.Body{ChainID: "bench", Party: party, Ops: []op.Message{
			&pb.TransferRequest{To: op.MakeID("p", []byte(party)), Amount: &pb.Amount{Asset: "EUR@bank", Units: 1}}}}.Sign(k)
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		var all sig.Batch
		for _, raw := range raws {
			tx, err := op.Decode(raw)
			if err != nil {
				b.Fatal(err)
			}
			tx.AddTo(&all)
		}
		if err := op.Verdict(all.Verify()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*batch), "ns/tx")
}

package api_test

import (
	"testing"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/internal/testnode"
)

// TestCompressed: a long answer is compressed for whoever takes it so, but for the
// records of what was submitted.
func TestCompressed(t *testing.T) {
	n := testnode.Start(t)
	var txs [][]byte
	for range 40 {
		raw, err := n.Ada.Prepare(&pb.TransferRequest{To: n.Ben.Party, Amount: testnode.Euros(1)})
		if err != nil {
			t.Fatal(err)
		}
		txs = append(txs, raw)
	}
	records, err := n.API.Submit(t.Context(), connect.NewRequest(&pb.SubmitRequest{Txs: txs}))
	if err != nil {
		t.Fatal(err)
	}
	history, err := n.API.ListHistory(t.Context(), connect.NewRequest(&pb.ListHistoryRequest{Id: n.Ada.Party}))
	if err != nil {
		t.Fatal(err)
	}
	const long = 2000
	if records.Msg.SizeVT() < long || history.Msg.SizeVT() < long {
		t.Fatalf("%d and %d bytes are not long", records.Msg.SizeVT(), history.Msg.SizeVT())
	}
	if how := records.Header().Get("Content-Encoding"); how != "" {
		t.Errorf("the records are sent as %s", how)
	}
	if how := history.Header().Get("Content-Encoding"); how != "gzip" {
		t.Errorf("the history is sent as %q", how)
	}
}

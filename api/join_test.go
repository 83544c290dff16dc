package api_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/client/proof"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/internal/testnode"
)

// What a node that joins reads: the genesis as it is, and headers that are
// signed by the validators it names.
func TestJoinReads(t *testing.T) {
	n := testnode.Start(t)
	g, err := n.API.ReadGenesis(t.Context(), connect.NewRequest(&pb.ReadGenesisRequest{}))
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join(n.Home, "genesis.json"))
	if err != nil || !bytes.Equal(g.Msg.Genesis, file) || len(g.Msg.NodeId) != 40 || g.Msg.Port != 0 || g.Msg.SnapshotHeight != 0 {
		t.Errorf("%v, %v", g.Msg, err)
	}
	for _, height := range []int64{1, 2, 0} {
		r, err := n.API.ReadHeader(t.Context(), connect.NewRequest(&pb.ReadHeaderRequest{Height: height}))
		if err != nil || height > 0 && r.Msg.Height != height || len(r.Msg.Hash) != 32 {
			t.Fatalf("height %d: %v, %v", height, r, err)
		}
		if _, err := proof.FirstSeen(&pb.ProofBundle{SignedHeader: r.Msg.SignedHeader, Validators: r.Msg.Validators}); err != nil {
			t.Errorf("height %d: %v", height, err)
		}
	}
	_, err = n.API.ReadHeader(t.Context(), connect.NewRequest(&pb.ReadHeaderRequest{Height: -1}))
	if d := client.Detail(err); d.GetCode() != pb.Code_INVALID {
		t.Errorf("height -1: %v", err)
	}
}

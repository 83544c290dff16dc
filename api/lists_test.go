package api_test

import (
	"fmt"
	"sync"
	"testing"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/internal/testnode"
)

func now() *timestamppb.Timestamp { return timestamppb.Now() }

// TestPages: whatever the size of the pages, a list has every row exactly once
// and in order, while blocks are being made.
func TestPages(t *testing.T) {
	n := testnode.Start(t)
	const rows = 120
	var want []string
	for i := 0; i < rows; i += 40 {
		m := &pb.SubmitFactRequest{}
		for j := range 40 {
			m.Statements = append(m.Statements, &pb.Statement{Subject: "parcel:1", Kind: "scan", At: now(), Reference: fmt.Sprint(i + j)})
		}
		if _, err := n.Carrier.Do(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range facts(t, n, 500, rows) {
		want = append(want, f.Id)
	}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				say(t, n, "parcel:1", fmt.Sprint("later", i))
				say(t, n, "parcel:2", fmt.Sprint("later", i))
			}
		}
	})
	defer wg.Wait()
	defer close(stop)
	rapid.Check(t, func(rt *rapid.T) {
		size := rapid.Uint32Range(1, 70).Draw(rt, "size")
		for i, f := range facts(t, n, size, rows) {
			if f.Id != want[i] {
				rt.Fatalf("row %d of pages of %d is %s, not %s", i, size, f.Id, want[i])
			}
		}
	})
}

// facts reads the first facts about parcel 1, page by page.
func facts(t *testing.T, n *testnode.Node, size uint32, total int) (out []*pb.Fact) {
	t.Helper()
	page := &pb.Page{Size: size}
	for {
		r, err := n.API.ListFacts(t.Context(), connect.NewRequest(&pb.ListFactsRequest{Subject: "parcel:1", Page: page}))
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Msg.Facts) > int(size) {
			t.Fatalf("a page of %d has %d", size, len(r.Msg.Facts))
		}
		out = append(out, r.Msg.Facts...)
		if len(out) >= total {
			return out[:total]
		}
		if r.Msg.Next == "" {
			t.Fatalf("the list ends after %d rows of %d", len(out), total)
		}
		page.Token = r.Msg.Next
	}
}

// TestHistory: newest first, page by page, with the operations' names.
func TestHistory(t *testing.T) {
	n := testnode.Start(t)
	for i := range 7 {
		pay(t, n, int64(i+1))
	}
	var heights []int64
	page := &pb.Page{Size: 3}
	for {
		r, err := n.API.ListHistory(t.Context(), connect.NewRequest(&pb.ListHistoryRequest{Id: n.Ben.Party, Page: page}))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range r.Msg.Entries {
			if len(heights) < 7 && (len(e.Ops) != 1 || e.Ops[0] != "Transfer" || e.Party != n.Ada.Party || len(e.Tx) != 64) {
				t.Errorf("%v", e)
			}
			heights = append(heights, e.Height)
		}
		if page.Token = r.Msg.Next; page.Token == "" {
			break
		}
	}
	if len(heights) < 8 {
		t.Fatalf("%d entries", len(heights))
	}
	for i := 1; i < len(heights); i++ {
		if heights[i] > heights[i-1] {
			t.Errorf("not newest first: %v", heights)
		}
	}
}

// TestProofs: any read can be proven, absence too.
func TestProofs(t *testing.T) {
	n := testnode.Start(t)
	prove := &pb.ReadOptions{Prove: true}
	p, err := n.API.GetParty(t.Context(), connect.NewRequest(&pb.GetRequest{Id: "@shop", Options: prove}))
	if err != nil || p.Msg.Party.Id != n.Shop.Party || len(p.Msg.Read.Proof.Proof) == 0 || len(p.Msg.Read.Proof.SignedHeader) == 0 {
		t.Errorf("%v, %v", p, err)
	}
	h, err := n.API.GetHolding(t.Context(), connect.NewRequest(&pb.GetHoldingRequest{Party: "@shop", Asset: testnode.EUR, Options: prove}))
	if err != nil || h.Msg.Holding.Available != testnode.Funds || len(h.Msg.Read.Proof.Value) == 0 {
		t.Errorf("%v, %v", h, err)
	}
	gone, err := n.API.GetPromise(t.Context(), connect.NewRequest(&pb.GetRequest{Id: "pr_nothing", Options: prove}))
	if err != nil || gone.Msg.Promise != nil || len(gone.Msg.Read.Proof.Proof) == 0 || len(gone.Msg.Read.Proof.Value) != 0 {
		t.Errorf("%v, %v", gone, err)
	}
	if _, err := n.API.GetParty(t.Context(), connect.NewRequest(&pb.GetRequest{Id: "@nobody", Options: prove})); detail(t, err).Code != pb.Code_UNKNOWN_PARTY {
		t.Errorf("%v", err)
	}
}

// TestSubmit: each transaction has its own verdict, garbage too, and nothing is
// lost beside it.
func TestSubmit(t *testing.T) {
	n := testnode.Start(t)
	good, err := n.Ada.Prepare(&pb.TransferRequest{To: n.Ben.Party, Amount: testnode.Euros(1)})
	if err != nil {
		t.Fatal(err)
	}
	poor, err := n.Ada.Prepare(&pb.TransferRequest{To: n.Ben.Party, Amount: testnode.Euros(testnode.Funds * 2)})
	if err != nil {
		t.Fatal(err)
	}
	forged := append([]byte(nil), good...)
	forged[len(forged)-1] ^= 1
	submit := func(txs ...[]byte) []*pb.TxRecord {
		r, err := n.API.Submit(t.Context(), connect.NewRequest(&pb.SubmitRequest{Txs: txs}))
		if err != nil {
			t.Fatal(err)
		}
		return r.Msg.Txs
	}
	got := submit([]byte("\xff\xff"), good, nil, poor, forged, make([]byte, 65<<10))
	for i, want := range []pb.Code{pb.Code_MALFORMED, pb.Code_OK, pb.Code_INVALID, pb.Code_INSUFFICIENT, pb.Code_BAD_SIGNATURE, pb.Code_TOO_LARGE} {
		if code := pb.Code(got[i].Result.Code); code != want {
			t.Errorf("transaction %d: %s (%s), want %s", i, code, got[i].Result.Message, want)
		}
	}
	if got[1].Height == 0 || got[3].Result.FailedOp != 1 {
		t.Errorf("%v, %v", got[1], got[3])
	}
	if again := submit(good)[0]; again.Height != got[1].Height {
		t.Errorf("sent again it is in %d, not %d", again.Height, got[1].Height)
	}
	tx, err := n.API.GetTx(t.Context(), connect.NewRequest(&pb.GetRequest{Id: got[1].Id}))
	if err != nil || tx.Msg.Tx.Height != got[1].Height {
		t.Errorf("%v, %v", tx, err)
	}
}

package api_test

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"

	"github.com/troth-ledger/troth/client/proof"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/internal/testnode"
)

var prove = &pb.ReadOptions{Prove: true}

func genesisTrust(t *testing.T, n *testnode.Node) *proof.Trust {
	t.Helper()
	trust, err := proof.LoadTrust(filepath.Join(n.Home, "genesis.json"))
	if err != nil {
		t.Fatal(err)
	}
	return trust
}

// TestProvenLists: the rows of a list are proven under one header, page by page,
// and a node that changes, swaps or invents one is found out.
func TestProvenLists(t *testing.T) {
	n := testnode.Start(t)
	trust := genesisTrust(t, n)
	for i := range 7 {
		say(t, n, "parcel:1", fmt.Sprint("a", i))
	}
	say(t, n, "parcel:2", "b")
	req := &pb.ListFactsRequest{Subject: "parcel:1", Page: &pb.Page{Size: 3}, Options: prove}
	var all []*pb.Fact
	var first *pb.ProofBundle
	for {
		r, err := n.API.ListFacts(t.Context(), connect.NewRequest(req))
		if err != nil {
			t.Fatal(err)
		}
		l, err := proof.VerifyList(r.Msg.Read.Proof, req, trust)
		if err != nil {
			t.Fatal(err)
		}
		if l.Total != -1 || l.Height != r.Msg.Read.Height || len(l.Records) != len(r.Msg.Facts) {
			t.Errorf("proven: %+v", l)
		}
		for i, rec := range l.Records {
			if !proto.Equal(rec, r.Msg.Facts[i]) {
				t.Errorf("row %d is %v, proven is %v", i, r.Msg.Facts[i], rec)
			}
			all = append(all, rec.(*pb.Fact))
		}
		if first == nil {
			first = r.Msg.Read.Proof
		}
		if req.Page.Token = r.Msg.Next; req.Page.Token == "" {
			break
		}
	}
	if len(all) != 7 {
		t.Fatalf("%d facts", len(all))
	}
	for i, f := range all {
		if f.Statement.Reference != fmt.Sprint("a", i) || i > 0 && f.Seq <= all[i-1].Seq {
			t.Errorf("fact %d is %s, number %d", i, f.Statement.Reference, f.Seq)
		}
	}
	other, err := n.API.ListFacts(t.Context(), connect.NewRequest(&pb.ListFactsRequest{Subject: "parcel:2", Options: prove}))
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		forge func(*pb.ProofBundle)
		want  error
	}{
		"a changed value":     {func(b *pb.ProofBundle) { b.Rows[1].Value[9] ^= 1 }, proof.ErrValue},
		"a row twice":         {func(b *pb.ProofBundle) { b.Rows[1] = b.Rows[0] }, proof.ErrMalformed},
		"an absent row":       {func(b *pb.ProofBundle) { b.Rows[1].Value = nil }, proof.ErrMalformed},
		"another's key":       {func(b *pb.ProofBundle) { b.Rows[1].Key = b.Rows[0].Key[:len(b.Rows[0].Key)-1] }, proof.ErrValue},
		"another subject":     {func(b *pb.ProofBundle) { proto.Reset(b); proto.Merge(b, other.Msg.Read.Proof) }, proof.ErrOtherRecord},
		"a record of no list": {func(b *pb.ProofBundle) { b.Key = b.Rows[0].Key }, proof.ErrOtherRecord},
	} {
		b := first.CloneVT()
		c.forge(b)
		if _, err := proof.VerifyList(b, req, trust); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
	}
	if _, err := proof.Verify(first, proof.Fact(all[0].Id), trust); !errors.Is(err, proof.ErrOtherRecord) {
		t.Errorf("a list's bundle as one record's: %v", err)
	}
	t.Logf("%d bytes for 3 rows", proto.Size(first))
}

// TestProvenTx: a transaction and what became of it are proven, refused ones and
// those of a history too.
func TestProvenTx(t *testing.T) {
	n := testnode.Start(t)
	trust := genesisTrust(t, n)
	paid := pay(t, n, 7)
	poor, err := n.Ada.Prepare(&pb.TransferRequest{To: n.Ben.Party, Amount: testnode.Euros(testnode.Funds * 2)})
	if err != nil {
		t.Fatal(err)
	}
	refused, err := n.API.Submit(t.Context(), connect.NewRequest(&pb.SubmitRequest{Txs: [][]byte{poor}}))
	if err != nil || refused.Msg.Txs[0].Height == 0 {
		t.Fatalf("%v, %v", refused, err)
	}
	var p *pb.TxProof
	for id, want := range map[string]*pb.TxRecord{paid.Id: paid, refused.Msg.Txs[0].Id: refused.Msg.Txs[0]} {
		r, err := n.API.GetTx(t.Context(), connect.NewRequest(&pb.GetRequest{Id: id, Options: prove}))
		if err != nil {
			t.Fatal(err)
		}
		x, err := proof.VerifyTx(r.Msg.Proof, id, trust)
		if err != nil {
			t.Fatal(err)
		}
		if x.Height != want.Height || x.Result.Code != want.Result.Code || x.Body.Party != want.Party || !x.BlockTime.Equal(want.Time.AsTime()) {
			t.Errorf("proven: %+v, want %v", x, want)
		}
		if id == paid.Id {
			p = r.Msg.Proof
		}
	}
	h, err := n.API.ListHistory(t.Context(), connect.NewRequest(&pb.ListHistoryRequest{Id: n.Ben.Party, Options: prove}))
	if err != nil || len(h.Msg.Entries) < 2 {
		t.Fatalf("%v, %v", h, err)
	}
	for _, e := range h.Msg.Entries {
		if e.Tx == "" {
			continue // from the genesis
		}
		if x, err := proof.VerifyTx(e.Proof, e.Tx, trust); err != nil || x.Height != e.Height || x.Result.Code != 0 {
			t.Errorf("%v, %v", x, err)
		}
	}
	if _, err := proof.VerifyTx(p, refused.Msg.Txs[0].Id, trust); !errors.Is(err, proof.ErrOtherRecord) {
		t.Errorf("another transaction: %v", err)
	}
	if _, err := proof.VerifyTx(nil, paid.Id, trust); !errors.Is(err, proof.ErrMalformed) {
		t.Errorf("no proof: %v", err)
	}
	for name, part := range map[string]func(*pb.TxProof) []byte{
		"tx": func(p *pb.TxProof) []byte { return p.Tx }, "tx proof": func(p *pb.TxProof) []byte { return p.TxProof },
		"result": func(p *pb.TxProof) []byte { return p.Result }, "result proof": func(p *pb.TxProof) []byte { return p.ResultProof },
		"header": func(p *pb.TxProof) []byte { return p.Header }, "signed header": func(p *pb.TxProof) []byte { return p.SignedHeader },
	} {
		for i := range part(p) {
			m := p.CloneVT()
			part(m)[i] ^= 1 << (i % 8)
			if x, err := proof.VerifyTx(m, paid.Id, trust); err == nil {
				t.Fatalf("%s: a changed byte %d was accepted: %+v", name, i, x)
			}
		}
	}
	t.Logf("%d bytes", proto.Size(p))
}

// TestPageBytes: a page ends at 1 MiB, proofs included, and the next goes on
// where it ended.
func TestPageBytes(t *testing.T) {
	n := testnode.Start(t)
	for i := range 26 {
		if _, err := n.Carrier.Do(t.Context(), &pb.SubmitFactRequest{Statements: large(i)}); err != nil {
			t.Fatal(err)
		}
	}
	for _, o := range []*pb.ReadOptions{nil, prove} {
		seen, pages := map[string]bool{}, 0
		req := &pb.ListFactsRequest{Subject: "parcel:1", Page: &pb.Page{Size: 500}, Options: o}
		for more := true; more; pages++ {
			r, err := n.API.ListFacts(t.Context(), connect.NewRequest(req))
			if err != nil {
				t.Fatal(err)
			}
			size := proto.Size(r.Msg)
			if size > 1<<20+16<<10 || r.Msg.Next != "" && size < 900<<10 {
				t.Errorf("page %d has %d bytes and %d rows", pages, size, len(r.Msg.Facts))
			}
			for _, f := range r.Msg.Facts {
				if seen[f.Id] {
					t.Errorf("%s came twice", f.Id)
				}
				seen[f.Id] = true
			}
			req.Page.Token, more = r.Msg.Next, r.Msg.Next != ""
		}
		if len(seen) != 26*13 || pages < 2 {
			t.Errorf("%d rows in %d pages", len(seen), pages)
		}
	}
}

// TestArrival: the facts of one block, of one operation even, are listed in the
// order in which they arrived, and not by their ids.
func TestArrival(t *testing.T) {
	n := testnode.Start(t)
	m := &pb.SubmitFactRequest{}
	for i := range 40 {
		m.Statements = append(m.Statements, &pb.Statement{Subject: "parcel:1", Kind: "scan", At: now(), Reference: fmt.Sprint(i)})
	}
	if _, err := n.Carrier.Do(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	ordered := true
	got := facts(t, n, 7, 40)
	for i, f := range got {
		if f.Statement.Reference != fmt.Sprint(i) || f.Seq != uint64(i+1) {
			t.Errorf("place %d has the fact %s, number %d", i, f.Statement.Reference, f.Seq)
		}
		ordered = ordered && (i == 0 || bytes.Compare([]byte(got[i-1].Id), []byte(f.Id)) < 0)
	}
	if ordered {
		t.Error("the ids are in this order by chance: the test shows nothing")
	}
}

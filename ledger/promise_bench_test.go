package ledger_test

import (
	"encoding/binary"
	"strconv"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// BenchmarkPromiseCycle is a promise from offer to settlement: offered,
// accepted, a fact, settled. Transactions are decoded beforehand and signatures
// are not checked; admission, the changes, the Merkle root and the commit are
// in. One iteration is one promise, in blocks of 250 transactions.
//
//	go test ./ledger -run xxx -bench PromiseCycle
func BenchmarkPromiseCycle(b *testing.B) {
	const perBlock = 250
	w := newCycle(b)
	b.ReportAllocs()
	b.ResetTimer()
	for done := 0; done < b.N; done += perBlock {
		n := min(perBlock, b.N-done)
		offers := w.txs(n, "shop", func(int) op.Message { return w.offer() })
		var ids []string
		for _, res := range w.run(offers) {
			var r pb.OfferResponse
			if err := r.UnmarshalVT(res.Responses[0]); err != nil {
				b.Fatal(err)
			}
			ids = append(ids, r.Promise)
		}
		w.run(w.txs(n, "ana", func(i int) op.Message { return &pb.AcceptRequest{Promise: ids[i]} }))
		w.run(w.txs(n, "carrier", func(i int) op.Message {
			return &pb.SubmitFactRequest{Statements: []*pb.Statement{{Subject: w.subject(done + i), Kind: "delivered", At: timestamppb.New(w.now)}}}
		}))
	}
}

type cycle struct {
	b            *testing.B
	m            *ledger.Machine
	actors       map[string]*actor
	now          time.Time
	height       int64
	serial, made uint64
}

func newCycle(b *testing.B) *cycle {
	w := &cycle{b: b, actors: map[string]*actor{}, now: time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)}
	g := &pb.Genesis{Params: scenarioParams()}
	g.Params.QuotaPerMinute, g.Params.QuotaBurst = 1_000_000_000, 1_000_000_000
	for name, kind := range map[string]pb.PartyKind{"bank": pb.PartyKind_COMPANY, "shop": pb.PartyKind_COMPANY, "carrier": pb.PartyKind_COMPANY, "ana": pb.PartyKind_PERSON} {
		a := newActor(name, "")
		w.actors[name] = a
		p := &pb.Party{Id: a.id, Kind: kind, Licensed: name == "bank",
			Keys: []*pb.Key{{Scheme: pb.Scheme_ED25519, PublicKey: newKey(name+"/main", pb.Scheme_ED25519).public, Role: pb.KeyRole_OWNER}}}
		if kind == pb.PartyKind_COMPANY {
			p.Handle = name
		}
		g.Parties = append(g.Parties, p)
	}
	store, err := state.Open("", state.Options{InMemory: true, CacheBytes: 64 << 20})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = store.Close() })
	w.m = ledger.New(store, chainID)
	if err := w.m.Begin(g); err != nil {
		b.Fatal(err)
	}
	s, err := parseStory("testdata/promise/offer.txtar")
	if err != nil {
		b.Fatal(err)
	}
	t, err := parseTemplate("parcel.yaml", s.files["parcel.yaml"])
	if err != nil {
		b.Fatal(err)
	}
	one := func(who string, m op.Message) { w.run(w.txs(1, who, func(int) op.Message { return m })) }
	one("bank", &pb.CreateAssetRequest{Symbol: "EUR", Kind: pb.AssetKind_MONEY, Decimals: 2})
	one("bank", &pb.IssueRequest{To: w.actors["shop"].id, Amount: euros(1 << 50)})
	one("bank", &pb.IssueRequest{To: w.actors["ana"].id, Amount: euros(1 << 50)})
	one("shop", &pb.PublishTemplateRequest{Template: t})
	return w
}

func (w *cycle) offer() op.Message {
	w.made++
	role := func(name, who string) *pb.RoleBinding {
		return &pb.RoleBinding{Role: name, Parties: []string{w.actors[who].id}}
	}
	return &pb.OfferRequest{Template: "parcel@shop/1", Roles: []*pb.RoleBinding{role("seller", "shop"), role("buyer", "ana"), role("carrier", "carrier")},
		Terms: []*pb.NamedValue{value("tracking", w.subject(int(w.made) - 1)[len("parcel:"):]), value("price", int64(12000)), value("penalty", int64(1200)),
			value("deliver_by", timestamppb.New(w.now.Add(24*time.Hour)))}}
}

func (w *cycle) subject(n int) string {
	return "parcel:" + strconv.Itoa(n)
}

// txs makes decoded transactions outside the clock.
func (w *cycle) txs(n int, who string, make func(int) op.Message) []ledger.Tx {
	w.b.StopTimer()
	defer w.b.StartTimer()
	out := []ledger.Tx{}
	for i := range n {
		w.serial++
		req := make(i)
		row, _ := op.FindRequest(req)
		body := &pb.TxBody{ChainId: chainID, Party: w.actors[who].id, Expires: timestamppb.New(w.now.Add(5 * time.Minute)),
			Key: binary.BigEndian.AppendUint64(nil, w.serial), Ops: []*pb.Operation{{Code: row.Code, Request: state.Encode(req)}}}
		s := newKey(who+"/main", pb.Scheme_ED25519).named()
		s.Signature = []byte{1}
		body.Signers = op.Signers([]*pb.Signature{s})
		tx := &pb.SignedTx{Body: state.Encode(body), Signatures: []*pb.Signature{s}}
		d, err := op.Decode(state.Encode(tx))
		out = append(out, ledger.Tx{Decoded: d, Err: err})
	}
	return out
}

func (w *cycle) run(txs []ledger.Tx) []*pb.TxResult {
	w.height++
	w.now = w.now.Add(time.Second)
	x := w.m.Execute(ledger.Block{Height: w.height, Time: w.now, Txs: txs})
	if err := w.m.Commit(nil); err != nil {
		w.b.Fatal(err)
	}
	for _, r := range x.Results {
		if r.Code != 0 {
			w.b.Fatal(r.Message)
		}
	}
	return x.Results
}

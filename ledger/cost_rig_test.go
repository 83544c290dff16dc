package ledger_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// costs is a machine with a few parties, money and the library of templates, to
// measure on.
type costs struct {
	t         testing.TB
	machine   *ledger.Machine
	who       []*actor
	euro      string
	now       time.Time
	height    int64
	serial    uint64
	templates []*pb.Template
}

func newCosts(t testing.TB) *costs {
	g := &pb.Genesis{Params: ledger.DefaultParams()}
	g.Params.QuotaBurst, g.Params.NewcomersPerMinute = 1<<20, 1<<20
	g.Params.NewcomerQuotaBurst, g.Params.NewcomerTotalPerMinute = 1<<20, 1<<22
	c := &costs{t: t, now: time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)}
	kinds := []pb.PartyKind{pb.PartyKind_COMPANY, pb.PartyKind_COMPANY, pb.PartyKind_PERSON, pb.PartyKind_PERSON, pb.PartyKind_PERSON, pb.PartyKind_DEVICE, pb.PartyKind_DEVICE}
	for i, kind := range kinds {
		a := newActor(fmt.Sprintf("costs%d", i), "")
		c.who = append(c.who, a)
		k := newKey(a.name+"/main", pb.Scheme_ED25519)
		p := &pb.Party{Id: a.id, Kind: kind, Keys: []*pb.Key{{Scheme: k.scheme, PublicKey: k.public, Role: pb.KeyRole_OWNER}}}
		if kind == pb.PartyKind_COMPANY {
			p.Handle, p.Licensed = a.name, true
		}
		if kind == pb.PartyKind_DEVICE {
			p.Owner = c.who[2].id
		}
		g.Parties = append(g.Parties, p)
	}
	files, err := filepath.Glob("../templates/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no templates: %v", err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		m, err := parseTemplate(f, b)
		if err != nil {
			t.Fatal(err)
		}
		c.templates = append(c.templates, m)
	}
	c.machine = newMachine(t, g)
	c.timed(t)
	c.euro = "EUR@" + c.who[0].name
	c.timed(t, c.sign(c.who[0], &pb.CreateAssetRequest{Symbol: "EUR", Kind: pb.AssetKind_MONEY, Decimals: 2}))
	for _, a := range c.who {
		c.timed(t, c.sign(c.who[0], &pb.IssueRequest{To: a.id, Amount: &pb.Amount{Asset: c.euro, Units: 1_000_000_000}}))
	}
	return c
}

// sign makes a transaction of one party's own key.
func (c *costs) sign(a *actor, msgs ...op.Message) []byte {
	c.serial++
	body := &pb.TxBody{ChainId: chainID, Party: a.id, Key: binary.BigEndian.AppendUint64(nil, c.serial), Expires: timestamppb.New(c.now.Add(time.Hour))}
	for _, m := range msgs {
		row, _ := op.FindRequest(m)
		body.Ops = append(body.Ops, &pb.Operation{Code: row.Code, Request: state.Encode(m)})
	}
	k := newKey(a.name+"/main", pb.Scheme_ED25519)
	body.Signers = op.Signers([]*pb.Signature{k.named()})
	s := &pb.SignedTx{Body: state.Encode(body)}
	s.Signatures = append(s.Signatures, k.sign(s.Body, forgery{}))
	return state.Encode(s)
}

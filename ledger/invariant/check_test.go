package invariant

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/asset"
	"github.com/troth-ledger/troth/ledger/council"
	"github.com/troth-ledger/troth/ledger/fact"
	"github.com/troth-ledger/troth/ledger/party"
	"github.com/troth-ledger/troth/ledger/state"
)

// settlements is a table as the area of promises has it; in this test's binary
// that area isn't there.
var settlements = state.NewTable[pb.Settlement](42, "settlements", nil)

// promises stands in for that area's table and its books: a promise says that
// all it was given is ana's.
var promises = state.NewTable[pb.Promise](41, "promises", nil)

var promisesByState = state.NewIndex(promises, 43, "promises_by_state", func(state.Key, *pb.Promise) []string { return []string{""} })

var _ = asset.RegisterBooks(asset.Books{
	Change: func(ch state.Change, add asset.Add) (bool, error) {
		before, after, ok := promises.Of(ch)
		for _, h := range before.GetHolds() {
			add(ana, eur, -h.Put)
		}
		for _, h := range after.GetHolds() {
			if h.Put < 0 {
				return ok, errors.New("less than nothing was put in")
			}
			add(ana, eur, h.Put)
		}
		return ok, nil
	},
	All: func(r state.Reader, add asset.Add) error {
		for _, k := range promisesByState.Keys(r, "", "") {
			p, ok := promises.Peek(r, k)
			if !ok {
				return fmt.Errorf("there is no promise %s", k)
			}
			for _, h := range p.Holds {
				add(ana, eur, h.Put)
			}
		}
		return nil
	},
})

func promise(o *state.Overlay, units int64) {
	promises.Put(o, "pr", &pb.Promise{Id: "pr", Holds: []*pb.PromiseHold{{Put: units}}})
}

const (
	ana = "p_aaaaaaaaaaaaaaaaaaaaaaaaaa"
	eur = "EUR@northbank"
)

func put(o *state.Overlay, h *pb.Holding) {
	asset.Holdings.Put(o, asset.HoldingKey(h.Party, h.Asset), h)
}

func supply(o *state.Overlay, units int64) {
	asset.Assets.Put(o, eur, &pb.Asset{Id: eur, Issuer: ana, Supply: units})
}

func hold(o *state.Overlay, id string, units int64) {
	asset.Holds.Put(o, state.Key(id), &pb.Hold{Id: id, Party: ana, Asset: eur, Units: units, Holder: "pr"})
}

func sit(o *state.Overlay, m *pb.Member) { council.Members.Put(o, state.Key(m.Party), m) }

// seated is a council of one member whose key is in use by a party.
func seated(o *state.Overlay, user string, kind pb.PartyKind) {
	key := bytes.Repeat([]byte{7}, 32)
	party.Parties.Put(o, state.Key(ana), &pb.Party{Id: ana, Kind: kind})
	sit(o, &pb.Member{Party: ana, Power: 3, Validator: key})
	council.Councils.Put(o, council.CouncilKey, &pb.Council{Power: 3, Members: 1})
	council.Validators.Put(o, council.ValidatorKey(council.Address(key)), &pb.Validator{Party: user, PublicKey: key})
}

func propose(o *state.Overlay, n int) {
	for i := range n {
		id := state.Key(fmt.Sprint("cp", i))
		council.Proposals.Put(o, id, &pb.Proposal{Id: string(id), Proposer: ana, State: pb.ProposalState_PROPOSAL_OPEN,
			Created: timestamppb.New(time.Unix(1767603600, 0)), Deadline: timestamppb.New(time.Unix(1767603600, 0))})
	}
}

func putFact(o *state.Overlay, f *pb.Fact) {
	f.Statement = &pb.Statement{Subject: "s", Kind: f.GetStatement().GetKind(), Withdraws: f.GetStatement().GetWithdraws()}
	f.Arrived = timestamppb.New(time.Unix(1767603600, 0))
	f.Attester = ana
	fact.Facts.Put(o, state.Key(f.Id), f)
}

// TestCheck breaks each invariant once.
func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(o *state.Overlay)
		want string // part of the error; empty where all is well
	}{
		{"issue and hold", func(o *state.Overlay) {
			supply(o, 100)
			put(o, &pb.Holding{Party: ana, Asset: eur, Available: 60, Held: 40})
			hold(o, "h1", 30)
			hold(o, "h2", 10)
		}, ""},
		{"pay within a block", func(o *state.Overlay) {
			supply(o, 100)
			put(o, &pb.Holding{Party: ana, Asset: eur, Available: 100})
			asset.Holdings.Delete(o, asset.HoldingKey(ana, eur))
			put(o, &pb.Holding{Party: "p_b", Asset: eur, Available: 100})
		}, ""},
		{"money from nowhere", func(o *state.Overlay) {
			put(o, &pb.Holding{Party: ana, Asset: eur, Available: 1})
		}, "holdings of EUR@northbank changed by 1 more than its supply"},
		{"supply without holdings", func(o *state.Overlay) { supply(o, 7) }, "changed by -7 more than its supply"},
		{"held without a hold", func(o *state.Overlay) {
			supply(o, 5)
			put(o, &pb.Holding{Party: ana, Asset: eur, Held: 5})
		}, "has held changed by 5 more than its holds"},
		{"a hold without held", func(o *state.Overlay) { hold(o, "h1", 5) }, "changed by -5 more than its holds"},
		{"held for a promise", func(o *state.Overlay) {
			supply(o, 5)
			put(o, &pb.Holding{Party: ana, Asset: eur, Held: 5})
			promise(o, 4)
			promise(o, 5)
		}, ""},
		{"a promise holds more", func(o *state.Overlay) {
			supply(o, 5)
			put(o, &pb.Holding{Party: ana, Asset: eur, Held: 5})
			hold(o, "h1", 5)
			promise(o, 1)
		}, "changed by -1 more than its holds and promises"},
		{"a promise that can't be", func(o *state.Overlay) { promise(o, -1) }, "less than nothing"},
		{"negative", func(o *state.Overlay) {
			supply(o, 0)
			put(o, &pb.Holding{Party: ana, Asset: eur, Available: -5, Held: 5})
			hold(o, "h1", 5)
		}, "has -5 available"},
		{"an empty hold stays", func(o *state.Overlay) { hold(o, "h1", 0) }, "stays with 0 units"},
		{"an asset goes", func(o *state.Overlay) {
			supply(o, 0)
			asset.Assets.Delete(o, eur)
		}, "asset EUR@northbank was removed"},
		{"power from nowhere", func(o *state.Overlay) {
			sit(o, &pb.Member{Party: ana, Power: 3})
			council.Councils.Put(o, council.CouncilKey, &pb.Council{Power: 2, Members: 1})
		}, "the members' power changed by 1 more than the council's"},
		{"a seat that nobody counted", func(o *state.Overlay) {
			sit(o, &pb.Member{Party: ana, Power: 3})
			council.Councils.Put(o, council.CouncilKey, &pb.Council{Power: 3})
		}, "the seats changed by 1 more than the council's count"},
		{"suspended with power", func(o *state.Overlay) { sit(o, &pb.Member{Party: ana, Power: 3, Suspended: true}) }, "power 3, suspended true"},
		{"a seat without power", func(o *state.Overlay) { sit(o, &pb.Member{Party: ana}) }, "power 0, suspended false"},
		{"a settlement changes", func(o *state.Overlay) {
			settlements.Put(o, "pr/1", &pb.Settlement{Promise: "pr", Rule: "kept"})
			settlements.Put(o, "pr/1", &pb.Settlement{Promise: "pr", Rule: "broken"})
		}, "settlement pr/1 was changed"},
		{"a settlement goes", func(o *state.Overlay) {
			settlements.Put(o, "pr/1", &pb.Settlement{Promise: "pr", Rule: "kept"})
			settlements.Delete(o, "pr/1")
		}, "settlement pr/1 was changed"},
		{"a fact is superseded", func(o *state.Overlay) {
			putFact(o, &pb.Fact{Id: "f1"})
			putFact(o, &pb.Fact{Id: "f1", SupersededBy: "f2"})
		}, ""},
		{"a fact is superseded twice", func(o *state.Overlay) {
			putFact(o, &pb.Fact{Id: "f1", SupersededBy: "f2"})
			putFact(o, &pb.Fact{Id: "f1", SupersededBy: "f3"})
		}, "was superseded by f2 and then by"},
		{"a fact changes", func(o *state.Overlay) {
			putFact(o, &pb.Fact{Id: "f1"})
			putFact(o, &pb.Fact{Id: "f1", Statement: &pb.Statement{Kind: "lost"}})
		}, "fact f1 was changed"},
		{"a fact goes", func(o *state.Overlay) {
			putFact(o, &pb.Fact{Id: "f1"})
			fact.Facts.Delete(o, "f1")
		}, "fact f1 was removed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := begin(t).Begin()
			c.do(o)
			expectError(t, Check(o.Since(0)), c.want)
		})
	}
}

// TestFull finds what Check would have, had it been asked.
func TestFull(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(o *state.Overlay)
		want string
	}{
		{"good", func(o *state.Overlay) {
			supply(o, 100)
			put(o, &pb.Holding{Party: ana, Asset: eur, Available: 60, Held: 40})
			hold(o, "h1", 40)
		}, ""},
		{"sums", func(o *state.Overlay) {
			supply(o, 100)
			put(o, &pb.Holding{Party: ana, Asset: eur, Available: 60})
		}, "changed by -40 more"},
		{"holds", func(o *state.Overlay) {
			supply(o, 100)
			put(o, &pb.Holding{Party: ana, Asset: eur, Available: 60, Held: 40})
			hold(o, "h1", 41)
		}, "changed by -1 more than its holds"},
		{"promises", func(o *state.Overlay) {
			supply(o, 100)
			put(o, &pb.Holding{Party: ana, Asset: eur, Available: 60, Held: 40})
			hold(o, "h1", 30)
			promise(o, 10)
		}, ""},
		{"a promise holds nothing", func(o *state.Overlay) {
			supply(o, 100)
			put(o, &pb.Holding{Party: ana, Asset: eur, Available: 60, Held: 40})
			hold(o, "h1", 30)
			promise(o, 9)
		}, "changed by 1 more than its holds and promises"},
		{"no asset", func(o *state.Overlay) { put(o, &pb.Holding{Party: ana, Asset: eur, Frozen: true}) }, "an asset that is not there"},
		{"a council", func(o *state.Overlay) {
			seated(o, ana, pb.PartyKind_COMPANY)
			propose(o, council.OpenMax)
		}, ""},
		{"a person's seat", func(o *state.Overlay) { seated(o, ana, pb.PartyKind_PERSON) }, "is a PERSON"},
		{"somebody else's key", func(o *state.Overlay) { seated(o, "p_b", pb.PartyKind_COMPANY) }, "its key is p_b's"},
		{"a validator without a seat", func(o *state.Overlay) {
			seated(o, ana, pb.PartyKind_COMPANY)
			council.Validators.Put(o, "stray", &pb.Validator{Party: ana, PublicKey: []byte{1}})
		}, "whose seat doesn't have it"},
		{"too many proposals", func(o *state.Overlay) { propose(o, council.OpenMax+1) }, "more than 3 open proposals"},
		{"no successor", func(o *state.Overlay) { putFact(o, &pb.Fact{Id: "f1", SupersededBy: "f2"}) }, "which does not"},
		{"successor", func(o *state.Overlay) {
			putFact(o, &pb.Fact{Id: "f1", SupersededBy: "f2"})
			putFact(o, &pb.Fact{Id: "f2", Statement: &pb.Statement{Withdraws: "f1"}})
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := begin(t)
			o := s.Begin()
			c.do(o)
			s.Finalize(o, 1)
			if err := s.Commit(nil); err != nil {
				t.Fatal(err)
			}
			v := s.View()
			defer v.Release()
			expectError(t, Full(v), c.want)
		})
	}
}

func begin(t *testing.T) *state.Store {
	t.Helper()
	s, err := state.Open("", state.Options{InMemory: true, CacheBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func expectError(t *testing.T, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("error %v, want none", err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("error %v, want one with %q", err, want)
	}
}

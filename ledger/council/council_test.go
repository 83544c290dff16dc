package council

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/party"
	"github.com/troth-ledger/troth/ledger/state"
)

// Parties of the tests.
const (
	ada = "p_aaaaaaaaaaaaaaaaaaaaaaaaaa"
	ben = "p_bbbbbbbbbbbbbbbbbbbbbbbbbb"
)

func sane() *pb.Params {
	return &pb.Params{QuotaPerMinute: 60, QuotaBurst: 120, NewcomersPerMinute: 600, WorkPerBlock: 5000,
		NewcomerQuotaPerMinute: 10, NewcomerQuotaBurst: 60, NewcomerTotalPerMinute: 6000,
		FactAheadMax: durationpb.New(time.Minute), WebauthnOrigins: []string{"http://localhost"}, WebauthnRpIds: []string{"localhost"},
		VotePeriod: durationpb.New(24 * time.Hour), ChangeWindow: durationpb.New(time.Hour), RotationPause: durationpb.New(48 * time.Hour)}
}

func company(o *state.Overlay, ids ...string) {
	for _, id := range ids {
		party.Parties.Put(o, state.Key(id), &pb.Party{Id: id, Kind: pb.PartyKind_COMPANY})
	}
}

// TestEveryParamChanges: there is no parameter that the council can't change,
// and none whose bounds a proposal could pass by.
func TestEveryParamChanges(t *testing.T) {
	fields := (&pb.Params{}).ProtoReflect().Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		want, change := sane(), &pb.Params{}
		m := want.ProtoReflect()
		switch {
		case f.IsList():
			m.Mutable(f).List().Append(protoreflect.ValueOfString("another"))
		case f.Kind() == protoreflect.Uint32Kind:
			m.Set(f, protoreflect.ValueOfUint32(uint32(m.Get(f).Uint())+1))
		default:
			d := m.Get(f).Message().Interface().(*durationpb.Duration)
			m.Set(f, protoreflect.ValueOfMessage(durationpb.New(d.AsDuration()+time.Second).ProtoReflect()))
		}
		change.ProtoReflect().Set(f, m.Get(f))
		got, err := changed(sane(), &pb.ParamsChange{Fields: []string{string(f.Name())}, Params: change})
		if err != nil || !bytes.Equal(state.Encode(got), state.Encode(want)) {
			t.Errorf("%s: %v, %v", f.Name(), got, err)
		}
	}
}

// TestCheckParams sets one parameter out of bounds at a time.
func TestCheckParams(t *testing.T) {
	for _, c := range []struct {
		set  func(*pb.Params)
		want string // part of the error; empty where all is well
	}{
		{func(*pb.Params) {}, ""},
		{func(p *pb.Params) { p.WebauthnOrigins = nil }, ""},
		{func(p *pb.Params) { p.QuotaPerMinute = 0 }, "quota_per_minute and quota_burst"},
		{func(p *pb.Params) { p.QuotaBurst = quotaMax + 1 }, "the quotas"},
		{func(p *pb.Params) { p.NewcomerQuotaBurst = 0 }, "newcomer_quota_burst must be above 0"},
		{func(p *pb.Params) { p.NewcomerQuotaBurst = 3001 }, "newcomer_quota_burst is 3001; 3000 is the most"},
		{func(p *pb.Params) { p.WorkPerBlock = 0 }, "work_per_block must be above 0"},
		{func(p *pb.Params) { p.WorkPerBlock = workMax + 1 }, "work_per_block is 1000001"},
		{func(p *pb.Params) { p.WebauthnRpIds = []string{""} }, "webauthn_rp_ids has an entry of 0 bytes"},
		{func(p *pb.Params) { p.WebauthnRpIds = make([]string, 33) }, "webauthn_rp_ids has 33 entries"},
		{func(p *pb.Params) { p.FactAheadMax = durationpb.New(-1) }, "fact_ahead_max is -1ns"},
		{func(p *pb.Params) { p.VotePeriod = nil }, "vote_period is 0s"},
		{func(p *pb.Params) { p.VotePeriod = durationpb.New(91 * 24 * time.Hour) }, "vote_period is 2184h0m0s"},
		{func(p *pb.Params) { p.ChangeWindow = durationpb.New(15 * 24 * time.Hour) }, "change_window is 360h0m0s"},
		{func(p *pb.Params) { p.RotationPause = durationpb.New(time.Hour) }, "rotation_pause is 1h0m0s, not 2h0m0s"},
	} {
		p := sane()
		c.set(p)
		err := CheckParams(p)
		if c.want == "" && err != nil || c.want != "" && (op.CodeOf(err) != pb.Code_INVALID || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
	if err := CheckParams(nil); op.CodeOf(err) != pb.Code_INVALID {
		t.Errorf("none at all: %v", err)
	}
}

// TestGenesis: a genesis is held to what operations could have made.
func TestGenesis(t *testing.T) {
	key := func(n int) []byte { return keyOf(n).PubKey().Bytes() }
	for _, c := range []struct {
		name  string
		seats []*pb.Seat
		want  pb.Code
	}{
		{"nobody", nil, pb.Code_OK},
		{"two", []*pb.Seat{{Party: ada, Validator: key(1), Power: 1}, {Party: ben, Validator: key(2), Power: PowerMax}}, pb.Code_OK},
		{"a stranger", []*pb.Seat{{Party: "p_cccccccccccccccccccccccccc", Validator: key(1), Power: 1}}, pb.Code_UNKNOWN_PARTY},
		{"twice", []*pb.Seat{{Party: ada, Validator: key(1), Power: 1}, {Party: ada, Validator: key(2), Power: 1}}, pb.Code_EXISTS},
		{"one key", []*pb.Seat{{Party: ada, Validator: key(1), Power: 1}, {Party: ben, Validator: key(1), Power: 1}}, pb.Code_KEY_USED},
		{"no power", []*pb.Seat{{Party: ada, Validator: key(1)}}, pb.Code_INVALID},
		{"no key", []*pb.Seat{{Party: ada, Power: 1}}, pb.Code_INVALID},
		{"nothing", []*pb.Seat{nil}, pb.Code_INVALID},
	} {
		o := world(t).State
		company(o, ada, ben)
		if err := Genesis(o, &pb.Genesis{Params: sane(), Council: c.seats}); op.CodeOf(err) != c.want {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	if err := Genesis(world(t).State, &pb.Genesis{}); op.CodeOf(err) != pb.Code_INVALID {
		t.Errorf("no parameters: %v", err)
	}
}

// TestLateVote: where the ledger has not come round to a proposal's end, it is
// over all the same.
func TestLateVote(t *testing.T) {
	c := world(t)
	company(c.State, ada, ben)
	if err := Genesis(c.State, &pb.Genesis{Params: sane(), Council: []*pb.Seat{
		{Party: ada, Validator: keyOf(1).PubKey().Bytes(), Power: 1}, {Party: ben, Validator: keyOf(2).PubKey().Bytes(), Power: 1}}}); err != nil {
		t.Fatal(err)
	}
	c.Signer = ada
	p, err := propose(c, &pb.Proposal{RemoveMember: &pb.MemberChange{Party: ben}})
	if err != nil {
		t.Fatal(err)
	}
	c.Signer, c.Now = ben, c.Now.Add(c.Params.VotePeriod.AsDuration())
	if _, err := find(c, p.Proposal); err != nil {
		t.Errorf("in the last moment: %v", err)
	}
	c.Now = c.Now.Add(1)
	if _, err := applyVote(c, &pb.VoteRequest{Proposal: p.Proposal}); op.CodeOf(err) != pb.Code_WRONG_TIME {
		t.Errorf("after it: %v", err)
	}
}

// TestUpdates: what came and went within a block isn't told.
func TestUpdates(t *testing.T) {
	k := func(n int) []byte { return []byte{byte(n)} }
	sit := func(c *op.Context, id string, key int, power int64) {
		Members.Put(c.State, state.Key(id), &pb.Member{Party: id, Validator: k(key), Power: power})
	}
	for _, x := range []struct {
		name string
		do   func(c *op.Context)
		want []Update
	}{
		{"nothing", func(*op.Context) {}, nil},
		{"suspended", func(c *op.Context) { sit(c, ada, 1, 0) }, []Update{{k(1), 0}}},
		{"another power", func(c *op.Context) { sit(c, ada, 1, 7) }, []Update{{k(1), 7}}},
		{"there and back", func(c *op.Context) { sit(c, ada, 1, 7); sit(c, ada, 1, 5) }, nil},
		{"rotated", func(c *op.Context) { sit(c, ada, 3, 5) }, []Update{{k(1), 0}, {k(3), 5}}},
		{"rotated while suspended", func(c *op.Context) { sit(c, ben, 3, 0) }, nil},
		{"came and went", func(c *op.Context) { sit(c, "x", 3, 5); Members.Delete(c.State, "x") }, nil},
		{"went and came", func(c *op.Context) { Members.Delete(c.State, ada); sit(c, ada, 3, 5) }, []Update{{k(1), 0}, {k(3), 5}}},
		{"came and rotated", func(c *op.Context) { sit(c, "x", 4, 5); sit(c, "x", 3, 5) }, []Update{{k(3), 5}}},
	} {
		c := world(t)
		sit(c, ada, 1, 5)
		sit(c, ben, 2, 0)
		mark := c.State.Mark()
		x.do(c)
		got := Updates(c.State.Since(mark))
		if len(got) != len(x.want) {
			t.Errorf("%s: %v, want %v", x.name, got, x.want)
			continue
		}
		for i, u := range got {
			if !bytes.Equal(u.PublicKey, x.want[i].PublicKey) || u.Power != x.want[i].Power {
				t.Errorf("%s: %v, want %v", x.name, got, x.want)
			}
		}
	}
}

// TestUpgrade: at its height, and not before, each migration runs once, in
// order; a program without it says so.
func TestUpgrade(t *testing.T) {
	defer func() { migrations = nil }()
	var ran []int
	migrations = []func(*op.Context){
		func(*op.Context) { ran = append(ran, 2) },
		func(c *op.Context) {
			ran = append(ran, 3)
			p, _ := Params.Get(c.State, ParamsKey)
			p.WorkPerBlock = 77
			Params.Put(c.State, ParamsKey, p)
		},
		func(*op.Context) { ran = append(ran, 4) },
	}
	c := world(t)
	Params.Put(c.State, ParamsKey, sane())
	put(c, &pb.Council{Protocol: 1, Upgrade: &pb.Upgrade{Name: "winter", Height: 6, Protocol: 3}})
	if v := Begin(c, nil); v != 0 || len(ran) != 0 {
		t.Errorf("height 5: protocol %d, migrations %v", v, ran)
	}
	c.Height = 6
	if v := Begin(c, nil); v != 3 || len(ran) != 2 || ran[0] != 2 || ran[1] != 3 {
		t.Errorf("height 6: protocol %d, migrations %v", v, ran)
	}
	if p, _ := Params.Peek(c.State, ParamsKey); p.WorkPerBlock != 77 || Get(c.State).Upgrade != nil {
		t.Errorf("after it: %v, %v", p, Get(c.State))
	}
	if err := Ready(c.State, 7); err != nil {
		t.Error(err)
	}
	put(c, &pb.Council{Protocol: 3, Upgrade: &pb.Upgrade{Name: "spring", Height: 9, Protocol: 5}})
	if err := Ready(c.State, 8); err != nil {
		t.Error(err)
	}
	var needed *UpgradeNeeded
	if err := Ready(c.State, 9); !errors.As(err, &needed) || needed.Protocol != 5 || needed.Newest != 4 || !strings.Contains(err.Error(), "upgrade spring: from height 9") {
		t.Errorf("height 9: %v", err)
	}
	put(c, &pb.Council{Protocol: 9})
	if err := Ready(c.State, 8); !errors.As(err, &needed) || !strings.Contains(err.Error(), "the chain runs protocol 9; this program has 4 at most") {
		t.Errorf("a later chain: %v", err)
	}
}

package fact

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/party"
	"github.com/troth-ledger/troth/ledger/state"
)

var start = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

func world(t *testing.T) *op.Context {
	t.Helper()
	s, err := state.Open("", state.Options{InMemory: true, CacheBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return &op.Context{State: s.Begin(), ChainID: "test", Now: start, Signer: "p_carrier",
		Params: &pb.Params{FactAheadMax: durationpb.New(time.Minute)}}
}

func say(kind string, at time.Time) *pb.Statement {
	return &pb.Statement{Subject: "parcel:1", Kind: kind, At: timestamppb.New(at)}
}

func submit(c *op.Context, s *pb.Statement) (string, error) {
	res, err := applySubmitFact(c, &pb.SubmitFactRequest{Statements: []*pb.Statement{s}})
	if err != nil {
		return "", err
	}
	return res.Facts[0], nil
}

func wantCode(t *testing.T, err error, code pb.Code) {
	t.Helper()
	if op.CodeOf(err) != code {
		t.Fatalf("error %v (%v), want %v", err, op.CodeOf(err), code)
	}
}

// TestArrival: facts are numbered and listed in the order in which they arrived,
// in one operation and across operations; what is undone or repeated leaves no
// gap.
func TestArrival(t *testing.T) {
	c := world(t)
	batch := &pb.SubmitFactRequest{}
	for i := range 30 {
		batch.Statements = append(batch.Statements, say(fmt.Sprint("k", i), start))
	}
	var want []string
	for _, part := range [][]*pb.Statement{batch.Statements[:20], batch.Statements[15:]} {
		mark := c.State.Mark()
		if _, err := applySubmitFact(c, batch); err != nil {
			t.Fatal(err)
		}
		c.State.Undo(mark)
		res, err := applySubmitFact(c, &pb.SubmitFactRequest{Statements: part})
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range res.Facts {
			if !slices.Contains(want, id) {
				want = append(want, id)
			}
		}
	}
	var got []string
	for f := range About(c.State, "parcel:1") {
		if got = append(got, f.Id); f.Seq != uint64(len(got)) {
			t.Errorf("fact %d has the number %d", len(got), f.Seq)
		}
	}
	if !slices.Equal(got, want) || slices.IsSorted(got) || Count(c.State) != 30 {
		t.Errorf("%d facts: %v, want %v", Count(c.State), got, want)
	}
}

// TestHooks: whoever registered hears of each new fact once, and can refuse it.
func TestHooks(t *testing.T) {
	defer func(was []func(*op.Context, *pb.Fact) error) { hooks = was }(hooks)
	c := world(t)
	var heard []string
	OnNew(func(c *op.Context, f *pb.Fact) error {
		if f.Statement.Kind == "misfit" {
			return op.Errorf(pb.Code_FACT_MISFIT, "no")
		}
		heard = append(heard, f.Id)
		if id := Supersedes(f); id != "" {
			old, err := Get(c.State, id)
			if err != nil || old.SupersededBy != f.Id {
				t.Errorf("fact %s supersedes %v, which does not say so (%v)", f.Id, old, err)
			}
		}
		return nil
	})
	a, err := submit(c, say("shock", start))
	wantCode(t, err, pb.Code_OK)
	_, err = submit(c, say("shock", start))
	wantCode(t, err, pb.Code_OK)
	b, err := submit(c, &pb.Statement{Subject: "parcel:1", At: timestamppb.New(start), Withdraws: a})
	wantCode(t, err, pb.Code_OK)
	_, err = submit(c, say("misfit", start))
	wantCode(t, err, pb.Code_FACT_MISFIT)
	if !slices.Equal(heard, []string{a, b}) {
		t.Fatalf("the hook heard of %v, want %v", heard, []string{a, b})
	}
}

// TestOrderOfArrival: facts about a subject come as they came, not as they say
// they happened.
func TestOrderOfArrival(t *testing.T) {
	c := world(t)
	var want []string
	for i := range 20 {
		c.Now = start.Add(time.Duration(i) * time.Second)
		id, err := submit(c, say("shock", start.Add(-time.Duration(i)*time.Hour)))
		wantCode(t, err, pb.Code_OK)
		want = append(want, id)
	}
	other := say("shock", start)
	other.Subject = "parcel:11" // begins with the other subject
	_, err := submit(c, other)
	wantCode(t, err, pb.Code_OK)
	var got []string
	for f := range About(c.State, "parcel:1") {
		got = append(got, f.Id)
	}
	if !slices.Equal(got, want) {
		t.Fatalf("facts about the parcel: %v, want %v", got, want)
	}
}

// TestClasses: who belongs, and how many may.
func TestClasses(t *testing.T) {
	c := world(t)
	c.Signer = "p_kestrel"
	party.Parties.Put(c.State, "p_kestrel", &pb.Party{Id: "p_kestrel", Handle: "kestrel"})
	var all []string
	for i := range MembersMax + 1 {
		id := fmt.Sprintf("p_%026d", i)
		party.Parties.Put(c.State, state.Key(id), &pb.Party{Id: id})
		all = append(all, id)
	}
	set := func(m *pb.SetAttestersRequest) error {
		mark := c.State.Mark()
		_, err := applySetAttesters(c, m)
		if err != nil {
			c.State.Undo(mark)
		}
		return err
	}
	wantCode(t, set(&pb.SetAttestersRequest{Class: "carriers", Add: all[1:]}), pb.Code_OK)
	wantCode(t, set(&pb.SetAttestersRequest{Class: "carriers", Add: all[:1]}), pb.Code_LIMIT)
	wantCode(t, set(&pb.SetAttestersRequest{Class: "carriers", Add: all[:1], Remove: all[7:8]}), pb.Code_OK)
	for i, id := range all {
		if got, want := InClass(c.State, "carriers@kestrel", id), i != 7; got != want {
			t.Fatalf("party %d in the class: %v, want %v", i, got, want)
		}
	}
	if InClass(c.State, "couriers@kestrel", all[0]) {
		t.Fatal("somebody belongs to a class that is not there")
	}
	if _, err := GetClass(c.State, "couriers@kestrel"); op.CodeOf(err) != pb.Code_NOT_FOUND {
		t.Fatalf("error %v, want NOT_FOUND", err)
	}
	ids := make([]string, MembersMax+1)
	wantCode(t, checkSetAttesters(&pb.SetAttestersRequest{Class: "carriers", Add: ids}), pb.Code_TOO_LARGE)
}

// TestLimits: how many statements go into one operation, and how long they are.
func TestLimits(t *testing.T) {
	many := make([]*pb.Statement, SubmitMax+1)
	for i := range many {
		many[i] = say("shock", start)
	}
	wantCode(t, checkSubmitFact(&pb.SubmitFactRequest{Statements: many}), pb.Code_TOO_LARGE)
	wantCode(t, checkSubmitFact(&pb.SubmitFactRequest{Statements: many[1:]}), pb.Code_OK)
	wantCode(t, checkCarryFact(&pb.CarryFactRequest{Carried: make([]*pb.CarriedStatement, CarryMax+1)}), pb.Code_TOO_LARGE)

	s := say("shock", start)
	for i := range ValuesMax + 1 {
		s.Values = append(s.Values, &pb.NamedValue{Name: fmt.Sprintf("v%d", i), Value: &pb.Value{Value: &pb.Value_Int{Int: 1}}})
	}
	wantCode(t, Check(s), pb.Code_TOO_LARGE)
	s.Values = s.Values[1:]
	wantCode(t, Check(s), pb.Code_OK)
	for _, text := range []struct {
		n    int
		code pb.Code
	}{{StringMax, pb.Code_OK}, {StringMax + 1, pb.Code_TOO_LARGE}} {
		s.Values[0].Value = &pb.Value{Value: &pb.Value_String_{String_: string(make([]byte, text.n))}}
		wantCode(t, Check(s), text.code)
	}
	s.Values[0].Value = &pb.Value{Value: &pb.Value_String_{String_: "\xff"}}
	wantCode(t, Check(s), pb.Code_MALFORMED)
}

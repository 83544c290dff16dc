package node

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/client/promisefile"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

// promise has the bank promise a person a parcel by a time, paid and bonded.
func (w *world) promise(by time.Time) {
	w.t.Helper()
	src, err := os.ReadFile("../templates/parcel-by-date.yaml")
	if err != nil {
		w.t.Fatal(err)
	}
	f, _ := promisefile.Parse("parcel-by-date.yaml", src)
	w.must(w.bank.tx(w.t, &pb.PublishTemplateRequest{Template: f.Template}))
	role := func(name string, a *actor) *pb.RoleBinding {
		return &pb.RoleBinding{Role: name, Parties: []string{a.id}}
	}
	r := w.must(w.people[2].tx(w.t, &pb.OfferRequest{Template: "parcel-by-date@bank/1", AcceptBy: timestamppb.New(time.Now().Add(time.Hour)),
		Roles: []*pb.RoleBinding{role("seller", w.people[2]), role("buyer", w.people[1]), role("carrier", w.bank)},
		Terms: []*pb.NamedValue{
			{Name: "tracking", Value: &pb.Value{Value: &pb.Value_String_{String_: "77"}}},
			{Name: "price", Value: &pb.Value{Value: &pb.Value_Amount{Amount: eur(100)}}},
			{Name: "penalty", Value: &pb.Value{Value: &pb.Value_Amount{Amount: eur(10)}}},
			{Name: "deliver_by", Value: &pb.Value{Value: &pb.Value_Time{Time: timestamppb.New(by)}}},
			{Name: "grace", Value: &pb.Value{Value: &pb.Value_Duration{Duration: durationpb.New(time.Second)}}},
		}}))
	var offer pb.OfferResponse
	if err := offer.UnmarshalVT(r.Result.Responses[0]); err != nil {
		w.t.Fatal(err)
	}
	w.must(w.people[1].tx(w.t, &pb.AcceptRequest{Promise: offer.Promise}))
}

func export(t *testing.T, home string) (*Exported, []byte) {
	t.Helper()
	var b bytes.Buffer
	x, err := Export(home, &b, func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	return x, b.Bytes()
}

// body is an export without its header and its sum.
func body(export []byte) string {
	_, rest, _ := bytes.Cut(export, []byte("\n"))
	return string(rest[:bytes.LastIndex(rest[:len(rest)-1], []byte("\n"))])
}

// A state goes to a new chain whole: the same export comes of it, and a promise
// made on the old chain settles on the new.
func TestExportImport(t *testing.T) {
	w := newWorld(t, 3)
	w.mint(1000)
	by := time.Now().Add(2 * time.Second)
	w.promise(by)
	old := w.pay(0, 5)
	w.must(old)
	if err := w.Stop(); err != nil {
		t.Fatal(err)
	}
	x, first := export(t, w.c.Home)
	if _, again := export(t, w.c.Home); !bytes.Equal(first, again) {
		t.Error("two exports of one state differ")
	}

	home := filepath.Join(t.TempDir(), "new")
	o := ImportOptions{ChainID: "troth-new", Time: time.Now()}
	got, err := Import(home, bytes.NewReader(first), o)
	if err != nil {
		t.Fatal(err)
	}
	if got.SHA256 != x.SHA256 || got.Height != x.Height {
		t.Errorf("imported %+v, exported %+v", got, x)
	}
	_, second := export(t, home)
	if body(first) != body(second) {
		t.Error("the imported state has another export")
	}
	fsckClean(t, home, false)

	n := &world{t: t, c: defaults(home), people: w.people, bank: w.bank}
	n.start()
	defer func() { _ = n.Stop() }()
	for time.Now().Before(by.Add(2 * time.Second)) {
		time.Sleep(20 * time.Millisecond)
	}
	if r := n.send(old)[0]; pb.Code(r.Result.Code) != pb.Code_WRONG_CHAIN {
		t.Errorf("what was signed for the old chain: %v", r)
	}
	n.must(n.people[0].body(t, client.Body{ChainID: "troth-new", Ops: []op.Message{n.transfer(0, 5)}}))
	// The buyer has the price back, and the penalty, and 10 from the person before.
	deadline := time.Now().Add(20 * time.Second)
	for a, _ := n.holding(n.people[1]); a != 1000+10+10; a, _ = n.holding(n.people[1]) {
		if time.Now().After(deadline) {
			t.Fatalf("the promise isn't settled: the buyer has %d", a)
		}
		time.Sleep(20 * time.Millisecond)
	}
	if blockHeight(n) <= x.Height {
		t.Error("the new chain doesn't begin where the old one ended")
	}
	if err := n.Stop(); err != nil {
		t.Fatal(err)
	}

	// The first state can be put in again; without it the chain can't begin.
	if err := os.RemoveAll(filepath.Join(home, ledgerDir)); err != nil {
		t.Fatal(err)
	}
	n.refuse("exported with the SHA-256", "troth import")
	if err := os.RemoveAll(filepath.Join(home, ledgerDir)); err != nil {
		t.Fatal(err)
	}
	if _, err := Import(home, bytes.NewReader(first), ImportOptions{Genesis: filepath.Join(home, genesisFile)}); err != nil {
		t.Fatal(err)
	}
	n.start()
	n.must(n.people[0].body(t, client.Body{ChainID: "troth-new", Ops: []op.Message{n.transfer(0, 5)}}))
}

// An export that is damaged or isn't for this leaves nothing behind.
func TestImportRefuses(t *testing.T) {
	w := newWorld(t, 2)
	w.mint(1000)
	if err := w.Stop(); err != nil {
		t.Fatal(err)
	}
	_, good := export(t, w.c.Home)
	lines := bytes.SplitAfter(good, []byte("\n"))
	without := func(i int) []byte {
		return bytes.Join(append(append([][]byte{}, lines[:i]...), lines[i+1:]...), nil)
	}
	for name, c := range map[string]struct {
		export []byte
		chain  string
		want   string
	}{
		"cut off":     {good[:len(good)-80], "troth-new", "cut off"},
		"a bit":       {bytes.Replace(good, []byte(`"record":"`), []byte(`"record":"C`), 1), "troth-new", ""},
		"a row less":  {without(3), "troth-new", "the export is damaged: its SHA-256"},
		"swapped":     {bytes.Join(append([][]byte{lines[0], lines[2], lines[1]}, lines[3:]...), nil), "troth-new", "out of order"},
		"more":        {append(bytes.Clone(good), "{}\n"...), "troth-new", "more behind"},
		"version":     {bytes.Replace(good, []byte(`"version":2`), []byte(`"version":9`), 1), "troth-new", "version 9"},
		"no export":   {[]byte("hello\n"), "troth-new", "no JSON"},
		"empty":       {nil, "troth-new", "cut off"},
		"same chain":  {good, testChain, "needs another id"},
		"bad chain":   {good, "New Chain", "a-z"},
		"wrong root":  {resum(bytes.Replace(good, []byte(`"root":"`), []byte(`"root":"00`), 1)), "troth-new", "no height and root"},
		"other root":  {resum(swapRoot(good)), "troth-new", "doesn't hold what it says"},
		"other row":   {resum(without(2)), "troth-new", "doesn't hold what it says"},
		"unknown row": {resum(bytes.Replace(good, []byte(`"number":`), []byte(`"number":11`), 1)), "troth-new", ""},
	} {
		home := filepath.Join(t.TempDir(), "new")
		_, err := Import(home, bytes.NewReader(c.export), ImportOptions{ChainID: c.chain, Time: time.Now()})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
		if _, err := os.Stat(filepath.Join(home, ledgerDir)); err == nil {
			t.Errorf("%s: a ledger stays behind", name)
		}
		if _, err := os.Stat(filepath.Join(home, genesisFile)); err == nil {
			t.Errorf("%s: a genesis stays behind", name)
		}
	}
	if _, err := Import(w.c.Home, bytes.NewReader(good), ImportOptions{ChainID: "troth-new", Time: time.Now()}); !errors.Is(err, ErrExists) {
		t.Errorf("over a node: %v", err)
	}
}

// swapRoot changes the root that an export names.
func swapRoot(x []byte) []byte {
	i := bytes.Index(x, []byte(`"root":"`)) + len(`"root":"`)
	out := bytes.Clone(x)
	copy(out[i:], strings.Repeat("ab", 32))
	return out
}

// resum makes the sum right of an export that was changed.
func resum(x []byte) []byte {
	i := bytes.LastIndex(x[:len(x)-1], []byte("\n")) + 1
	var out bytes.Buffer
	e := newExporter(&out)
	if _, err := e.w.Write(x[:i]); err != nil {
		panic(err)
	}
	if _, err := e.end(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

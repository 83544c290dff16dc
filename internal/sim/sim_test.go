package sim

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/client/promisefile"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/council"
	"github.com/troth-ledger/troth/ledger/op"
)

// stories are those whose templates have what those of the library lack: a
// dispute about a period, a standing offer, a dispute with a bond alone.
var stories = []string{"offer", "rule", "create-pool", "disputed-period", "standing-offer", "deposit"}

// library are the templates that companies start from, and some of the stories.
func library(t testing.TB) (out []*pb.Template) {
	t.Helper()
	seen := map[string]bool{}
	add := func(name string, b []byte) {
		f, faults := promisefile.Parse(name, b)
		if f == nil {
			t.Fatal(faults)
			return
		}
		if !seen[f.Template.Name] {
			seen[f.Template.Name] = true
			out = append(out, f.Template)
		}
	}
	files, err := filepath.Glob("../../templates/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no templates: %v", err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		add(name, b)
	}
	for _, name := range stories {
		a, err := txtar.ParseFile("../../ledger/testdata/promise/" + name + ".txtar")
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range a.Files {
			if strings.HasSuffix(f.Name, ".yaml") {
				add(f.Name, f.Data)
			}
		}
	}
	return out
}

func play(t *testing.T, seed uint64, ops int) *Report {
	t.Helper()
	r, err := Run(Config{Seed: seed, Ops: ops, Templates: library(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(r)
	return r
}

// shareMin is the share of the operations in blocks that is applied, at least:
// a market in which nothing succeeds tests nothing.
const shareMin = 0.6

// TestMarket plays fixed seeds, and one that nobody knows before.
func TestMarket(t *testing.T) {
	for _, seed := range []uint64{1, 2, rand.Uint64N(1 << 32)} {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			if r := play(t, seed, 1500); r.Share() < shareMin {
				t.Errorf("%.2f of the operations in blocks were applied; %.2f is the least", r.Share(), shareMin)
			}
		})
	}
}

// TestEveryOperation: every row of the operation table is made, and each is
// applied at least once in a few plays.
func TestEveryOperation(t *testing.T) {
	made, done := map[uint32]bool{}, map[string]int{}
	for _, m := range makers {
		made[m.code] = true
	}
	for seed := uint64(3); seed < 8 && len(done) < len(op.Rows()); seed++ {
		for name, n := range play(t, seed, 5000).Done {
			done[name] += n
		}
	}
	for _, row := range op.Rows() {
		if !made[row.Code] || done[row.Name] == 0 {
			t.Errorf("%s (%d) was applied %d times; something makes it: %t", row.Name, row.Code, done[row.Name], made[row.Code])
		}
	}
}

// TestSameSeed: a seed plays the same twice, or a failure could not be replayed.
func TestSameSeed(t *testing.T) {
	a, b := play(t, 4, 600), play(t, 4, 600)
	b.Crashes, b.Lost = a.Crashes, a.Lost
	if a.String() != b.String() {
		t.Errorf("one seed played %s and then %s", a, b)
	}
}

// TestNotices: the accountant sees what is wrong, and the failure says how to
// see it again.
func TestNotices(t *testing.T) {
	for name, spoil := range map[string]func(*sim){
		"a unit too many":      func(s *sim) { s.books.totals[holding(s.w.genesis.Parties[3].Id, euro)]++; s.recount() },
		"a row too few":        func(s *sim) { delete(s.books.rows, "params params"); s.recount() },
		"another root":         func(s *sim) { s.skip(); s.block(nil) },
		"a hold of nobody's":   func(s *sim) { s.w.holds["pr_x/y"] = &pb.Hold{Units: 1}; s.verify() },
		"a pool that promised": func(s *sim) { s.w.pools["pl_x"] = &pb.Pool{Committed: 1, Units: 2}; s.verify() },
		"an unkept deadline": func(s *sim) {
			s.w.put("proposals", "cp_x", true)
			s.w.proposals["cp_x"] = &pb.Proposal{Deadline: timestamppb.New(s.w.now.Add(-1))}
			s.block(nil)
		},
	} {
		s := newSim(Config{Seed: 6, Templates: library(t)[:2]})
		s.begin()
		err := func() (err error) {
			defer func() { err = s.failure(recover()) }()
			spoil(s)
			return nil
		}()
		if f := err.(*Failure); f.What == "<nil>" || strings.Contains(f.What, "runtime error") {
			t.Errorf("%s: %v", name, err)
		} else {
			t.Logf("%s: %v", name, err)
		}
		s.close()
	}
}

// skip has one machine execute a block that the others don't.
func (s *sim) skip() {
	last := s.log[len(s.log)-1]
	s.replicas[2].execute(&block{height: last.height + 1, time: last.time.Add(time.Hour),
		evidence: []council.Evidence{{Address: make([]byte, 20), Kind: pb.MisbehaviourKind_DUPLICATE_VOTE, Height: 1}}})
}

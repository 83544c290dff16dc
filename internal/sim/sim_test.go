package sim

import (
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/troth-ledger/troth/client/promisefile"
	"github.com/troth-ledger/troth/gen/pb"
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
const shareMin = 0.75

// TestMarket plays fixed seeds, and one that nobody knows before.
func TestMarket(t *testing.T) {
	for _, seed := range []uint64{1, 2, 0} {
		fixed := seed > 0
		if !fixed {
			seed = rand.Uint64N(1 << 32)
		}
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			if r := play(t, seed, 1500); fixed && r.Share() < shareMin {
				t.Errorf("%.2f of the operations in blocks were applied; %.2f is the least", r.Share(), shareMin)
			}
		})
	}
}

// TestEverything: every row of the operation table is made and applied, and all
// that can happen beside does, at least once in a few plays.
func TestEverything(t *testing.T) {
	made := map[uint32]bool{}
	for _, m := range makers {
		made[m.code] = true
	}
	for _, row := range op.Rows() {
		if !made[row.Code] {
			t.Errorf("nothing makes %s (%d)", row.Name, row.Code)
		}
	}
	lacking := wantedOf()
	for seed := uint64(3); seed < 8 && len(lacking) > 0; seed++ {
		seen := play(t, seed, 5000).counts()
		maps.DeleteFunc(lacking, func(what string, _ bool) bool { return seen[what] > 0 })
	}
	for what := range lacking {
		t.Errorf("in no play: %s", what)
	}
}

// wantedOf is what has to happen in a few plays.
func wantedOf() map[string]bool {
	out := map[string]bool{}
	for _, row := range op.Rows() {
		out[row.Name] = true
	}
	for _, what := range []string{"crash", "restart", "join", "block lost", "proposal ahead", "proposal rejected", "proposal forced", "block behind", "parcel", "inspection",
		"several attesters", "a fact that waits", "a sponsor paid", "a sponsor gave all it gives", "newcomers shared", "signed with P256", "signed with WEBAUTHN", "stated with P256", "stated with WEBAUTHN"} {
		out[what] = true
	}
	for _, c := range []pb.Code{pb.Code_WRONG_CHAIN, pb.Code_TX_EXPIRED, pb.Code_REPEATED, pb.Code_BAD_SIGNATURE, pb.Code_BAD_ASSERTION, pb.Code_UNKNOWN_KEY,
		pb.Code_KEY_EXPIRED, pb.Code_KEY_NOT_ALLOWED, pb.Code_MORE_SIGNATURES, pb.Code_PARTY_FROZEN, pb.Code_QUOTA, pb.Code_TOO_MANY_NEWCOMERS} {
		out["at the door "+c.String()] = true
	}
	return out
}

// counts are a report's, by what they count.
func (r *Report) counts() map[string]int {
	out := map[string]int{"crash": r.Crashes, "restart": r.Restarts, "join": r.Joins, "block lost": r.Lost, "proposal ahead": r.Ahead,
		"proposal rejected": r.Rejected, "proposal forced": r.Forced, "block behind": r.Behind, "parcel": r.Parcels, "inspection": r.Inspections}
	for _, m := range []map[string]int{r.Done, r.Seen, r.Refused} {
		maps.Copy(out, m)
	}
	return out
}

// TestSameSeed: a seed plays the same twice, or a failure could not be replayed.
func TestSameSeed(t *testing.T) {
	a, b := play(t, 4, 1000), play(t, 4, 1000)
	b.Lost, b.Ahead = a.Lost, a.Ahead
	if a.String() != b.String() {
		t.Errorf("one seed played %s and then %s", a, b)
	}
}

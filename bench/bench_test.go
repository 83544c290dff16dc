package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/pprof/profile"
)

// tiny makes every part of the benchmark run, and no figure of it worth anything.
var tiny = size{Runs: 2, Parties: 300, Txs: 300, Sends: 100, Ceiling: 3000, Signatures: 600, Seconds: 0.2, Objects: []int{2000, 3000}, Profile: 300}

// TestMain lets the test's own program be the ones that the benchmark starts
// itself as.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && (os.Args[1] == cometCommand || os.Args[1] == nodeCommand) {
		main()
		return
	}
	os.Exit(m.Run())
}

// TestEverything runs every subject and every part at sizes of no use. The
// Cosmos SDK takes part where make bench has built its program.
func TestEverything(t *testing.T) {
	dir := t.TempDir()
	// PostgreSQL's user must get in.
	if err := errors.Join(os.Chmod(dir, 0o755), os.Chmod(filepath.Dir(dir), 0o755)); err != nil {
		t.Fatal(err)
	}
	troth := filepath.Join(dir, "troth")
	build := exec.Command("go", "build", "-o", troth, "./cmd/troth")
	build.Dir = ".."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	page := filepath.Join(dir, "benchmarks.md")
	if err := os.WriteFile(page, []byte("before\n"+figuresBegin+"\nold\n"+figuresEnd+"\nafter\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "results.json")
	o, err := parse([]string{"-troth", troth, "-sdk", "../bin/bench-sdk", "-dir", dir, "-out", out, "-docs", dir})
	if err != nil {
		t.Fatal(err)
	}
	o.size = tiny
	if err := measure(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range append([]string{"before\n", "\nafter\n", "### Throughput", "| four validators | 10,000 |", "### Growth", "### Idle", "microseconds"}, names()...) {
		if !strings.Contains(string(text), want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if strings.Contains(string(text), "old") {
		t.Error("the page still has its old figures")
	}
	for _, name := range []string{"time.svg", "growth.svg"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		wellFormed(t, string(b))
	}
}

func names() (out []string) {
	for _, s := range subjects() {
		out = append(out, s.name)
	}
	return out
}

func wellFormed(t *testing.T, text string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestQuantile(t *testing.T) {
	var v []time.Duration
	for i := range 1000 {
		v = append(v, time.Duration(i+1))
	}
	for q, want := range map[float64]time.Duration{0.5: 500, 0.99: 990, 0.999: 999, 1: 1000} {
		if got := quantile(v, q); got != want {
			t.Errorf("%v: %d, not %d", q, got, want)
		}
	}
	if got := quantile(v[:1], 0.5); got != 1 {
		t.Errorf("of one: %d", got)
	}
}

func TestSpread(t *testing.T) {
	if got, want := spread([]float64{5, 1, 9, 2, 3}), (Spread{3, 1, 9, 5}); got != want {
		t.Errorf("%v, not %v", got, want)
	}
	if got, want := spread([]float64{4, 1}), (Spread{2.5, 1, 4, 2}); got != want {
		t.Errorf("%v, not %v", got, want)
	}
}

// TestStageOf: the stage is that of the work, whatever is below and above it.
func TestStageOf(t *testing.T) {
	const mod = "github.com/troth-ledger/"
	for want, stack := range map[string][]string{
		"signatures":      {"edwards25519.(*Point).add", "github.com/oasisprotocol/curve25519-voi/curve.mul", mod + "troth/node.(*door).judge"},
		"tree":            {"crypto/sha256.block", mod + "troth/ledger/state/smt.(*Tree).Update", mod + "troth/ledger/state.(*Store).Commit"},
		"memory":          {"runtime.mallocgc", mod + "troth/ledger/asset.applyTransfer"},
		"execute":         {mod + "troth/ledger/asset.applyTransfer", mod + "troth/ledger.(*Machine).Execute", "github.com/cometbft/cometbft/state.(*BlockExecutor).ApplyBlock"},
		"consensus store": {"syscall.fsync", "github.com/cockroachdb/pebble/v2.(*DB).Apply", mod + "troth/node.(*batch).write"},
		"store":           {"github.com/cockroachdb/pebble/v2.(*DB).flush"},
		"consensus":       {"github.com/cometbft/cometbft/consensus.(*State).receiveRoutine"},
		otherStage:        {"runtime.findRunnable"},
	} {
		s := &profile.Sample{}
		for _, name := range stack {
			s.Location = append(s.Location, &profile.Location{Line: []profile.Line{{Function: &profile.Function{Name: name}}}})
		}
		if got := stageOf(s); got != want {
			t.Errorf("%v: %s, not %s", stack, got, want)
		}
	}
	if len(stageOrder) != len(stageRules)+1 {
		t.Errorf("%d stages are shown, and there are %d", len(stageOrder), len(stageRules)+1)
	}
}

func TestChart(t *testing.T) {
	wellFormed(t, chart([]float64{100_000, 1_000_000}, "objects <n>", []series{{"a & b", []Spread{{2, 1, 3, 5}, {0, 0, 0, 5}}}}))
	wellFormed(t, chart([]float64{5}, "x", []series{{"flat", []Spread{{}}}}))
	for v, want := range map[float64]float64{0: 0, 0.3: 0.4, 1: 1, 130: 200, 4100: 5000, 9001: 10_000} {
		if got := roundUp(v); got < want*0.999 || got > want*1.001 {
			t.Errorf("roundUp(%v) is %v, not %v", v, got, want)
		}
	}
}

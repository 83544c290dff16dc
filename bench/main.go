// Command bench measures Troth and what it is compared with, side by side on one
// machine: `make bench`. It prints tables and writes results.json, the charts and
// the figures of the page docs/operating/benchmarks.md.
//
// Each subject is a file: troth.go, sdk.go, comet.go, postgres.go, signatures.go.
// Latency is in latency.go, on one node and on the chain of validators.go.
// Runs are taken in rounds, one of each subject, so that what else happens on
// the machine hits all alike.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run does what the first argument says: the benchmark, or one of the programs
// that it starts itself as.
func run(ctx context.Context, args []string) error {
	if len(args) > 0 {
		switch args[0] {
		case cometCommand:
			return serveComet(args[1:])
		case nodeCommand:
			return serveNode(ctx, args[1:])
		}
	}
	o, err := parse(args)
	if err != nil {
		return err
	}
	return measure(ctx, o)
}

// options are what the command line says.
type options struct {
	quick bool
	only  map[string]bool // parts to run; nil for all
	root  string          // the repository
	troth string          // the program under test
	sdk   string          // the program that runs the Cosmos SDK
	out   string          // where results.json goes; empty for nowhere
	docs  string          // the page whose figures are brought up to date; empty for none
	dir   string          // where nodes and databases live
	again bool            // whether what was measured takes the place of the same parts in out
	size  size
}

// size is how much is done.
type size struct {
	Runs       int     `json:"runs"`
	Parties    int     `json:"parties"`
	Txs        int     `json:"transactions"`
	Sends      int     `json:"sends"`
	Ceiling    int     `json:"ceiling_transactions"`
	Signatures int     `json:"signatures"`
	Seconds    float64 `json:"latency_seconds"`
	Objects    []int   `json:"objects"`
	Profile    int     `json:"profile_transactions"`
}

var (
	fullSize  = size{Runs: 5, Parties: 100_000, Txs: 100_000, Sends: 20_000, Ceiling: 400_000, Signatures: 100_000, Seconds: 20, Objects: []int{100_000, 1_000_000}, Profile: 200_000}
	quickSize = size{Runs: 5, Parties: 20_000, Txs: 20_000, Sends: 3000, Ceiling: 60_000, Signatures: 20_000, Seconds: 3, Objects: []int{20_000, 100_000}, Profile: 20_000}
)

// runs are the sizes of single runs, to compare.
func (s size) runs() string {
	s.Objects = nil
	return fmt.Sprintf("%+v", s)
}

// parts are what -only chooses from.
var parts = []string{"throughput", "latency", "growth", "idle", "profile"}

func parse(args []string) (*options, error) {
	o := &options{}
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.BoolVar(&o.quick, "quick", os.Getenv("BENCH_QUICK") != "", "smaller sizes: minutes instead of three quarters of an hour, figures less steady (or BENCH_QUICK=1)")
	only := f.String("only", "", "parts to run, with commas: "+strings.Join(parts, ", ")+", or the ids of subjects")
	f.StringVar(&o.root, "root", "..", "the repository")
	f.StringVar(&o.troth, "troth", "", "the program under test; bin/troth of the repository where empty")
	f.StringVar(&o.sdk, "sdk", "", "the program of bench/sdk; bin/bench-sdk of the repository where empty")
	f.StringVar(&o.out, "out", "", "where the figures go; results.json where empty, but with -only nowhere")
	f.StringVar(&o.docs, "docs", "", "the folder with benchmarks.md, whose figures and charts a whole run of full size renews")
	f.StringVar(&o.dir, "dir", "", "where nodes and databases live, on a real disk; the system's folder for temporary files where empty")
	big := f.Bool("10m", false, "growth to 10 million objects, too: about ten minutes and 10 GB of disk")
	f.BoolVar(&o.again, "again", false, "with -only and whole parts: renew these in results.json and on the page, and keep the others as they are")
	runs := f.Int("runs", 0, "runs of each; 5 where 0")
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	o.size = fullSize
	if o.quick {
		o.size = quickSize
	}
	if *big {
		o.size.Objects = append(o.size.Objects, 10_000_000)
	}
	if *runs > 0 {
		o.size.Runs = *runs
	}
	if *only != "" {
		o.only = map[string]bool{}
		for name := range strings.SplitSeq(*only, ",") {
			o.only[name] = true
		}
	}
	if o.out == "" && (o.only == nil || o.again) {
		o.out = "results.json"
	}
	if o.quick || o.only != nil && !o.again {
		o.docs = ""
	}
	if o.troth == "" {
		o.troth = filepath.Join(o.root, "bin", "troth")
	}
	if o.sdk == "" {
		o.sdk = filepath.Join(o.root, "bin", "bench-sdk")
	}
	if o.dir == "" {
		o.dir = os.TempDir()
	}
	return o, o.check()
}

func (o *options) check() error {
	if _, err := os.Stat(o.troth); err != nil {
		return fmt.Errorf("there is no %s: build it with make build, or run make bench", o.troth)
	}
	for name := range o.only {
		if !known(name) {
			return fmt.Errorf("-only: there is neither a part nor a subject %q", name)
		}
		if o.again && !slices.Contains(parts, name) {
			return fmt.Errorf("-again: %s is not a whole part: subjects are only comparable with those of the same run", name)
		}
	}
	if o.again && o.only == nil {
		return fmt.Errorf("-again: say with -only which parts")
	}
	if inMemory(o.dir) {
		return fmt.Errorf("%s is in memory, so nothing there is durable; choose a folder on a disk with -dir", o.dir)
	}
	var err error
	o.dir, err = os.MkdirTemp(o.dir, "troth-bench-")
	// PostgreSQL refuses to run as root, so its own user has to get in.
	return errors.Join(err, os.Chmod(o.dir, 0o755))
}

// wants says whether a part or a subject was asked for.
func (o *options) wants(name string) bool { return o.only == nil || o.only[name] }

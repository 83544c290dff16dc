package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/pprof/profile"
)

// Profile is where a transaction's processor time goes within the node.
type Profile struct {
	Workload string  `json:"workload"`
	Txs      int     `json:"transactions"`
	Stages   []Stage `json:"stages"` // in the order of the path
}

// Stage is a part of the path.
type Stage struct {
	Name   string  `json:"name"`
	Micros float64 `json:"us"` // of processor time for one transaction
}

// profiled are the workloads of which profiles are taken.
var profiled = []string{"transfer", "fact", "promise"}

// stageRule says which samples belong to a stage: those with a function on their
// stack that has one of these in its name.
type stageRule struct {
	name  string
	words []string
}

// stageRules are looked at in this order; the first that fits counts. What
// allocates and what collects is told apart from what it is done for: it is the
// same remedy everywhere.
var stageRules = []stageRule{
	{"memory", []string{"runtime.gcBgMarkWorker", "runtime.mallocgc", "runtime.gcAssistAlloc", "runtime.bgsweep", "runtime.bgscavenge", "runtime.growslice", "runtime.makeslice", "runtime.newobject"}},
	{"signatures", []string{"troth/ledger/sig.", "curve25519-voi"}},
	{"decode", []string{"troth/ledger/op.Decode", "troth/ledger/op.PeekID"}},
	{"tree", []string{"troth/ledger/state/smt."}},
	{"consensus store", []string{"troth/node.(*database)", "troth/node.(*batch)", "cometbft/store.", "cometbft/libs/autofile", "privval."}},
	{"store", []string{"troth/ledger/state.(*Store)", "cockroachdb/pebble"}},
	{"execute", []string{"troth/ledger.", "troth/ledger/"}},
	{"api", []string{"troth/api.", "connectrpc.com/", "net/http."}},
	{"consensus", []string{"cometbft/"}},
	{"pool and answers", []string{"troth/node."}},
}

// otherStage is what no rule fits: mostly the scheduler.
const otherStage = "scheduler and other"

// stageOrder is how stages are shown: along the path of a transaction.
var stageOrder = []string{"api", "decode", "signatures", "pool and answers", "consensus", "execute", "tree", "store", "consensus store", "memory", otherStage}

// profile takes one profile a workload.
func (b *bench) profile(ctx context.Context, r *Results) error {
	c, err := b.chain(ctx)
	if err != nil {
		return err
	}
	for _, k := range workloads() {
		if !slices.Contains(profiled, k.id) {
			continue
		}
		b.bar.step("profile: %s", k.name)
		p, err := b.profileOf(ctx, c, k)
		if err != nil {
			return fmt.Errorf("%s: %w", k.id, err)
		}
		r.Profile = append(r.Profile, p)
	}
	return nil
}

func (b *bench) profileOf(ctx context.Context, c *chain, k workload) (out Profile, err error) {
	self, err := os.Executable()
	if err != nil {
		return out, err
	}
	home, remove, err := c.copy()
	if err != nil {
		return out, err
	}
	p, err := start(ctx, home, self, nodeCommand, "-home", home)
	if err != nil {
		return out, err
	}
	file := filepath.Join(b.dir, k.id+".pprof")
	if _, err := io.WriteString(p.in, file+"\n"); err != nil {
		return out, errors.Join(err, p.stop())
	}
	s, err := c.world.play(ctx, p, k, min(b.size.Profile, len(c.world.people)))
	if err := errors.Join(err, p.stop(), remove()); err != nil {
		return out, err
	}
	out = Profile{Workload: k.name, Txs: s.Ops / k.perTx * k.txsPer}
	f, err := os.Open(file)
	if err != nil {
		return out, err
	}
	defer f.Close()
	parsed, err := profile.Parse(f)
	if err != nil {
		return out, err
	}
	out.Stages = stages(parsed, out.Txs)
	return out, nil
}

// stages sums a profile up.
func stages(p *profile.Profile, txs int) []Stage {
	nanos := map[string]int64{}
	cpu := len(p.SampleType) - 1 // samples/count, cpu/nanoseconds
	for _, s := range p.Sample {
		nanos[stageOf(s)] += s.Value[cpu]
	}
	out := make([]Stage, len(stageOrder))
	for i, name := range stageOrder {
		out[i] = Stage{name, float64(nanos[name]) / 1e3 / float64(txs)}
	}
	return out
}

func stageOf(s *profile.Sample) string {
	for _, rule := range stageRules {
		for _, l := range s.Location {
			for _, line := range l.Line {
				if slices.ContainsFunc(rule.words, func(w string) bool { return strings.Contains(line.Function.Name, w) }) {
					return rule.name
				}
			}
		}
	}
	return otherStage
}

func (r *Results) profileTable() table {
	t := table{title: "Processor time of one transaction in the node, microseconds", head: []string{"stage"}}
	if len(r.Profile) == 0 {
		return t
	}
	total := []string{"all"}
	for _, p := range r.Profile {
		t.head = append(t.head, p.Workload)
		sum := 0.0
		for _, s := range p.Stages {
			sum += s.Micros
		}
		total = append(total, fmt.Sprintf("%.1f", sum))
	}
	for i, s := range r.Profile[0].Stages {
		row := []string{s.Name}
		for _, p := range r.Profile {
			row = append(row, fmt.Sprintf("%.1f", p.Stages[i].Micros))
		}
		t.rows = append(t.rows, row)
	}
	t.rows = append(t.rows, total)
	return t
}

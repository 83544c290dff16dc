package sim

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
)

// Config says what to play.
type Config struct {
	// Seed is where all chance comes from.
	Seed uint64
	// Ops is how many operations are handed in, refused ones among them, before
	// time is let pass until every promise is settled.
	Ops int
	// Templates are what the market trades in.
	Templates []*pb.Template
	// Progress is called after every hundredth block, where it is set.
	Progress func(*Report)
	// spoil is called before every block, where it is set: a test breaks something.
	spoil func(*sim)
}

// Report is what was played.
type Report struct {
	Seed    uint64
	Ops     int   // operations handed in
	Heights int64 // blocks
	Now     time.Time
	Root    [32]byte // of the last block
	// Tried and Done count operations by name: those in blocks, and those of them
	// that were applied.
	Tried, Done map[string]int
	// Refused counts refusals by code: at the door, and in blocks.
	Refused map[string]int
	// Settled counts promises by template and outcome.
	Settled map[string]int
	// Seen counts, in what was applied, what is rare: see the tests.
	Seen map[string]int
	// Crashes, Restarts and Joins count what happened to machines, Lost the
	// blocks that crashed ones had to be given again, Ahead the proposals made
	// before the last block was written, Rejected the proposals that were refused,
	// Forced those executed all the same, Behind the blocks that left due work
	// over. Lost and Ahead may differ when a seed is played again.
	Crashes, Restarts, Joins, Lost, Ahead, Rejected, Forced, Behind int
	// Parcels counts the promises whose end was compared with a second opinion,
	// Inspections how often a machine's disk was, with itself, before the end.
	Parcels, Inspections int
}

// Share is the share of operations in blocks that were applied.
func (r *Report) Share() float64 {
	tried, done := 0, 0
	for _, n := range r.Tried {
		tried += n
	}
	for _, n := range r.Done {
		done += n
	}
	return float64(done) / float64(max(tried, 1))
}

// String is a table of it.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d: %d operations, %d blocks, until %s, root %x\n", r.Seed, r.Ops, r.Heights, r.Now.Format(time.RFC3339), r.Root[:6])
	fmt.Fprintf(&b, "%d crashes (%d blocks lost), %d restarts, %d joins, %d proposals ahead, %d rejected, %d forced, %d blocks behind, %d parcels looked at, %d inspections\n",
		r.Crashes, r.Lost, r.Restarts, r.Joins, r.Ahead, r.Rejected, r.Forced, r.Behind, r.Parcels, r.Inspections)
	for _, k := range slices.Sorted(maps.Keys(r.Tried)) {
		fmt.Fprintf(&b, "%8d of %8d %s\n", r.Done[k], r.Tried[k], k)
	}
	for _, list := range []map[string]int{r.Settled, r.Refused, r.Seen} {
		for _, k := range slices.Sorted(maps.Keys(list)) {
			fmt.Fprintf(&b, "%8d %s\n", list[k], k)
		}
	}
	return b.String()
}

// Failure is something that must not happen. Nothing after it is played.
type Failure struct {
	Seed uint64
	// Ops is the least Config.Ops that plays until it.
	Ops    int
	Height int64
	What   string
}

// Error says what happened, and how to see it again.
func (f *Failure) Error() string {
	return fmt.Sprintf("height %d: %s\nreplay: SIM_SEED=%d SIM_OPS=%d go test -tags soak ./internal/sim -run TestSoak -count=1 -v", f.Height, f.What, f.Seed, f.Ops)
}

// sim is a play.
type sim struct {
	cfg      Config
	r        *rand.Rand
	w        *world
	replicas []*replica
	log      []block    // the blocks since the first that a machine may have to be given again
	pending  []*pending // admitted nowhere yet
	books    *books
	quotas   *quotas
	parcels  *parcels
	report   *Report
	next     int64      // the height at which a machine is inspected
	draining bool       // no more operations are handed in
	chaos    *rand.Rand // what the disk does, which depends on more than the seed
}

// Run plays. The error is a *Failure.
func Run(cfg Config) (report *Report, err error) {
	s := newSim(cfg)
	defer s.close()
	defer func() {
		if p := recover(); p != nil {
			err = s.failure(p)
		}
	}()
	s.begin()
	for s.report.Ops < cfg.Ops {
		s.round()
	}
	s.drain()
	return s.report, nil
}

func newSim(cfg Config) *sim {
	s := &sim{cfg: cfg, r: rand.New(rand.NewPCG(cfg.Seed, 1)), chaos: rand.New(rand.NewPCG(cfg.Seed, 2)),
		report: &Report{Seed: cfg.Seed, Tried: map[string]int{}, Done: map[string]int{}, Refused: map[string]int{}, Settled: map[string]int{}, Seen: map[string]int{}}}
	s.w, s.books, s.quotas, s.parcels = newWorld(s.r, cfg.Templates), newBooks(), newQuotas(s.report.Seen), newParcels()
	return s
}

func (s *sim) close() {
	for _, r := range s.replicas {
		r.letWrite()
		if r.written != nil {
			<-r.written // however it went
		}
		_ = r.store.Close()
	}
}

func (s *sim) failure(p any) *Failure {
	what := fmt.Sprint(p)
	if _, ok := p.(wrong); !ok {
		what += "\n" + string(debug.Stack())
	}
	ops := s.report.Ops
	if !s.draining {
		ops++ // or a play again would stop before this round: it may hand in nothing
	}
	return &Failure{s.cfg.Seed, ops, s.w.height, what}
}

// wrong is a failure that was looked for.
type wrong string

func failf(format string, args ...any) { panic(wrong(fmt.Sprintf(format, args...))) }

// round is a block, and what happens to machines after it.
func (s *sim) round() {
	s.w.advance()
	n := []int{0, 1, 3, 10, 20, 30, 40, 60}[s.r.IntN(8)]
	switch s.r.IntN(150) {
	case 0:
		n = 600 // a burst
	case 1:
		for range s.r.IntN(30) { // a quiet stretch
			s.block(nil)
			s.w.advance()
		}
	}
	var txs []*pending
	if s.r.IntN(20) == 0 {
		txs = s.w.flurry()
	}
	for len(txs) < n {
		txs = append(txs, s.w.transactions()...)
	}
	for _, t := range txs {
		s.report.Ops += t.ops
	}
	s.block(txs)
	s.mishaps()
	if s.tell(); s.cfg.Progress != nil && s.w.height%100 == 0 {
		s.cfg.Progress(s.report)
	}
}

// tell brings the report up to date.
func (s *sim) tell() {
	s.report.Heights, s.report.Now, s.report.Root = s.w.height, s.w.now, s.log[len(s.log)-1].root
	s.report.Parcels = s.parcels.checked
}

// drain lets time pass until everything is over: nothing may be held then by
// anything but a pool.
func (s *sim) drain() {
	s.draining, s.pending = true, nil
	for range 4000 {
		if s.books.live == 0 && len(s.w.sets["holds"].ids) == 0 {
			break
		}
		if s.w.late() == "" {
			s.w.now = s.w.now.Add(20 * 24 * time.Hour)
		}
		s.block(nil)
	}
	s.settle()
	s.recount()
	for _, r := range s.replicas {
		r.agrees()
	}
	s.books.over(s.w)
	s.tell()
}

package ledger_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cometbft/cometbft/types"
	"google.golang.org/protobuf/proto"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger"
	"github.com/troth-ledger/troth/ledger/council"
	"github.com/troth-ledger/troth/ledger/invariant"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

const chainID = "scenario"

// player plays a story on a machine of its own.
type player struct {
	t       *testing.T
	story   *story
	at      int // line, for messages
	machine *ledger.Machine
	genesis *pb.Genesis
	actors  map[string]*actor
	keys    map[string]*key
	vars    map[string]string
	records map[string]map[string]proto.Message // as the changes tell: table, key
	now     time.Time                           // of the next block
	last    time.Time                           // of the last one
	txs     int

	together bool      // between `block` and `end`
	pending  []pending // of the next block

	evidence   []council.Evidence  // of the next block
	validators *types.ValidatorSet // as consensus has them

	blocks []block // what was played, for the replay
	roots  [][32]byte
}

// pending is a transaction of the next block and what is expected of it.
type pending struct {
	line int
	raw  []byte
	rows []*op.Row
	want []string
}

// block is a block as it travels.
type block struct {
	time     time.Time
	txs      [][]byte
	evidence []council.Evidence
}

// play plays a story from its beginning to its end.
func play(t *testing.T, s *story) *player {
	t.Helper()
	p := &player{
		t: t, story: s, actors: map[string]*actor{}, keys: map[string]*key{}, vars: map[string]string{},
		records: map[string]map[string]proto.Message{}, genesis: &pb.Genesis{Params: scenarioParams()},
		now: time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC),
	}
	for _, st := range s.steps {
		p.at = st.line
		p.step(st)
	}
	if len(p.pending) > 0 {
		p.fatalf("a block has no end")
	}
	p.start()
	return p
}

// scenarioParams are roomy, so that a story meets a limit only where it wants.
func scenarioParams() *pb.Params {
	p := ledger.DefaultParams()
	p.QuotaPerMinute, p.QuotaBurst = 6000, 6000
	p.NewcomerQuotaPerMinute, p.NewcomerQuotaBurst, p.NewcomerTotalPerMinute = 6000, 6000, 60000
	return p
}

func (p *player) fatalf(format string, args ...any) {
	p.t.Helper()
	p.t.Fatalf("%s:%d: %s", p.story.file, p.at, fmt.Sprintf(format, args...))
}

var sentence = regexp.MustCompile(`^([a-z][a-z0-9]*)( by ([a-z0-9, /-]+))?( \(([^)]*)\))?:(.*)$`)

// step plays one line.
func (p *player) step(st step) {
	word, rest, _ := strings.Cut(st.text, " ")
	rest = strings.TrimSpace(rest)
	defer p.flush()
	switch word {
	case "person", "company", "device", "programme", "newcomer":
		if p.machine != nil && word != "newcomer" {
			p.fatalf("parties of the genesis stand before everything else")
		}
		p.declare(word, rest)
	case "key":
		name, scheme, _ := strings.Cut(rest, " ")
		p.keys[name] = newKey(name, pb.Scheme(pb.Scheme_value[scheme]))
	case "params":
		p.unmarshal(rest, p.genesis.Params)
	case "block":
		p.together = true
	case "end":
		p.together = false
		p.flush()
	case "wait":
		d, err := time.ParseDuration(rest)
		if err != nil {
			p.fatalf("wait: %v", err)
		}
		p.start()
		p.now = p.last.Add(d)
		p.run()
	case "at":
		at := p.time(p.expand(rest))
		if p.machine == nil {
			p.now = at.Add(-time.Second) // the first block has the genesis in it
		}
		p.start()
		p.now = at
	case "let":
		p.start()
		name, value, ok := strings.Cut(rest, " = ")
		if !ok {
			p.fatalf("let NAME = VALUE")
		}
		p.vars[name] = p.expand(value)
	case "statement":
		p.statement(rest)
	case "expect":
		p.start()
		p.expect(rest)
	case "member", "possession", "misbehaves":
		p.council(word, rest)
	case "raw":
		p.start()
		p.pending = append(p.pending, pending{line: st.line, raw: p.bytes(rest), want: st.sub})
	default:
		p.transaction(st)
	}
}

// flush runs what is pending, if the story isn't in the middle of a block.
func (p *player) flush() {
	if !p.together && len(p.pending)+len(p.evidence) > 0 {
		p.run()
	}
}

// start begins the chain: an empty first block with the genesis state in it.
func (p *player) start() {
	if p.machine != nil {
		return
	}
	waiting := p.pending
	p.pending = nil
	p.machine = newMachine(p.t, p.genesis)
	p.seats()
	p.run()
	p.pending = waiting
}

func newMachine(t testing.TB, g *pb.Genesis) *ledger.Machine {
	t.Helper()
	store, err := state.Open("", state.Options{InMemory: true, CacheBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	m := ledger.New(store, chainID)
	if err := m.Begin(g); err != nil {
		t.Fatalf("genesis: %v", err)
	}
	return m
}

// run executes a block of what is pending.
func (p *player) run() {
	p.t.Helper()
	p.start()
	b := block{time: p.now, evidence: p.evidence}
	p.evidence = nil
	for _, tx := range p.pending {
		b.txs = append(b.txs, tx.raw)
	}
	x := execute(p.t, p.machine, int64(len(p.blocks)+1), b, true)
	p.blocks = append(p.blocks, b)
	p.roots = append(p.roots, x.Root)
	p.last, p.now = p.now, p.now.Add(time.Second)
	p.mirror(x.Changes)
	p.consensus(x.Validators)
	waiting := p.pending
	p.pending = nil
	for i, tx := range waiting {
		p.at = tx.line
		p.check(tx, x.Results[i])
	}
}

// execute runs a block as a node does and checks every invariant after it. A node
// that agreed to the block before has tried its transactions.
func execute(t testing.TB, m *ledger.Machine, height int64, b block, tried bool) *ledger.Executed {
	t.Helper()
	txs := make([]ledger.Tx, len(b.txs))
	for i, raw := range b.txs {
		d, err := op.Decode(raw)
		if err == nil {
			err = d.Verify()
		}
		txs[i] = ledger.Tx{Decoded: d, Err: err}
	}
	if tried && height > 1 {
		trial := m.Trial(height, b.time)
		for _, tx := range txs {
			if tx.Err == nil {
				_ = trial.Admits(tx.Decoded)
			}
		}
	}
	x := m.Execute(ledger.Block{Height: height, Time: b.time, Txs: txs, Evidence: b.evidence})
	if err := m.Commit(nil); err != nil {
		t.Fatalf("height %d: %v", height, err)
	}
	v := m.Store().View()
	defer v.Release()
	if err := invariant.Full(v); err != nil {
		t.Fatalf("height %d: %v", height, err)
	}
	// A node that ran through and one that was started anew judge alike what is
	// proposed next.
	params, protocol := m.JudgesBy()
	if fresh, p := ledger.New(m.Store(), m.Chain()).JudgesBy(); !proto.Equal(params, fresh) || protocol != p {
		t.Fatalf("height %d: judges by %v and %d; one started anew by %v and %d", height, params, protocol, fresh, p)
	}
	return x
}

// replay runs the blocks of a story on another machine, as one does that was not
// there when they were proposed.
func replay(t *testing.T, p *player) (roots [][32]byte) {
	t.Helper()
	m := newMachine(t, p.genesis)
	for i, b := range p.blocks {
		roots = append(roots, execute(t, m, int64(i+1), b, false).Root)
	}
	return roots
}

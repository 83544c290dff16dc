package sim

import (
	"bytes"
	"fmt"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger"
	"github.com/troth-ledger/troth/ledger/council"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// block is what consensus decided, as every machine is given it.
type block struct {
	height   int64
	time     time.Time
	txs      [][]byte
	evidence []council.Evidence
	root     [32]byte
}

// blockMax is how many transactions an honest proposer takes.
const blockMax = 250

// begin starts the machines and gives them a first block, and what the market
// begins with.
func (s *sim) begin() {
	for _, name := range []string{"steady", crashes, joins} {
		s.replicas = append(s.replicas, newReplica(name, s.w.genesis))
	}
	s.block(nil)
	for _, acts := range s.w.opening() {
		s.w.now = s.w.now.Add(time.Minute)
		var txs []*pending
		for _, a := range acts {
			txs = append(txs, s.w.sealed(a.who, a.msg))
		}
		s.block(txs)
		s.report.Ops += len(txs)
	}
}

// opening makes money, hands it out, and publishes the templates.
func (w *world) opening() (out [3][]act) {
	bank, shop := w.genesis.Parties[0].Id, w.genesis.Parties[4].Id
	out[0] = do(bank, &pb.CreateAssetRequest{Symbol: "EUR", Kind: pb.AssetKind_MONEY, Decimals: 2})
	for _, p := range w.genesis.Parties {
		out[1] = append(out[1], act{bank, &pb.IssueRequest{To: p.Id, Amount: &pb.Amount{Asset: euro, Units: 1_000_000_000}}})
	}
	workshops := []string{w.genesis.Parties[8].Id, w.genesis.Parties[12].Id}
	out[2] = do(shop, &pb.SetAttestersRequest{Class: "workshops", Add: workshops})
	for _, t := range w.templates {
		t = t.CloneVT()
		t.Version = 1
		out[2] = append(out[2], act{shop, &pb.PublishTemplateRequest{Template: t}})
	}
	return out
}

// block has a machine propose, the others judge, and all execute.
func (s *sim) block(txs []*pending) {
	if s.cfg.spoil != nil {
		s.cfg.spoil(s)
	}
	s.pending = append(s.pending, txs...)
	b := block{height: s.w.height + 1, time: s.w.now, evidence: s.w.evidence()}
	for _, r := range s.replicas {
		if err := r.machine.ReadyNext(); err != nil {
			failf("%s can't execute height %d: %v", r.name, b.height, err)
		}
	}
	if b.height > 1 {
		b.txs = s.agreed(b)
	}
	first := s.execute(&b)
	s.w.height = b.height
	if s.log = append(s.log, b); len(s.log) > 2000 {
		s.log = append([]block(nil), s.log[1000:]...)
	}
	if s.w.past = append(s.w.past, b.txs...); len(s.w.past) > 200 {
		s.w.past = s.w.past[len(s.w.past)-100:]
	}
	s.observe(&b, first)
	s.inspect()
}

// agreed is the block that is decided: what an honest machine proposes, or what
// a dishonest one does where the others let it pass or are overruled.
func (s *sim) agreed(b block) [][]byte {
	proposer := s.r.IntN(len(s.replicas))
	good, bad := s.propose(proposer, b)
	if s.r.IntN(12) == 0 && s.w.height >= begun {
		txs, surely := s.tamper(good, bad)
		if ok := s.judge(proposer, b, txs); ok && surely {
			failf("a proposal of %d transactions passed that had a bad one put in", len(txs))
		} else if ok {
			return txs
		}
		s.report.Rejected++
		if s.r.IntN(2) == 0 {
			// More than a third were dishonest, say: what is decided is executed.
			s.report.Forced++
			return txs
		}
		proposer = (proposer + 1) % len(s.replicas)
		more, _ := s.propose(proposer, b)
		good = append(good[:0], more...)
	}
	if !s.judge(proposer, b, good) {
		failf("an honest proposal of %s, of %d transactions, was refused", s.replicas[proposer].name, len(good))
	}
	return good
}

// propose has a machine screen what is pending, in an order of its own.
func (s *sim) propose(proposer int, b block) (good, bad [][]byte) {
	for i, r := range s.replicas {
		order := s.r.Perm(len(s.pending))
		if i != proposer && s.r.IntN(3) > 0 {
			continue
		}
		trial := r.machine.Trial(b.height, b.time)
		for _, j := range order {
			t, raw := r.decode(s.pending[j].raw), s.pending[j].raw
			if len(good) == blockMax && i == proposer {
				break
			}
			if t.Err == nil {
				t.Err = trial.Admits(t.Decoded)
			}
			switch {
			case i != proposer: // as its door does, which leaves nothing behind
			case t.Err == nil:
				good = append(good, raw)
			default:
				bad = append(bad, raw)
				s.report.Refused["at the door "+op.CodeOf(t.Err).String()]++
			}
		}
	}
	if r := s.replicas[proposer]; r.store.Height() < r.store.Tip() {
		s.report.Ahead++
	}
	s.settlePending(good, bad)
	return good, bad
}

// settlePending takes out of what is pending what was proposed or refused.
func (s *sim) settlePending(lists ...[][]byte) {
	gone := map[string]bool{}
	for _, list := range lists {
		for _, raw := range list {
			gone[string(raw)] = true
		}
	}
	kept := s.pending[:0]
	for _, t := range s.pending {
		if !gone[string(t.raw)] {
			kept = append(kept, t)
		}
	}
	s.pending = kept
}

// tamper is what a dishonest proposer makes of a block. surely says that the
// others have to refuse it.
func (s *sim) tamper(good, bad [][]byte) (txs [][]byte, surely bool) {
	txs = append(txs, good...)
	insert := func(raw []byte) {
		i := s.r.IntN(len(txs) + 1)
		txs = append(txs[:i], append([][]byte{raw}, txs[i:]...)...)
		surely = true
	}
	switch n := s.r.IntN(6); {
	case n == 0 && len(good) > 0: // one twice
		insert(good[s.r.IntN(len(good))])
	case n == 1 && len(s.w.past) > 0: // one that was in a block, refused or not
		insert(s.w.past[s.r.IntN(len(s.w.past))])
		surely = false // it may have been forced into that block
	case n == 2:
		insert([]byte("no transaction"))
	case n == 3 && len(good) > 0: // not signed by who it says
		forged := bytes.Clone(good[s.r.IntN(len(good))])
		forged[len(forged)-1] ^= 1
		insert(forged)
	case n == 4: // what the door refused
		for _, raw := range bad {
			insert(raw)
		}
		surely = false // it was refused in another order
	}
	s.r.Shuffle(len(txs), func(i, j int) { txs[i], txs[j] = txs[j], txs[i] })
	return txs, surely
}

// judge has every machine but the proposer say whether a proposal is one; all
// must say the same.
func (s *sim) judge(proposer int, b block, txs [][]byte) bool {
	verdicts := make([]error, 0, len(s.replicas))
	for i, r := range s.replicas {
		if i == proposer {
			continue
		}
		var err error
		trial := r.machine.Trial(b.height, b.time)
		for j, raw := range txs {
			t := r.decode(raw)
			if err = t.Err; err == nil {
				err = trial.Admits(t.Decoded)
			}
			if err != nil {
				err = fmt.Errorf("%s: transaction %d: %w", r.name, j+1, err)
				break
			}
		}
		verdicts = append(verdicts, err)
	}
	for _, v := range verdicts {
		if (v == nil) != (verdicts[0] == nil) {
			failf("some machines accept a proposal that others refuse: %v", verdicts)
		}
	}
	return verdicts[0] == nil
}

// execute gives a block to every machine and compares what each says.
func (s *sim) execute(b *block) *ledger.Executed {
	if s.r.IntN(2) == 0 {
		s.settle() // or it is executed while the one before is written
	}
	var first *ledger.Executed
	var told []string
	for _, r := range s.replicas {
		x := r.execute(b)
		if first == nil {
			first, told, b.root = x, transcript(x), x.Root
			continue
		}
		other := transcript(x)
		for i := range min(len(told), len(other)) {
			if told[i] != other[i] {
				failf("%s and %s differ, first in %.400q and %.400q", s.replicas[0].name, r.name, told[i], other[i])
			}
		}
		if len(told) != len(other) || x.Root != b.root {
			failf("%s has the root %x, %s has %x", s.replicas[0].name, b.root, r.name, x.Root)
		}
	}
	return first
}

// transcript is all that a block's execution said.
func transcript(x *ledger.Executed) (out []string) {
	for i, r := range x.Results {
		out = append(out, fmt.Sprint(pb.Code(r.Code), r.FailedOp, x.Ends[i], " ", r.Message, r.Responses))
	}
	for _, c := range x.Changes {
		after := ""
		if c.After() != nil {
			after = string(state.Encode(c.After()))
		}
		out = append(out, c.Table()+" "+string(c.Key())+" "+after)
	}
	for _, u := range x.Validators {
		out = append(out, fmt.Sprintf("%x %d", u.PublicKey, u.Power))
	}
	return append(out, fmt.Sprint(x.Protocol))
}

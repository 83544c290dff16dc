package sim

import (
	"maps"
	"slices"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger"
	"github.com/troth-ledger/troth/ledger/invariant"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// observe reads what a block did and has the accountant check it.
func (s *sim) observe(b *block, x *ledger.Executed) {
	if b.height == 1 {
		for _, seat := range s.w.genesis.Council {
			s.books.seats[string(seat.Validator)] = seat.Power
		}
	}
	inForce := s.w.params // those of the height before
	for _, ch := range x.Changes {
		s.w.see(ch)
		s.parcels.see(s.w, ch)
	}
	s.books.rowsSeen(x.Changes)
	for i, raw := range b.txs {
		s.result(b, decode(raw), x.Results[i])
	}
	for _, ch := range x.Changes {
		if set, ok := ch.After().(*pb.Settlement); ok {
			p := latest(x.Changes, set.Promise)
			s.books.settled(set, p)
			if p.State == pb.PromiseState_SETTLED && p.Settlements == set.Seq {
				s.report.Settled[p.Template+" "+p.Outcome.String()]++
				s.parcels.settled(s.w, set, p)
			}
		}
	}
	s.books.consensus(x.Validators, s.w)
	s.balance()
	s.punctual(x, inForce)
}

// latest is what a promise became in a block.
func latest(changes []state.Change, id string) *pb.Promise {
	for _, ch := range slices.Backward(changes) {
		if p, ok := ch.After().(*pb.Promise); ok && p.Id == id {
			return p
		}
	}
	failf("a settlement of %s, which did not change", id)
	return nil
}

// unused are the refusals that leave a transaction's key free.
var unused = map[pb.Code]bool{pb.Code_WRONG_CHAIN: true, pb.Code_TX_EXPIRED: true, pb.Code_EXPIRY_TOO_FAR: true, pb.Code_REPEATED: true}

// result looks at what a transaction's result says.
func (s *sim) result(b *block, t ledger.Tx, res *pb.TxResult) {
	code := pb.Code(res.Code)
	switch {
	case code == pb.Code_INTERNAL || code == pb.Code_PRIVILEGE:
		failf("%s: %s", code, res.Message)
	case t.Err != nil:
		if code != op.CodeOf(t.Err) || code == pb.Code_OK {
			failf("a transaction that is none (%v) has the result %s", t.Err, code)
		}
		s.report.Refused["none "+code.String()]++
		return
	case code == pb.Code_REPEATED:
		if s.books.use(b.time, t.Decoded) {
			failf("a transaction was refused as repeated whose key was never used: %s", res.Message)
		}
	case !unused[code] && !s.books.use(b.time, t.Decoded):
		failf("the key %x of %s was used twice", t.Decoded.Body.Key, t.Decoded.Body.Party)
	}
	if code != pb.Code_OK {
		s.report.Refused["in a block "+code.String()]++
	}
	if code == pb.Code_OK || res.FailedOp > 0 {
		s.books.charged(s.w, t.Decoded)
	}
	for i, o := range t.Decoded.Body.Ops {
		row, _ := op.Find(o.Code)
		if s.report.Tried[row.Name]++; code == pb.Code_OK {
			s.report.Done[row.Name]++
			s.books.asked(t.Decoded.Body.Party, t.Decoded.Body.Ops[i])
		}
	}
}

// balance: holdings are what the accountant reckons.
func (s *sim) balance() {
	for key := range s.books.touched {
		h := s.w.holdings[key]
		if got, want := h.GetAvailable()+h.GetHeld(), s.books.totals[key]; got != want {
			failf("holding %q has %d and %d held; the accountant has %d", key, h.GetAvailable(), h.GetHeld(), want)
		}
	}
	clear(s.books.touched)
}

// punctual: what was due is done, unless the block had its fill of work. And
// what the machines remember about deadlines leaves none out.
func (s *sim) punctual(x *ledger.Executed, inForce *pb.Params) {
	if what := s.w.late(); what != "" {
		// A piece of work makes one change at least.
		if s.report.Behind++; len(x.Changes) < int(inForce.GetWorkPerBlock()) {
			failf("%s is overdue at %s, after a block with %d changes", what, s.w.now, len(x.Changes))
		}
	}
	for _, r := range s.replicas {
		v := r.store.View()
		at, ok := r.machine.NextDue(v)
		want, wantOK := op.NextDue(v)
		v.Release()
		if ok != wantOK || !at.Equal(want) {
			failf("%s: the next deadline is %s, found %s", r.name, want, at)
		}
	}
}

// verify looks at every promise, pool, hold and holding.
func (s *sim) verify() {
	check(Held(s.w.promises, s.w.pools, s.w.holds, s.books.paid))
	sums := map[string]int64{}
	for _, h := range s.w.holds {
		sums[holding(h.Party, h.Asset)] += h.Units
	}
	for key, h := range s.w.holdings {
		if h.Held != sums[key] {
			failf("holding %q has %d held, its holds have %d", key, h.Held, sums[key])
		}
	}
	s.books.forget(s.w.now)
}

// recount reads every row of a machine, and compares all with the books.
func (s *sim) recount() {
	s.verify()
	names := map[byte]string{}
	for _, t := range state.Tables() {
		names[t.Number] = t.Name
	}
	r := s.replicas[s.r.IntN(len(s.replicas))]
	v := r.store.View()
	defer v.Release()
	supply, rows := map[string]int64{}, 0
	for row, err := range v.Rows(0, "") {
		check(err)
		rows++
		key := names[row.Table] + " " + string(row.Key)
		if s.books.rows[key] != digestOf(row.Value) {
			failf("%s has another row %q than its changes told", r.name, key)
		}
		if names[row.Table] == "holdings" {
			var h pb.Holding
			check(h.UnmarshalVT(row.Value))
			if h.Available < 0 || h.Held < 0 || h.Available+h.Held != s.books.totals[string(row.Key)] {
				failf("%s: holding %q has %d and %d held; the accountant has %d", r.name, row.Key, h.Available, h.Held, s.books.totals[string(row.Key)])
			}
			supply[h.Asset] += h.Available + h.Held
		}
	}
	if rows != len(s.books.rows) {
		failf("%s has %d rows, its changes told of %d", r.name, rows, len(s.books.rows))
	}
	for _, id := range slices.Sorted(maps.Keys(s.w.assets)) {
		if a := s.w.assets[id]; a.Supply != supply[id] || a.Supply != s.books.supply[id] {
			failf("there are %d of %s; holdings have %d, issued less burnt is %d", a.Supply, id, supply[id], s.books.supply[id])
		}
	}
	check(invariant.Full(v))
}

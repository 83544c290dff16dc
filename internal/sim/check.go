package sim

import (
	"maps"
	"slices"
	"time"

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
	s.quotas.params = inForce
	s.quotas.apply(x.Changes[:x.Begin])
	from := x.Begin
	for i, raw := range b.txs {
		changes := x.Changes[from:x.Ends[i]]
		s.result(b, decode(raw), x.Results[i], changes)
		s.quotas.apply(changes)
		from = x.Ends[i]
	}
	for _, ch := range x.Changes {
		if set, ok := ch.After().(*pb.Settlement); ok {
			p := latest(x.Changes, set.Promise)
			s.books.settled(set, p)
			if p.State == pb.PromiseState_SETTLED && p.Settlements == set.Seq {
				s.report.Settled[p.Template+" "+p.Outcome.String()]++
				if slices.ContainsFunc(p.Roles, func(r *pb.RoleBinding) bool { return len(r.Parties) > 1 }) {
					s.report.Seen["several attesters"]++
				}
				s.parcels.settled(s.w, set, p)
			}
		}
	}
	s.books.consensus(x.Validators, s.w)
	s.balance()
	s.queue()
	s.punctual(x, inForce)
}

// queue compares the facts that wait to be received with what the ledger counts.
func (s *sim) queue() {
	if !maps.Equal(s.w.waiting, s.w.queued) {
		failf("facts wait at %v, and are counted as %v", s.w.waiting, s.w.queued)
	}
	if len(s.w.waiting) > 0 {
		s.report.Seen["a fact that waits"]++
	}
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
func (s *sim) result(b *block, t ledger.Tx, res *pb.TxResult, changes []state.Change) {
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
	s.quotas.charged(b.time, t, res, changes)
	for _, o := range t.Decoded.Body.Ops {
		row, _ := op.Find(o.Code)
		if s.report.Tried[row.Name]++; code == pb.Code_OK {
			s.report.Done[row.Name]++
		}
	}
	if code == pb.Code_OK {
		s.applied(b, t.Decoded, res)
	}
}

// applied looks at a transaction that was.
func (s *sim) applied(b *block, t *op.Tx, res *pb.TxResult) {
	for _, k := range t.Signatures {
		s.report.Seen["signed with "+k.Scheme.String()]++
	}
	requests := make([]op.Message, len(t.Body.Ops))
	for i, o := range t.Body.Ops {
		row, _ := op.Find(o.Code)
		q, a := row.NewRequest(), row.NewResponse()
		check(q.UnmarshalVT(o.Request))
		check(a.UnmarshalVT(res.Responses[i]))
		s.books.asked(t.Body.Party, q, a)
		s.parcels.asked(q)
		if q, ok := q.(*pb.CarryFactRequest); ok {
			for _, c := range q.Carried {
				s.report.Seen["stated with "+c.Signature.Scheme.String()]++
			}
		}
		requests[i] = q
	}
	entitled(s.quotas.parties[t.Body.Party], t, requests, b.time)
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

// punctual: what was due is done, unless the block had its fill of work.
func (s *sim) punctual(x *ledger.Executed, inForce *pb.Params) {
	what := s.w.late()
	if what == "" {
		return
	}
	if n := workIn(x, s.w.now); n < int(inForce.WorkPerBlock) {
		failf("%s is overdue at %s, after a block with %d pieces of work at most; %d are its fill", what, s.w.now, n, inForce.WorkPerBlock)
	}
	s.report.Behind++
}

// workIn is how many pieces of work a block did at most: a piece makes one change
// at least. What is done before the transactions is work. Where a transaction
// caused some, which shows in a row whose time had come, its own changes are
// counted too, for nothing tells them apart.
func workIn(x *ledger.Executed, now time.Time) int {
	n, from := x.Begin, x.Begin
	for _, end := range x.Ends {
		if slices.ContainsFunc(x.Changes[from:end], func(ch state.Change) bool { return wasDue(ch.Before(), now) }) {
			n += end - from
		}
		from = end
	}
	return n
}

// wasDue says whether the time of a row had come, before it changed.
func wasDue(before state.Record, now time.Time) bool {
	switch r := before.(type) {
	case *pb.Promise:
		return r.Wake != nil && !r.Wake.AsTime().After(now)
	case *pb.Deadline:
		return !r.Due.AsTime().After(now)
	case *pb.Hold:
		return r.Expires != nil && r.Expires.AsTime().Before(now)
	case *pb.Party:
		due := r.GetRecovery().GetDue()
		return due != nil && !due.AsTime().After(now)
	}
	return false
}

// verify looks at every promise, pool, hold and holding.
func (s *sim) verify() {
	check(Held(s.w.promises, s.w.pools, s.w.holds, s.w.holdings, s.books.paid))
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
	r.settle()
	s.remembers(r)
	v := r.store.View()
	defer v.Release()
	supply, rows := map[string]int64{}, 0
	for row, err := range v.Rows() {
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

// inspect looks whether what a machine's disk has twice agrees, each machine's in turn.
// An index entry that is wrong shows nowhere else until somebody searches there. What
// it takes grows with the rows, so it is done less often where there are more.
func (s *sim) inspect() {
	if s.w.height < s.next {
		return
	}
	s.next = s.w.height + 20 + int64(len(s.books.rows)/40)
	r := s.replicas[s.report.Inspections%len(s.replicas)]
	s.report.Inspections++
	r.settle()
	r.agrees()
}

// agrees: what the machine's disk has twice agrees.
func (r *replica) agrees() {
	v := r.store.View()
	defer v.Release()
	for _, err := range v.Check(func(int) {}) {
		failf("%s at height %d: %v", r.name, v.Height(), err)
	}
}

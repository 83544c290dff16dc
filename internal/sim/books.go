package sim

import (
	"crypto/sha256"
	"slices"
	"strings"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/council"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// digest stands for a record in the books.
type digest [12]byte

func digestOf(b []byte) digest { h := sha256.Sum256(b); return digest(h[:12]) }

// books are the naive accountant's: maps, fed by what transactions asked for and
// settlements say. How the ledger did it is not asked, but for whose money is in
// a promise's holds: that the promise's row says, and of a bond its hold's.
type books struct {
	totals  map[string]int64  // what a party has of an asset, available or held, by holding
	supply  map[string]int64  // by asset
	payer   map[string]string // whose a hold is, by hold: the holding
	payees  map[string]string // of holds between parties
	touched map[string]bool   // holdings to look at after the block

	paid  map[string]int64 // of live promises, by promise and hold, as settlements say
	seqs  map[string]uint32
	live  int               // promises not settled
	ended map[string]bool   // promises settled
	rows  map[string]digest // every row there is, by table and key
	facts map[string]digest // every fact as it was stated
	final map[string]digest // what must never change again

	used  map[string]int64 // idempotency keys, to the minute in which they are free
	seats map[string]int64 // consensus's validators, by key
}

func newBooks() *books {
	return &books{totals: map[string]int64{}, supply: map[string]int64{}, payer: map[string]string{}, payees: map[string]string{}, touched: map[string]bool{},
		paid: map[string]int64{}, seqs: map[string]uint32{}, ended: map[string]bool{}, rows: map[string]digest{}, facts: map[string]digest{},
		final: map[string]digest{}, used: map[string]int64{}, seats: map[string]int64{}}
}

// rowsSeen enters what changed, before anything is reckoned with.
func (k *books) rowsSeen(changes []state.Change) {
	for _, ch := range changes {
		key := ch.Table() + " " + string(ch.Key())
		if ch.After() == nil {
			delete(k.rows, key)
		} else {
			k.rows[key] = digestOf(state.Encode(ch.After()))
		}
		if d, ok := k.final[key]; ok && d != k.rows[key] {
			failf("%q changed after it was final", key)
		}
		switch rec := ch.After().(type) {
		case *pb.Settlement, *pb.Template:
			k.final[key] = k.rows[key]
		case *pb.Fact:
			k.fact(ch, rec)
		case *pb.Promise:
			k.promise(ch, rec)
		case *pb.Holding:
			k.touched[string(ch.Key())] = true
		}
		if ch.After() == nil && ch.Table() != "holds" && ch.Table() != "holdings" && ch.Table() != "used_minutes" && ch.Table() != "deliveries" && ch.Table() != "queues" && ch.Table() != "members" {
			failf("%q was removed", key)
		}
		h, ok := ch.After().(*pb.Hold)
		if !ok {
			h, ok = ch.Before().(*pb.Hold)
		}
		if ok {
			k.touched[holding(h.Party, h.Asset)] = true
			if strings.Contains(h.Id, "/") {
				k.payer[h.Id] = holding(h.Party, h.Asset)
			}
		}
	}
}

func holding(party, asset string) string { return party + "\x00" + asset }

// fact: nothing of a fact changes but what supersedes it, which is entered once.
func (k *books) fact(ch state.Change, f *pb.Fact) {
	stated := f.CloneVT()
	stated.SupersededBy = ""
	d := digestOf(state.Encode(stated))
	if was, ok := k.facts[f.Id]; ok && was != d {
		failf("fact %s changed after it was stated", f.Id)
	}
	if before, ok := ch.Before().(*pb.Fact); ok && before.SupersededBy != "" && before.SupersededBy != f.SupersededBy {
		failf("fact %s was superseded twice", f.Id)
	}
	k.facts[f.Id] = d
}

func (k *books) promise(ch state.Change, p *pb.Promise) {
	if ch.Before() == nil {
		k.live++
	}
	for _, h := range p.Holds {
		if h.Party != "" {
			k.payer[p.Id+"/"+h.Name] = holding(h.Party, h.Asset)
		}
	}
	if p.State != pb.PromiseState_SETTLED {
		return
	}
	if k.ended[p.Id] {
		failf("promise %s was settled twice", p.Id)
	}
	k.ended[p.Id], k.final["promises "+p.Id] = true, k.rows["promises "+p.Id]
	k.live--
}

// asked enters what an applied operation moved, as it was asked for, and whose
// the holds are that it made.
func (k *books) asked(who string, request, response op.Message) {
	switch q := request.(type) {
	case *pb.PlaceHoldRequest:
		id := response.(*pb.PlaceHoldResponse).Hold
		if k.payer[id], k.payees[id] = holding(who, q.Amount.Asset), q.Payee; q.Payee == "" {
			k.payees[id] = q.Holder
		}
	case *pb.CreatePoolRequest:
		k.payer[response.(*pb.CreatePoolResponse).Pool] = holding(who, q.Amount.Asset)
	case *pb.IssueRequest:
		k.totals[holding(q.To, q.Amount.Asset)] += q.Amount.Units
		k.supply[q.Amount.Asset] += q.Amount.Units
		k.touched[holding(q.To, q.Amount.Asset)] = true
	case *pb.BurnRequest:
		k.totals[holding(who, q.Amount.Asset)] -= q.Amount.Units
		k.supply[q.Amount.Asset] -= q.Amount.Units
	case *pb.TransferRequest:
		k.move(holding(who, q.Amount.Asset), q.To, q.Amount.Units)
	case *pb.PostHoldRequest:
		k.move(k.payer[q.Hold], k.payees[q.Hold], q.Units)
	}
}

// move enters that units of a holding became somebody's.
func (k *books) move(from, to string, units int64) {
	_, asset, ok := strings.Cut(from, "\x00")
	if !ok || to == "" {
		failf("%d units move from %q to %q", units, from, to)
	}
	k.totals[from] -= units
	k.totals[holding(to, asset)] += units
	k.touched[from], k.touched[holding(to, asset)] = true, true
}

// settled enters what a settlement paid.
func (k *books) settled(s *pb.Settlement, p *pb.Promise) {
	if k.seqs[s.Promise]++; s.Seq != k.seqs[s.Promise] {
		failf("settlement %d of promise %s comes after %d", s.Seq, s.Promise, k.seqs[s.Promise]-1)
	}
	for _, leg := range s.Payouts {
		if leg.Units < 0 || leg.To == "" {
			failf("settlement %d of %s pays %d to %q", s.Seq, s.Promise, leg.Units, leg.To)
		}
		k.paid[s.Promise+"/"+leg.Hold] += leg.Units
		from := k.payer[s.Promise+"/"+leg.Hold]
		for _, h := range p.Holds {
			if h.Name == leg.Hold && h.Pool != "" {
				from = k.payer[h.Pool]
			}
		}
		if leg.Units > 0 {
			k.move(from, leg.To, leg.Units)
		}
	}
}

// use says whether a transaction's key was free, and uses it.
func (k *books) use(now time.Time, t *op.Tx) (free bool) {
	key := t.Body.Party + string(t.Body.Key)
	if until, ok := k.used[key]; ok && until > now.Unix()/60 {
		return false
	}
	k.used[key] = t.Expires.Unix()/60 + 1
	return true
}

// consensus enters what consensus was told about validators.
func (k *books) consensus(updates []council.Update, w *world) {
	for _, u := range updates {
		if _, known := k.seats[string(u.PublicKey)]; u.Power == 0 && !known {
			failf("consensus is told to remove a validator that it doesn't have: %x", u.PublicKey)
		}
		if k.seats[string(u.PublicKey)] = u.Power; u.Power == 0 {
			delete(k.seats, string(u.PublicKey))
		}
	}
	if len(k.seats) == 0 {
		failf("consensus has no validator")
	}
	n := 0
	for id, m := range w.members {
		if m.Power > 0 {
			n++
		}
		if got := k.seats[string(m.Validator)]; got != m.Power {
			failf("member %s has power %d, its validator %d", id, m.Power, got)
		}
	}
	if n != len(k.seats) {
		failf("consensus has %d validators, the council %d", len(k.seats), n)
	}
}

// forget drops what no later block can ask for.
func (k *books) forget(now time.Time) {
	for key, until := range k.used {
		if until < now.Unix()/60 {
			delete(k.used, key)
		}
	}
	for id := range k.payer {
		promise, _, ok := strings.Cut(id, "/")
		if ok && k.ended[promise] {
			delete(k.payer, id)
			delete(k.paid, id)
			delete(k.seqs, promise)
		}
	}
}

// over: nothing is left but pools.
func (k *books) over(w *world) {
	if k.live > 0 {
		ids := slices.Sorted(slices.Values(w.sets["promises"].ids))
		p := w.promises[ids[0]]
		failf("%d promises never end, such as %s on %s, which is %s and wakes at %v", k.live, p.Id, p.Template, p.State, p.Wake.AsTime())
	}
	for id := range w.holds {
		if w.pools[id] == nil {
			failf("hold %s is left over", id)
		}
	}
}

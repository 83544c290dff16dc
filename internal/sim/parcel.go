package sim

import (
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// parcels is a second opinion on how promises on the template parcel-by-date
// end, made without rules: by the first report that arrives in the grace, or by
// none. Where something rare makes that a matter of order, it has no opinion.
type parcels struct {
	reports   map[string][]*pb.Fact // that something was delivered, by what they are for
	unclear   map[string]bool       // what a report is for that was taken back, or is odd
	suspended map[string]bool       // promises whose clock stood still
	deposits  map[string]int64      // what was added to a hold, by promise and hold
	checked   int                   // promises on which there was an opinion
}

func newParcels() *parcels {
	return &parcels{reports: map[string][]*pb.Fact{}, unclear: map[string]bool{}, suspended: map[string]bool{}, deposits: map[string]int64{}}
}

// see takes note of a change.
func (k *parcels) see(w *world, ch state.Change) {
	switch rec := ch.After().(type) {
	case *pb.Fact:
		s := rec.Statement
		about := s.Subject
		if s.Promise != "" {
			about = s.Promise // whatever its subject
		}
		switch {
		case ch.Before() != nil:
		case s.Corrects != "" || s.Withdraws != "" || s.Kind == "delivered" && (len(s.Values) > 0 || w.parties[rec.Attester].Kind == pb.PartyKind_DEVICE):
			k.unclear[about] = true
		case s.Kind == "delivered":
			k.reports[about] = append(k.reports[about], rec)
		}
	case *pb.Promise:
		if rec.State == pb.PromiseState_SUSPENDED {
			k.suspended[rec.Id] = true
		}
	}
}

// asked takes note of an applied operation.
func (k *parcels) asked(m op.Message) {
	if q, ok := m.(*pb.DepositRequest); ok {
		k.deposits[q.Promise+"/"+q.Hold] += q.Units
	}
}

// settled compares how a promise ended with what it should have come to.
func (k *parcels) settled(w *world, s *pb.Settlement, p *pb.Promise) {
	if !strings.HasPrefix(p.Template, "parcel-by-date@") || p.Active == nil || k.suspended[p.Id] || k.unclear[p.Subjects[0]] || k.unclear[p.Id] ||
		s.Cause == pb.Settlement_AGREEMENT || s.Cause == pb.Settlement_CANCELLATION {
		return
	}
	t := w.published[p.Template]
	for _, own := range w.templates {
		if own.Name == t.Name && !proto.Equal(&pb.Template{Rules: own.Rules, Terms: own.Terms, Roles: own.Roles}, &pb.Template{Rules: t.Rules, Terms: t.Terms, Roles: t.Roles}) {
			return // somebody published one of their own
		}
	}
	if want, clear := k.opinion(p); clear {
		k.checked++
		if s.Outcome != want {
			failf("parcel %s ended %s, not %s", p.Id, s.Outcome, want)
		}
		k.pays(s, p, want)
	}
}

// pays compares what a parcel's settlement pays with what it should: all to the
// seller, or all to the buyer.
func (k *parcels) pays(s *pb.Settlement, p *pb.Promise, outcome pb.Outcome) {
	to := p.Roles[1].Parties[0]
	if outcome == pb.Outcome_KEPT {
		to = p.Roles[0].Parties[0]
	}
	left := map[string]int64{"payment": p.Terms[1].GetAmount().Units, "bond": p.Terms[2].GetAmount().Units}
	for _, leg := range s.Payouts {
		if left[leg.Hold] -= leg.Units; leg.Units > 0 && leg.To != to {
			failf("parcel %s ended %s and pays %d of its %s to %s, not to %s", p.Id, outcome, leg.Units, leg.Hold, leg.To, to)
		}
	}
	for hold, units := range left {
		if units += k.deposits[p.Id+"/"+hold]; units != 0 {
			failf("parcel %s pays %d too little of its %s", p.Id, units, hold)
		}
	}
}

func (k *parcels) opinion(p *pb.Promise) (want pb.Outcome, clear bool) {
	by, active := p.Terms[3].GetTime().AsTime(), p.Active.AsTime()
	end := by.Add(p.Terms[4].GetDuration().AsDuration())
	var first time.Time
	for _, f := range slices.Concat(k.reports[p.Subjects[0]], k.reports[p.Id]) {
		at, arrived := f.Statement.At.AsTime(), f.Arrived.AsTime()
		if !slices.Contains(p.Roles[2].Parties, f.Attester) || arrived.Before(active) || arrived.After(end) {
			continue
		}
		outcome := pb.Outcome_BROKEN
		if !at.After(by) {
			outcome = pb.Outcome_KEPT
		}
		switch {
		case arrived.Equal(active):
			return 0, false // before or after it came into force
		case first.IsZero() || arrived.Before(first):
			first, want = arrived, outcome
		case arrived.Equal(first) && outcome != want:
			return 0, false // of one moment, and not of one mind
		}
	}
	if first.IsZero() {
		want = pb.Outcome_BROKEN
	}
	return want, true
}

package promise

import (
	"slices"

	"github.com/troth-ledger/troth/gen/pb"
)

// changing is a copy of a promise to change and Put. It is made several times in
// a promise's life, so what never changes is shared with the record it is of:
// values, times, references to facts and marks of rules, which are replaced and
// never written to, and the lists of them, which grow by a copy. Roles, holds, the
// assertion and the agreement are the copy's own.
func changing(p *pb.Promise) *pb.Promise {
	q := &pb.Promise{Id: p.Id, Template: p.Template, State: p.State, Outcome: p.Outcome,
		Terms: p.Terms, Subjects: p.Subjects, Facts: slices.Clip(p.Facts), Fired: slices.Clip(p.Fired), Caps: p.Caps,
		Offered: p.Offered, AcceptBy: p.AcceptBy, Active: p.Active, Settled: p.Settled, Wake: p.Wake,
		SuspendedUntil: p.SuspendedUntil, SuspendedAt: p.SuspendedAt,
		Period: p.Period, PeriodsKept: p.PeriodsKept, PeriodsBroken: p.PeriodsBroken,
		Assertion: p.Assertion.CloneVT(), Agreement: p.Agreement.CloneVT(),
		Settlements: p.Settlements, OfferedBy: p.OfferedBy, Copies: p.Copies, Offer: p.Offer,
		FactsSeen: p.FactsSeen, Withdrawn: p.Withdrawn}
	roles := make([]pb.RoleBinding, len(p.Roles))
	q.Roles = make([]*pb.RoleBinding, len(p.Roles))
	for i, r := range p.Roles {
		b := &roles[i]
		b.Role, b.Parties, b.Accepted = r.Role, r.Parties, r.Accepted
		q.Roles[i] = b
	}
	holds := make([]pb.PromiseHold, len(p.Holds))
	q.Holds = make([]*pb.PromiseHold, len(p.Holds))
	for i, h := range p.Holds {
		b := &holds[i]
		b.Name, b.Party, b.Asset, b.Put, b.Paid, b.Pool = h.Name, h.Party, h.Asset, h.Put, h.Paid, h.Pool
		q.Holds[i] = b
	}
	return q
}

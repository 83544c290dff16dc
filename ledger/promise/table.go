package promise

import (
	"strings"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// Tables of this area.
var (
	// Templates holds published templates by id. They never change.
	Templates = state.NewTable[pb.Template](40, "templates", func(t *pb.Template) []string { return []string{t.Id, t.Publisher} })
	// Promises holds promises by id.
	Promises = state.NewTable[pb.Promise](41, "promises", promiseHistory)
	// Settlements holds settlement records by SettlementKey. They never change.
	Settlements = state.NewTable[pb.Settlement](42, "settlements", func(s *pb.Settlement) []string { return []string{s.Promise} })
	// Pools holds pools by id.
	Pools = state.NewTable[pb.Pool](43, "pools", func(p *pb.Pool) []string { return []string{p.Id, p.Owner} })
	// deliveries holds facts that have not reached all their promises yet, in
	// their order: what they wait at, the last promise reached, and since when.
	deliveries = state.NewTable[pb.Deadline](44, "deliveries", nil)
	// queues counts the deliveries at a promise or subject, by that; none has no row.
	queues = state.NewTable[pb.FactCount](45, "queues", nil)
)

// Indexes of this area.
var (
	// ByParty finds promises by the parties in their roles.
	ByParty = state.NewIndex(Promises, 40, "promises_by_party", byParty)
	// BySubject finds promises by subject.
	BySubject = state.NewIndex(Promises, 41, "promises_by_subject", func(_ state.Key, p *pb.Promise) []string { return p.Subjects })
	// liveBySubject finds those of a subject that facts can still reach.
	liveBySubject = state.NewIndex(Promises, 48, "live_promises_by_subject", func(_ state.Key, p *pb.Promise) []string {
		if !live(p) {
			return nil
		}
		return p.Subjects
	})
	// ByTemplate finds promises by template.
	ByTemplate = state.NewIndex(Promises, 42, "promises_by_template", func(_ state.Key, p *pb.Promise) []string { return []string{p.Template} })
	// ByState finds promises by state.
	ByState = state.NewIndex(Promises, 43, "promises_by_state", func(_ state.Key, p *pb.Promise) []string { return []string{string([]byte{byte(p.State)})} })
	// due finds promises by when the ledger looks at them next.
	due = state.NewIndex(Promises, 44, "promises_due", func(_ state.Key, p *pb.Promise) []string {
		if p.Wake == nil {
			return nil
		}
		return []string{state.At(p.Wake.AsTime())}
	})
	// TemplatesByPublisher finds templates by publisher.
	TemplatesByPublisher = state.NewIndex(Templates, 45, "templates_by_publisher", func(_ state.Key, t *pb.Template) []string { return []string{t.Publisher} })
	// PoolsByOwner finds pools by owner.
	PoolsByOwner = state.NewIndex(Pools, 46, "pools_by_owner", func(_ state.Key, p *pb.Pool) []string { return []string{p.Owner} })
	delivering   = state.NewIndex(deliveries, 47, "deliveries_due", func(_ state.Key, d *pb.Deadline) []string { return []string{state.At(d.Due.AsTime())} })
)

// The oldest deadline comes first: see op.RegisterDeadlines.
var (
	_ = op.RegisterDeadlines("delivery", delivering, deliverMore)
	_ = op.RegisterDeadlines("promise", due, wake)
)

var _ = op.RegisterEffect(func(c *op.Context, ch state.Change, need func(pb.Op_Privilege)) {
	if _, _, ok := Pools.Of(ch); ok {
		need(pb.Op_MOVE_POOL)
	}
})

// parties lists everyone in a promise's roles, once each.
func parties(p *pb.Promise) []string {
	var out []string
	for _, r := range p.Roles {
	next:
		for _, id := range r.Parties {
			for _, have := range out {
				if have == id {
					continue next
				}
			}
			out = append(out, id)
		}
	}
	return out
}

func promiseHistory(p *pb.Promise) []string { return append(parties(p), p.Id) }

func byParty(_ state.Key, p *pb.Promise) []string { return parties(p) }

// live says whether a promise is in force: facts reach it.
func live(p *pb.Promise) bool {
	return p.State > pb.PromiseState_OFFERED && p.State < pb.PromiseState_SETTLED
}

// SettlementKey is a settlement's key: the promise and its number. Numbers are
// padded so that byte order is their order.
func SettlementKey(promise string, seq uint32) state.Key {
	return state.Join(promise, state.U64(uint64(seq)))
}

// Get reads a promise for changing: see changing.
func Get(r state.Reader, id string) (*pb.Promise, error) {
	p, ok := Promises.Peek(r, state.Key(id))
	if !ok {
		return nil, op.Errorf(pb.Code_NOT_FOUND, "there is no promise %q", id)
	}
	return changing(p), nil
}

func put(c *op.Context, p *pb.Promise) { Promises.Put(c.State, state.Key(p.Id), p) }

// bondID names the hold in the asset area that a dispute's bond is in.
func bondID(p *pb.Promise, name string) string { return p.Id + "/" + name }

// checkID is the check that most requests need.
func checkID(prefix, what, id string) error {
	if !op.IsID(prefix, id) {
		return op.Errorf(pb.Code_INVALID, "%q is no %s's id: it would be %s_ and 26 characters", clip(id), what, prefix)
	}
	return nil
}

func checkPromise(id string) error { return checkID("pr", "promise", id) }

// clip keeps what a stranger sent short in a message.
func clip(s string) string {
	const most = 64
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

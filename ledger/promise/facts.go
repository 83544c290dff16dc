package promise

import (
	"slices"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/fact"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/party"
	"github.com/troth-ledger/troth/ledger/promise/contract"
	"github.com/troth-ledger/troth/ledger/promise/rule"
	"github.com/troth-ledger/troth/ledger/state"
)

// factsReserve is how many of a promise's places for facts are kept for each
// role that attests. Otherwise one side could fill them all with statements of
// its own, and the carrier's would find no place.
const factsReserve = 16

// enter adds a fact to those that count for a promise, or takes note that one
// of them was taken back. It says whether the promise is to be looked at.
//
// A correction counts as a new fact. But where a payment for that single fact
// was made already, it takes the place of what it corrects: rules over all
// facts read what is right, and nothing is paid a second time. What was settled
// stands, whatever is withdrawn later; a firing that may still be challenged is
// not settled yet, and what it rested on is gone. But once some rule is sure to
// hold whatever the facts, it stands as it is, or else its attester could put the
// end off for ever.
func enter(c *op.Context, k *contract.Contract, p *pb.Promise, f *pb.Fact) bool {
	old := -1
	if id := fact.Supersedes(f); id != "" {
		old = slices.IndexFunc(p.Facts, func(r *pb.FactRef) bool { return r.Fact == id })
	}
	by, counts := countsFor(c, k, p, f)
	counts = counts && f.Statement.Withdraws == "" && k.Fits(f.Statement) == nil
	switch {
	case counts && old >= 0 && paidFor(c, k, p, p.Facts[old].Fact):
		p.Facts = slices.Clone(p.Facts)
		p.Facts[old] = &pb.FactRef{Fact: f.Id, By: by}
		p.Withdrawn = true
	case counts && hasRoom(k, p, by):
		p.Facts = append(p.Facts, &pb.FactRef{Fact: f.Id, By: by})
	case old < 0:
		return false
	default:
		p.Withdrawn = true
	}
	if old >= 0 && p.State == pb.PromiseState_ASSERTED && !k.Certain(p, f.Arrived.AsTime()) {
		p.State, p.Assertion = pb.PromiseState_ACTIVE, nil
	}
	if p.State == pb.PromiseState_ACTIVE {
		p.Wake = f.Arrived
	}
	return true
}

// countsFor finds the role in which a fact's attester counts for a promise.
// Named as an attester comes first, then being a device of one that is named,
// then being one of a class, then being a side.
func countsFor(c *op.Context, k *contract.Contract, p *pb.Promise, f *pb.Fact) (role string, ok bool) {
	const side, class, owned, named = 1, 2, 3, 4
	best := 0
	for i, r := range p.Roles {
		d := k.Template().Roles[i]
		rank := 0
		switch {
		case d.Kind == pb.RoleKind_ATTESTER && slices.Contains(r.Parties, f.Attester):
			rank = named
		case d.Kind == pb.RoleKind_ATTESTER && isDeviceOf(c, r, f) && !needsQuorum(k, f.Statement.Kind):
			rank = owned
		case d.Kind == pb.RoleKind_ATTESTER:
			if d.Class != "" && len(r.Parties) == 0 && fact.InClass(c.State, d.Class, f.Attester) {
				rank = class
			}
		case isIn(c.State, k.Template(), p, r.Role, f.Attester) && k.Attests(r.Role):
			rank = side
		}
		if rank > best {
			best, role = rank, r.Role
		}
	}
	return role, best > 0
}

// isDeviceOf says whether a fact is by a device of a party in a role: a
// carrier's scanners speak for the carrier.
func isDeviceOf(c *op.Context, r *pb.RoleBinding, f *pb.Fact) bool {
	owner := party.OwnerOfDevice(c.State, f.Attester)
	return owner != "" && slices.Contains(r.Parties, owner)
}

// needsQuorum says whether several attesters must state a kind of fact. Then
// devices don't count for their owner, or one company could be its own quorum.
func needsQuorum(k *contract.Contract, kind string) bool {
	for _, d := range k.Template().Facts {
		if d.Kind == kind {
			return d.Quorum > 1
		}
	}
	return false
}

// hasRoom says whether one more fact of a role can count.
func hasRoom(k *contract.Contract, p *pb.Promise, by string) bool {
	room := rule.FactsMax - len(p.Facts)
	if room > factsReserve*contract.RolesMax {
		return true // the common case: nobody counts places
	}
	for _, r := range p.Roles {
		if r.Role == by || !k.Attests(r.Role) {
			continue
		}
		used := 0
		for _, ref := range p.Facts {
			if ref.By == r.Role {
				used++
			}
		}
		room -= max(0, factsReserve-used)
	}
	return room > 0
}

// paidFor says whether a rule that fires for single facts fired for this one.
func paidFor(c *op.Context, k *contract.Contract, p *pb.Promise, id string) bool {
	single := func(r *pb.Rule) bool { return r.Each == pb.Rule_FACT }
	if !slices.ContainsFunc(k.Template().Rules, single) {
		return false
	}
	for seq := p.Settlements; seq > 0; seq-- {
		s, ok := Settlements.Peek(c.State, SettlementKey(p.Id, seq))
		if ok && len(s.Facts) == 1 && s.Facts[0] == id {
			return true
		}
	}
	return false
}

// received brings a new fact to the promises it counts for: the one it names,
// or those about its subject that count its attester and read its kind.
func received(c *op.Context, f *pb.Fact) error {
	if f.Statement.Promise != "" {
		return receivedFor(c, f)
	}
	if last, more := "", inQueue(c, where(f)); more || deliver(c, f, &last, false) {
		queue(c, f, last)
	}
	return nil
}

// receivedFor brings a fact to the one promise it is meant for, or says why it
// doesn't fit. What takes back an earlier fact is never refused: the record
// must be put right, also where it changes nothing any more.
//
// Errors: NOT_FOUND, WRONG_STATE, NOT_ATTESTER, FACT_MISFIT, LIMIT.
func receivedFor(c *op.Context, f *pb.Fact) error {
	p, k, err := load(c, f.Statement.Promise)
	if err != nil {
		return err
	}
	if fact.Supersedes(f) == "" {
		if err := welcome(c, k, p, f); err != nil {
			return err
		}
	} else if f.Statement.Withdraws == "" {
		if err := k.Fits(f.Statement); err != nil {
			return numbered(err)
		}
	}
	// Facts that wait at its subjects may concern the promise too.
	if inQueue(c, p.Subjects...) || !reach(c, k, p, f, false) {
		queue(c, f, "")
	}
	return nil
}

// welcome says why a promise doesn't count a fact that is meant for it.
func welcome(c *op.Context, k *contract.Contract, p *pb.Promise, f *pb.Fact) error {
	if !live(p) {
		return op.Errorf(pb.Code_WRONG_STATE, "the promise %s is %s; facts count while it is in force", p.Id, p.State)
	}
	by, ok := countsFor(c, k, p, f)
	if !ok {
		return op.Errorf(pb.Code_NOT_ATTESTER, "the promise %s counts no facts by %s", p.Id, f.Attester)
	}
	if err := k.Fits(f.Statement); err != nil {
		return numbered(err)
	}
	if !hasRoom(k, p, by) {
		return op.Errorf(pb.Code_LIMIT, "the promise %s has %d facts and no place for another by its %s", p.Id, len(p.Facts), by)
	}
	return nil
}

var _ = fact.OnNew(received)

// overdue says whether a promise has fallen due by a fact's arrival: then what fell
// due comes first, and the fact after it. A promise that is to be looked at now
// because another fact of the same moment has just reached it isn't overdue:
// both are looked at together, once, however many there are.
func overdue(p *pb.Promise, f *pb.Fact) bool {
	if p.Wake == nil || p.Wake.AsTime().After(f.Arrived.AsTime()) {
		return false
	}
	together := p.Wake.AsTime().Equal(f.Arrived.AsTime()) && int(p.FactsSeen) < len(p.Facts)
	return !together
}

// reach brings a fact to one promise. It returns false where something of the
// promise fell due before, or an earlier fact waits for it, and has to come
// first: an operation that states facts may not pay anybody, so the ledger does
// that by itself. mayPay says that it is the ledger who asks.
func reach(c *op.Context, k *contract.Contract, p *pb.Promise, f *pb.Fact, mayPay bool) bool {
	if !live(p) || p.Active.AsTime().After(f.Arrived.AsTime()) {
		return true // over already, or begun since
	}
	late := overdue(p, f)
	if !mayPay && (late || inQueue(c, p.Id)) {
		return false
	}
	if late {
		catchUp(c, k, p, f.Arrived.AsTime())
		if live(p) && overdue(p, f) {
			put(c, p)
			return false
		}
	}
	if live(p) && enter(c, k, p, f) || late {
		put(c, p)
	}
	return true
}

// peekContract is the contract of a promise that is only looked at.
func peekContract(c *op.Context, id string) (*pb.Promise, *contract.Contract, bool) {
	p, ok := Promises.Peek(c.State, state.Key(id))
	if !ok {
		return nil, nil, false
	}
	k, err := contractOf(c.State, p.Template)
	return p, k, err == nil
}

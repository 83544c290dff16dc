package promise

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/fact"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/promise/contract"
	"github.com/troth-ledger/troth/ledger/promise/rule"
	"github.com/troth-ledger/troth/ledger/state"
)

// deliverMax is how many promises a fact reaches in one go. The others follow,
// in the order of their ids, as work of the ledger's own: a flight with ten
// thousand promises must not make one operation long.
const deliverMax = 256

var _ = fact.OnNew(received)

// received brings a new fact to the promises it counts for. One that is meant
// for a certain promise must fit it; among those about its subject, it reaches
// the ones that count its attester and read its kind.
func received(c *op.Context, f *pb.Fact) error {
	if id := f.Statement.Promise; id != "" {
		p, k, err := load(c, id)
		if err != nil {
			return err
		}
		return direct(c, k, p, f)
	}
	if last, more := deliver(c, f, ""); more {
		deliveries.Put(c.State, state.Key(f.Id), &pb.Deadline{Kind: "fact", Id: last, Due: c.Time()})
	}
	return nil
}

// deliverMore goes on where received or the last round stopped.
func deliverMore(c *op.Context, k state.Key) {
	d, _ := deliveries.Get(c.State, k)
	f, ok := fact.Facts.Peek(c.State, k)
	if !ok {
		deliveries.Delete(c.State, k)
		return
	}
	last, more := deliver(c, f, d.Id)
	if !more {
		deliveries.Delete(c.State, k)
		return
	}
	// A later place in the index, so that other work of the same moment gets
	// its turn.
	deliveries.Put(c.State, k, &pb.Deadline{Kind: "fact", Id: last, Due: timestamppb.New(d.Due.AsTime().Add(1))})
}

// deliver brings a fact to the live promises about its subject whose ids come
// after last. It returns the last id it looked at, and whether there are more.
func deliver(c *op.Context, f *pb.Fact, last string) (string, bool) {
	var ids []string
	prefix := LiveSubject(f.Statement.Subject) + "\x00"
	for _, k := range BySubject.Keys(c.State, prefix, prefix+last) {
		if string(k) == last {
			continue
		}
		ids = append(ids, string(k))
		if len(ids) > deliverMax {
			break
		}
	}
	more := len(ids) > deliverMax
	if more {
		ids = ids[:deliverMax]
	}
	for _, id := range ids {
		last = id
		p, k, err := load(c, id)
		if err != nil {
			continue
		}
		if changes(f) {
			reconsider(c, p, f)
			continue
		}
		if by, ok := countsFor(c, k, p, f); ok && k.Reads(f.Statement.Kind) && k.Fits(f.Statement) == nil {
			attach(c, k, p, f, by)
		}
	}
	return last, more
}

// changes says whether a fact only takes back another.
func changes(f *pb.Fact) bool { return f.Statement.Withdraws != "" }

// direct brings a fact to the promise it names, or says why it doesn't fit.
func direct(c *op.Context, k *contract.Contract, p *pb.Promise, f *pb.Fact) error {
	if !live(p) {
		return op.Errorf(pb.Code_WRONG_STATE, "the promise %s is %s; facts count while it is in force", p.Id, p.State)
	}
	if changes(f) {
		reconsider(c, p, f)
		return nil
	}
	by, ok := countsFor(c, k, p, f)
	if !ok {
		return op.Errorf(pb.Code_NOT_ATTESTER, "the promise %s counts no facts by %s", p.Id, f.Attester)
	}
	if err := k.Fits(f.Statement); err != nil {
		return numbered(err)
	}
	if len(p.Facts) >= rule.FactsMax {
		return op.Errorf(pb.Code_LIMIT, "the promise %s has %d facts, the most there can be", p.Id, len(p.Facts))
	}
	attach(c, k, p, f, by)
	return nil
}

// countsFor finds the role in which a fact's attester counts for a promise.
func countsFor(c *op.Context, k *contract.Contract, p *pb.Promise, f *pb.Fact) (role string, ok bool) {
	for i, r := range p.Roles {
		d := k.Template().Roles[i]
		in := false
		for _, id := range r.Parties {
			in = in || id == f.Attester
		}
		if !in && d.Class != "" && len(r.Parties) == 0 {
			in = fact.InClass(c.State, d.Class, f.Attester)
		}
		if in && k.Attests(r.Role) {
			return r.Role, true
		}
	}
	return "", false
}

// attach adds a fact to a promise and has the promise looked at in this block.
// What fell due before it arrived is settled before it counts.
func attach(c *op.Context, k *contract.Contract, p *pb.Promise, f *pb.Fact, by string) {
	if p.Wake != nil && p.Wake.AsTime().Before(c.Now) && p.State != pb.PromiseState_SUSPENDED {
		evaluate(c, k, p, pb.Settlement_NO_CAUSE)
	}
	if live(p) && len(p.Facts) < rule.FactsMax {
		p.Facts = append(p.Facts, &pb.FactRef{Fact: f.Id, By: by})
		look(c, p)
	}
	put(c, p)
}

// reconsider looks at a promise again when a fact of it was taken back.
func reconsider(c *op.Context, p *pb.Promise, f *pb.Fact) {
	for _, ref := range p.Facts {
		if ref.Fact == f.Statement.Withdraws {
			look(c, p)
			put(c, p)
			return
		}
	}
}

// look has the ledger look at a promise in this block, unless its clock stands
// still or something else is being waited for.
func look(c *op.Context, p *pb.Promise) {
	if p.State == pb.PromiseState_ACTIVE {
		p.Wake = c.Time()
	}
}

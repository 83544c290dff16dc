package promise

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/fact"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// A fact about a flight can concern ten thousand promises. An operation that
// states it reaches the first few; the ledger goes on with the others by
// itself, in the order of their ids, a few at a time, so that neither an
// operation nor a piece of work is ever long. What waits is a row of
// deliveries: the fact, the last promise reached, and the moment of the fact's
// arrival, which is its place in the ledger's work: after what fell due before,
// and before what falls due later, whenever the ledger comes to it.

// deliverMax is how many promises a fact reaches in one go.
const deliverMax = 32

// where is what a fact waits at: its promise or its subject.
func where(f *pb.Fact) string {
	if f.Statement.Promise != "" {
		return f.Statement.Promise
	}
	return f.Statement.Subject
}

// inQueue says whether earlier facts wait at one of the places, which are
// promises and subjects: they come first.
//
// They are counted, not looked for: past those that this block took out of a long
// queue, each look would take as long as there are such.
func inQueue(c *op.Context, places ...string) bool {
	for _, place := range places {
		if queues.Has(c.State, state.Key(place)) {
			return true
		}
	}
	return false
}

// wait counts one delivery more, or fewer, at a place.
func wait(c *op.Context, place string, change int) {
	n, _ := queues.Peek(c.State, state.Key(place))
	if left := int(n.GetFacts()) + change; left > 0 {
		queues.Put(c.State, state.Key(place), &pb.FactCount{Facts: uint64(left)})
	} else {
		queues.Delete(c.State, state.Key(place))
	}
}

// queue lets a fact wait behind all that arrived before.
func queue(c *op.Context, f *pb.Fact, last string) {
	key := state.Join(state.U64(f.Seq), f.Id)
	deliveries.Put(c.State, key, &pb.Deadline{Kind: where(f), Id: last, Due: c.Time()})
	wait(c, where(f), 1)
}

// deliverMore goes on where received or the last round stopped.
func deliverMore(c *op.Context, key state.Key) {
	d, _ := deliveries.Get(c.State, key)
	f, ok := fact.Facts.Peek(c.State, key[len(state.U64(0))+1:])
	more := false
	switch {
	case !ok:
	case f.Statement.Promise != "":
		p, k, err := load(c, f.Statement.Promise)
		more = err == nil && !reach(c, k, p, f, true)
	default:
		more = deliver(c, f, &d.Id, true)
	}
	if more {
		deliveries.Put(c.State, key, d)
	} else {
		deliveries.Delete(c.State, key)
		wait(c, d.Kind, -1)
	}
}

// deliver brings a fact to the next live promises about its subject, whose ids
// come after last. It moves last on and returns whether there is more to do.
func deliver(c *op.Context, f *pb.Fact, last *string, mayPay bool) bool {
	var ids []string
	prefix := f.Statement.Subject + "\x00"
	for _, k := range liveBySubject.Keys(c.State, prefix, prefix+*last) {
		if string(k) == *last {
			continue
		}
		ids = append(ids, string(k))
		if len(ids) > deliverMax {
			break
		}
	}
	for i, id := range ids {
		if i == deliverMax {
			return true
		}
		if concerns(c, id, f) {
			p, k, err := load(c, id)
			if err == nil && !reach(c, k, p, f, mayPay) {
				return true
			}
		}
		*last = id
	}
	return false
}

// concerns says, before a promise is copied to be changed, whether a fact about
// its subject can mean anything to it.
func concerns(c *op.Context, id string, f *pb.Fact) bool {
	p, k, ok := peekContract(c, id)
	if !ok {
		return false
	}
	if fact.Supersedes(f) != "" {
		return true
	}
	if !k.Reads(f.Statement.Kind) {
		return false
	}
	_, counts := countsFor(c, k, p, f)
	return counts
}

package op

import (
	"fmt"
	"time"

	"github.com/troth-ledger/troth/ledger/state"
)

// deadlines is a source of work that the ledger owes at a time.
type deadlines struct {
	name  string
	first func(o *state.Overlay, fresh bool) (at time.Time, k state.Key, ok bool)
	next  func(r state.Reader) (at time.Time, ok bool)
	run   func(c *Context, k state.Key)
}

var sources []deadlines

// RegisterDeadlines makes an index whose places begin with state.At a source
// of due work. run must take the row out of its place or move it to a later
// one. The oldest deadline of all comes first; among equals, the source that
// was registered first, which follows the order of the areas.
func RegisterDeadlines[V any, P interface {
	*V
	state.Record
	CloneVT() *V
}](name string, ix state.Index[V, P], run func(*Context, state.Key)) struct{} {
	when := func(place string) time.Time { return time.Unix(0, int64(state.ParseU64(place))).UTC() }
	first := func(r state.Reader) (at time.Time, k state.Key, ok bool) {
		for place, key := range ix.Keys(r, "", "") {
			return when(place), key, true
		}
		return at, k, false
	}
	sources = append(sources, deadlines{name: name, run: run,
		first: func(o *state.Overlay, fresh bool) (time.Time, state.Key, bool) {
			if !fresh {
				return first(o)
			}
			place, k, ok := ix.FirstNew(o)
			if !ok {
				return time.Time{}, k, false
			}
			return when(place), k, true
		},
		next: func(r state.Reader) (time.Time, bool) {
			at, _, ok := first(r)
			return at, ok
		},
	})
	return struct{}{}
}

// NextDue is the earliest deadline of all.
func NextDue(r state.Reader) (at time.Time, ok bool) {
	for _, s := range sources {
		if t, found := s.next(r); found && (!ok || t.Before(at)) {
			at, ok = t, true
		}
	}
	return at, ok
}

// RunDue does the work that is due at c.Now, oldest first, at most limit
// pieces, and returns how many it did. With fresh, it looks only at work that
// the block itself made: after a transaction, all older work has been seen.
func RunDue(c *Context, limit int, fresh bool) int {
	for n := range limit {
		best, at, key := -1, time.Time{}, state.Key("")
		for i, s := range sources {
			if t, k, ok := s.first(c.State, fresh); ok && !t.After(c.Now) && (best < 0 || t.Before(at)) {
				best, at, key = i, t, k
			}
		}
		if best < 0 {
			return n
		}
		c.Index, c.Row = n, nil
		mark := c.State.Mark()
		sources[best].run(c, key)
		if c.State.Mark() == mark {
			panic(fmt.Sprintf("op: deadline %s of %q did nothing", sources[best].name, key))
		}
	}
	return limit
}

package op

import (
	"fmt"
	"time"

	"github.com/troth-ledger/troth/ledger/state"
)

// deadlines is a source of work that the ledger owes at a time.
type deadlines struct {
	name string
	// added finds the earliest work that the block itself added; after finds the
	// earliest at or after a place. Places begin with their time.
	added func(o *state.Overlay) (place string, k state.Key, ok bool)
	after func(r state.Reader, from string) (place string, k state.Key, ok bool)
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
	sources = append(sources, deadlines{name: name, run: run, added: ix.FirstNew,
		after: func(r state.Reader, from string) (string, state.Key, bool) {
			for place, k := range ix.Keys(r, "", from) {
				return place, k, true
			}
			return "", "", false
		},
	})
	return struct{}{}
}

// timeOf is the time that a place begins with.
func timeOf(place string) time.Time { return time.Unix(0, int64(state.ParseU64(place))).UTC() }

// NextDue is the earliest deadline of all.
func NextDue(r state.Reader) (time.Time, bool) { return NextDueFrom(r, "") }

// NextDueFrom is NextDue where nothing stands before a place: see Context.Due.
func NextDueFrom(r state.Reader, from string) (at time.Time, ok bool) {
	for _, s := range sources {
		place, _, found := s.after(r, from)
		if !found {
			continue
		}
		if t := timeOf(place); !ok || t.Before(at) {
			at, ok = t, true
		}
	}
	return at, ok
}

// stepChanges is how many changes one piece of work may make. One that makes
// more counts as several: a fact that reaches a hundred promises is not the work
// of one deadline.
const stepChanges = 4

// RunDue does the work that is due at c.Now, oldest first, until it made up
// limit pieces, and returns how many it did. With fresh, it looks only at work that
// the block itself made: after a transaction, all older work has been seen.
func RunDue(c *Context, limit int, fresh bool) int {
	var seen []string
	if !fresh {
		seen = make([]string, len(sources))
		for i := range seen {
			seen[i] = c.Due
		}
	}
	n := 0
	for n < limit {
		best, at, key := -1, time.Time{}, state.Key("")
		for i := range sources {
			place, k, ok := sources[i].first(c.State, seen, i)
			if !ok {
				continue
			}
			if t := timeOf(place); !t.After(c.Now) && (best < 0 || t.Before(at)) {
				best, at, key = i, t, k
			}
		}
		if best < 0 {
			return n
		}
		c.Index, c.Row = n, nil
		mark := c.State.Mark()
		sources[best].run(c, key)
		changes := int(c.State.Mark() - mark)
		if changes == 0 {
			panic(fmt.Sprintf("op: deadline %s of %q did nothing", sources[best].name, key))
		}
		n += (changes + stepChanges - 1) / stepChanges
	}
	return n
}

// first finds a source's earliest work. seen is how far each source has been
// looked through: of what the block found there, nothing is left before, so the
// search goes on from there instead of stepping over all that was done. What
// the block put there again, it added, and is found as such.
func (s *deadlines) first(o *state.Overlay, seen []string, i int) (place string, k state.Key, ok bool) {
	place, k, ok = s.added(o)
	if seen == nil {
		return place, k, ok
	}
	p, old, found := s.after(o, seen[i])
	if !found {
		return place, k, ok
	}
	seen[i] = p
	if !ok || p < place {
		return p, old, true
	}
	return place, k, true
}

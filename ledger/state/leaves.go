package state

import (
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/troth-ledger/troth/ledger/state/smt"
)

// Rows are read by one goroutine and hashed by another, some at a time.
const (
	leavesRows  = 1024
	leavesBytes = 1 << 20
	leavesAhead = 4
)

// leavesPart is some rows as they are on disk, one behind the other.
type leavesPart struct {
	bytes []byte
	ends  []int // of each key, with the table's number before it, and of its value
}

// leaves yields the hashes of every row. Since it reads them all, it also decodes
// as many as half of what is kept decoded: what a transaction needs most, parties
// and what they hold, is in the tables with the lowest numbers, and a node that
// was restarted under load is as fast as before.
func (s *Store) leaves(yield func(k, v smt.Hash) bool) (err error) {
	parts, spent := make(chan *leavesPart, leavesAhead), make(chan *leavesPart, leavesAhead+2)
	enough := make(chan struct{})
	read := make(chan error, 1)
	go func() {
		defer close(parts)
		read <- safely("the rows", func() error {
			return s.readLeaves(func(full *leavesPart) (empty *leavesPart, more bool) {
				select {
				case parts <- full:
				case <-enough:
					return nil, false
				}
				select {
				case p := <-spent:
					return p, true
				default:
					return new(leavesPart), true
				}
			})
		})
	}()
	more := true
	for p := range parts {
		from := 0
		for i := 0; more && i < len(p.ends); i += 2 {
			more = yield(sum(p.bytes[from:p.ends[i]]), sum(p.bytes[p.ends[i]:p.ends[i+1]]))
			from = p.ends[i+1]
		}
		if !more {
			close(enough)
			break
		}
		p.bytes, p.ends = p.bytes[:0], p.ends[:0]
		spent <- p
	}
	return <-read
}

// readLeaves reads every row, keeps what there is room for, and hands them on, full
// part by full part, for empty ones.
func (s *Store) readLeaves(next func(*leavesPart) (*leavesPart, bool)) error {
	p, more := new(leavesPart), true
	for _, t := range registry.tables {
		if t == nil || !more {
			continue
		}
		low := []byte{spaceRow, t.id}
		it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: low, UpperBound: after(low)})
		if err != nil {
			return fmt.Errorf("%w: %w", ErrDamaged, err)
		}
		whole := true
		err = each(it, func() bool {
			key, value := it.Key(), it.Value()
			s.rows[t.id]++
			if whole = whole && s.cache.size < s.cache.max/2; whole {
				r := t.fresh()
				// What is no record is refused when somebody reads it.
				if whole = r.UnmarshalVT(value) == nil; whole {
					s.cache.put(t, Key(key[2:]), r)
				}
			}
			if !whole && s.packed == nil {
				s.packAll()
			}
			s.packed.add(t, Key(key[2:]), value)
			p.bytes = append(p.bytes, key[1:]...)
			p.ends = append(p.ends, len(p.bytes), len(p.bytes)+len(value))
			p.bytes = append(p.bytes, value...)
			if len(p.ends) >= 2*leavesRows || len(p.bytes) >= leavesBytes {
				p, more = next(p)
			}
			return more
		})
		s.cache.whole[t.id] = whole
		if err != nil {
			return fmt.Errorf("%w: table %s: %w", ErrDamaged, t.name, err)
		}
	}
	if more {
		next(p)
	}
	return nil
}

// packAll begins to keep packed rows, with those that are decoded so far: they may be
// forgotten. A ledger that is decoded whole, as each new one is, takes no memory for it.
func (s *Store) packAll() {
	if s.packed = newPacked(s.pack, true); s.packed == nil {
		return
	}
	for id, rows := range s.cache.young {
		for k, r := range rows {
			s.packed.add(registry.tables[id], k, encode(r.rec))
		}
	}
}

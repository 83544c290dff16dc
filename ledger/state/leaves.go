package state

import (
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/troth-ledger/troth/ledger/state/smt"
)

// Rows are read by one goroutine, kept in memory by another and hashed by a third, some
// at a time.
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

// rows yields keys, with the table's number before them, and values.
func (p *leavesPart) rows(yield func(key, value []byte) bool) {
	from := 0
	for i := 0; i < len(p.ends); i += 2 {
		key, value := p.bytes[from:p.ends[i]], p.bytes[p.ends[i]:p.ends[i+1]]
		if from = p.ends[i+1]; !yield(key, value) {
			return
		}
	}
}

// leaves calls yield with the hashes of every row, whatever it answers. Since it reads
// them all, it also decodes as many as half of what is kept decoded: what a transaction
// needs most, parties and what they hold, is in the tables with the lowest numbers, and a
// node that was restarted under load is as fast as before.
func (s *Store) leaves(yield func(k, v smt.Hash) bool) (err error) {
	full, kept := make(chan *leavesPart, leavesAhead), make(chan *leavesPart, leavesAhead)
	spent := make(chan *leavesPart, 2*leavesAhead+3) // as many as there ever are
	read := make(chan error, 1)
	var show shows
	for id, t := range registry.tables {
		if s.cache.whole[id] = t != nil; t != nil && s.shown != nil {
			show[id] = s.shown(t.name)
		}
	}
	go func() {
		defer close(full)
		read <- safely("the rows", func() error {
			return s.readLeaves(func(p *leavesPart) (empty *leavesPart) {
				full <- p
				select {
				case p := <-spent:
					return p
				default:
					return new(leavesPart)
				}
			})
		})
	}()
	go func() {
		defer close(kept)
		for p := range full {
			s.keep(p, &show)
			kept <- p
		}
	}()
	for p := range kept {
		for key, value := range p.rows {
			yield(sum(key), sum(value))
		}
		p.bytes, p.ends = p.bytes[:0], p.ends[:0]
		spent <- p
	}
	return <-read
}

// readLeaves reads every row and hands them on, full part by full part, for empty ones.
func (s *Store) readLeaves(next func(*leavesPart) *leavesPart) error {
	p := new(leavesPart)
	for _, t := range registry.tables {
		if t == nil {
			continue
		}
		low := []byte{spaceRow, t.id}
		it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: low, UpperBound: after(low)})
		if err != nil {
			return fmt.Errorf("%w: %w", ErrDamaged, err)
		}
		err = each(it, func() bool {
			key, value := it.Key(), it.Value()
			p.bytes = append(p.bytes, key[1:]...)
			p.ends = append(p.ends, len(p.bytes), len(p.bytes)+len(value))
			p.bytes = append(p.bytes, value...)
			if len(p.ends) >= 2*leavesRows || len(p.bytes) >= leavesBytes {
				p = next(p)
			}
			return true
		})
		if err != nil {
			return fmt.Errorf("%w: table %s: %w", ErrDamaged, t.name, err)
		}
	}
	next(p)
	return nil
}

// shows are what is called with each row of a table, by the table's number.
type shows [len(registry.tables)]func(key, value []byte)

// keep keeps what there is room for of some rows, and shows them to whoever asked.
func (s *Store) keep(p *leavesPart, shown *shows) {
	for key, value := range p.rows {
		t := registry.tables[key[0]]
		s.rows[t.id]++
		if show := shown[t.id]; show != nil {
			show(key[1:], value)
		}
		if whole := &s.cache.whole[t.id]; *whole {
			r := t.fresh()
			// What is no record is refused when somebody reads it.
			if *whole = s.cache.size < s.cache.max/2 && r.UnmarshalVT(value) == nil; *whole {
				s.cache.put(t, Key(key[1:]), r)
			}
		}
		if !s.cache.whole[t.id] && s.packed == nil {
			s.packAll()
		}
		s.packed.add(t, Key(key[1:]), value) // a key that isn't kept takes no memory
	}
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

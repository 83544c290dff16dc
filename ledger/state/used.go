package state

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"

	"github.com/cockroachdb/pebble/v2"
)

// UsedKey names something that may happen once until a minute is over, as a
// transaction under its idempotency key may: half a SHA-256.
type UsedKey [16]byte

// usedForget is how many used keys of minutes that are over a commit forgets at
// least. Forgetting is housekeeping and changes no answer.
const usedForget = 4096

// used is the set of used keys. It is in memory whole, because every
// transaction asks it twice and the answer is nearly always no; on disk is a row
// for each block and minute, so that a key costs 16 bytes and no place in a
// tree. Whoever uses keys commits to them: see Overlay.Uses.
type used struct {
	// mu guards keys: Advance and Write change them, and anybody may ask.
	mu    sync.RWMutex
	keys  map[UsedKey]uint32 // to the minute since 1970 at whose end it is free
	swept []byte             // where to look for rows to forget from; Write's
}

// use is one key that a block uses.
type use struct {
	key    UsedKey
	minute uint32
}

// Used says whether a key is in use in a minute.
func (o *Overlay) Used(k UsedKey, minute uint32) bool {
	if until, ok := o.used[k]; ok {
		return until >= minute
	}
	return o.store.used.has(k, minute)
}

// UsedHere says whether the block itself used a key.
func (o *Overlay) UsedHere(k UsedKey) bool {
	_, ok := o.used[k]
	return ok
}

// Use marks a key as used until a minute is over. It can't be undone: whatever
// becomes of the transaction, its key is spent.
func (o *Overlay) Use(k UsedKey, until uint32) {
	if o.used == nil {
		o.used = make(map[UsedKey]uint32)
	}
	o.used[k] = until
	o.uses = append(o.uses, use{k, until})
}

// Uses yields the minutes that keys were used until in this block, in order,
// each with its keys in the order of their use, 16 bytes each: what there is to
// commit to. The order of keys within a minute is kept on disk too.
func (o *Overlay) Uses() iter.Seq2[uint32, []byte] {
	list := slices.Clone(o.uses)
	slices.SortStableFunc(list, func(a, b use) int { return int(int64(a.minute) - int64(b.minute)) })
	return func(yield func(uint32, []byte) bool) {
		for len(list) > 0 {
			minute, n := list[0].minute, 0
			for n < len(list) && list[n].minute == minute {
				n++
			}
			keys := make([]byte, 0, n*len(UsedKey{}))
			for _, u := range list[:n] {
				keys = append(keys, u.key[:]...)
			}
			if list = list[n:]; !yield(minute, keys) {
				return
			}
		}
	}
}

// FreeUsed says that every key used until before a minute is free: the block's
// commit begins to forget them.
func (o *Overlay) FreeUsed(before uint32) { o.over = before }

// Used says whether a key is in use in a minute, as of the block that was advanced
// to: while that is written it is one ahead of what views show. Any goroutine may
// ask.
func (s *Store) Used(k UsedKey, minute uint32) bool { return s.used.has(k, minute) }

func (u *used) has(k UsedKey, minute uint32) bool {
	u.mu.RLock()
	until, ok := u.keys[k]
	u.mu.RUnlock()
	return ok && until >= minute
}

// add makes a block's keys visible.
func (u *used) add(uses []use) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, x := range uses {
		u.keys[x.key] = x.minute
	}
}

// UsedRows yields the keys in use by minute, then by height, as Overlay.Uses
// did: what is on disk, to be checked against what commits to it.
func (s *Store) UsedRows(from uint32) iter.Seq2[uint32, []byte] {
	return func(yield func(uint32, []byte) bool) {
		it := s.usedRows(usedRow(from, 0))
		defer it.Close()
		for ok := it.First(); ok; ok = it.Next() {
			if !yield(usedMinute(it.Key()), it.Value()) {
				return
			}
		}
		if err := it.Error(); err != nil {
			panic(unread(err, "used keys"))
		}
	}
}

func (s *Store) usedRows(low []byte) *pebble.Iterator {
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: low, UpperBound: []byte{spaceUsed + 1}})
	if err != nil {
		panic(unread(err, "used keys"))
	}
	return it
}

// usedRow is where the keys are that a block used until a minute.
func usedRow(minute uint32, height int64) []byte {
	b := binary.BigEndian.AppendUint32([]byte{spaceUsed}, minute)
	return binary.BigEndian.AppendUint64(b, uint64(height))
}

func usedMinute(row []byte) uint32 { return binary.BigEndian.Uint32(row[1:5]) }

// loadUsed reads the set from disk.
func (s *Store) loadUsed() error {
	s.used.keys = make(map[UsedKey]uint32)
	s.used.swept = usedRow(0, 0)
	var bad error
	it := s.usedRows(s.used.swept)
	err := each(it, func() bool {
		if len(it.Key()) != 13 || len(it.Value())%16 != 0 {
			bad = fmt.Errorf("%w: a row of used keys has %d and %d bytes", ErrDamaged, len(it.Key()), len(it.Value()))
			return false
		}
		minute := usedMinute(it.Key())
		for k := range slices.Chunk(it.Value(), 16) {
			// Rows come by minute, so the last one of a key is the one that counts.
			s.used.keys[UsedKey(k)] = minute
		}
		return true
	})
	if err != nil {
		return fmt.Errorf("%w: used keys: %w", ErrDamaged, err)
	}
	return bad
}

// keepUsed writes what a block used into a batch.
func (b *block) keepUsed(batch *pebble.Batch) {
	for minute, keys := range b.overlay.Uses() {
		must(batch.Set(usedRow(minute, b.height), keys, nil))
	}
}

// forgetUsed forgets a part of the keys that are free.
func (s *Store) forgetUsed(b *block, batch *pebble.Batch) error {
	gone, minutes, err := s.overUsed(b, batch, max(usedForget, 2*len(b.overlay.uses)))
	if err != nil {
		return err
	}
	s.used.mu.Lock()
	defer s.used.mu.Unlock()
	for i, k := range gone {
		if s.used.keys[k] == minutes[i] {
			delete(s.used.keys, k)
		}
	}
	return nil
}

// overUsed finds at least n keys that are free, where there are so many, and
// takes their rows out with a batch.
func (s *Store) overUsed(b *block, batch *pebble.Batch, n int) (keys []UsedKey, minutes []uint32, err error) {
	if b.overlay.over == 0 || bytes.Compare(s.used.swept, usedRow(b.overlay.over, 0)) >= 0 {
		return nil, nil, nil
	}
	it := s.usedRows(s.used.swept)
	defer func() { err = errors.Join(err, it.Close()) }()
	ok := it.First()
	for ; ok && len(keys) < n && usedMinute(it.Key()) < b.overlay.over; ok = it.Next() {
		for k := range slices.Chunk(it.Value(), 16) {
			keys, minutes = append(keys, UsedKey(k)), append(minutes, usedMinute(it.Key()))
		}
		must(batch.Delete(it.Key(), nil))
	}
	if s.used.swept = usedRow(b.overlay.over, 0); ok && usedMinute(it.Key()) < b.overlay.over {
		s.used.swept = slices.Clone(it.Key())
	}
	return keys, minutes, it.Error()
}

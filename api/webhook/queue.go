package webhook

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/troth-ledger/troth/ledger/state/disk"
)

// The queue's keys: a letter, the webhook's name, a zero byte and, for an item,
// its place. What the node has on disk about its webhooks is all here.
const (
	spaceChain  = 'm' // -> the chain's id
	spaceCursor = 'c' // name -> the last height taken from the journal
	spaceQueue  = 'q' // name, place -> item still to be delivered
	spaceDead   = 'd' // name, place -> item that could not be
)

// place orders a webhook's items as the ledger has them: height, then index
// within the block.
type place string

func placeOf(height int64, index int) place {
	b := binary.BigEndian.AppendUint64(nil, uint64(height))
	return place(binary.BigEndian.AppendUint32(b, uint32(index)))
}

// item is one event on its way to one webhook.
type item struct {
	WebhookID string    `json:"webhook_id"`
	Type      string    `json:"type"`
	Subject   string    `json:"subject"`
	Body      []byte    `json:"body"`
	Queued    time.Time `json:"queued"`
	Attempts  int       `json:"attempts"`
	Next      time.Time `json:"next"`
	Error     string    `json:"error,omitempty"`
}

// queue is the database. Any goroutine may use it.
type queue struct {
	db    *pebble.DB
	disk  *disk.Disk
	loose atomic.Bool // something was written that may not be on the disk
}

// openQueue opens the queue of a chain. One of another chain is emptied: its
// events would be lies on this one.
func openQueue(dir, chain string) (*queue, error) {
	cache := pebble.NewCache(1 << 20)
	defer cache.Unref()
	db, d, err := disk.Open(dir, &pebble.Options{Cache: cache, MemTableSize: 1 << 20})
	if err != nil {
		return nil, fmt.Errorf("webhook: opening %s: %w", dir, err)
	}
	q := &queue{db: db, disk: d}
	if had, ok := q.get([]byte{spaceChain}); !ok || string(had) != chain {
		err = d.Do(func() error {
			return errors.Join(db.DeleteRange([]byte{0}, []byte{0xff}, pebble.NoSync), db.Set([]byte{spaceChain}, []byte(chain), pebble.Sync))
		})
	}
	if err != nil {
		_ = d.Do(db.Close)
		return nil, fmt.Errorf("webhook: opening %s: %w", dir, err)
	}
	return q, nil
}

// commit writes a batch.
func (q *queue) commit(b *pebble.Batch, o *pebble.WriteOptions) error {
	return q.disk.Do(func() error { return b.Commit(o) })
}

// remove takes out a key; nothing waits for the disk.
func (q *queue) remove(key []byte) error {
	q.loose.Store(true)
	return q.disk.Do(func() error { return q.db.Delete(key, pebble.NoSync) })
}

// err is why nothing can be written any more, nil as long as it can. It stays so
// until the process is started again, and what is not taken from the journal
// stays there: the node must not go on.
func (q *queue) err() error {
	if err := q.disk.Err(); err != nil {
		return fmt.Errorf("the webhooks' queue: %w", err)
	}
	return nil
}

func (q *queue) close() error { return q.disk.Do(q.db.Close) }

func (q *queue) get(key []byte) ([]byte, bool) {
	b, closer, err := q.db.Get(key)
	if err != nil {
		return nil, false
	}
	defer closer.Close()
	return append([]byte(nil), b...), true
}

func keyOf(space byte, name string, p place) []byte {
	return append(append(append([]byte{space}, name...), 0), p...)
}

// cursor is the last height that a webhook has taken; false for a new webhook.
func (q *queue) cursor(name string) (int64, bool) {
	b, ok := q.get(keyOf(spaceCursor, name, ""))
	if !ok || len(b) != 8 {
		return 0, false
	}
	return int64(binary.BigEndian.Uint64(b)), true
}

func setCursor(b *pebble.Batch, name string, height int64) error {
	return b.Set(keyOf(spaceCursor, name, ""), binary.BigEndian.AppendUint64(nil, uint64(height)), nil)
}

func put(b *pebble.Batch, space byte, name string, p place, it *item) error {
	value, err := json.Marshal(it)
	if err != nil {
		return err
	}
	return b.Set(keyOf(space, name, p), value, nil)
}

// move takes an item from one list of a webhook to another.
func (q *queue) move(from, to byte, name string, p place, it *item) error {
	b := q.db.NewBatch()
	if err := errors.Join(b.Delete(keyOf(from, name, p), nil), put(b, to, name, p, it)); err != nil {
		return err
	}
	return q.commit(b, pebble.Sync)
}

// keep rewrites an item where it is. An attempt that a crash forgets is made
// again, so nothing waits for the disk.
func (q *queue) keep(name string, p place, it *item) error {
	b := q.db.NewBatch()
	if err := put(b, spaceQueue, name, p, it); err != nil {
		return err
	}
	q.loose.Store(true)
	return q.commit(b, pebble.NoSync)
}

// done forgets an item that was delivered. Nothing waits for the disk here
// either: what a crash forgets is delivered twice.
func (q *queue) done(name string, p place) error {
	return q.remove(keyOf(spaceQueue, name, p))
}

// sync puts what is loose on the disk, so that a crash makes little go out
// twice.
func (q *queue) sync() error {
	if !q.loose.Swap(false) {
		return nil
	}
	return q.disk.Do(func() error { return q.db.LogData(nil, pebble.Sync) })
}

// item reads one.
func (q *queue) item(space byte, name string, p place) (*item, bool) {
	b, ok := q.get(keyOf(space, name, p))
	if !ok {
		return nil, false
	}
	var it item
	if err := json.Unmarshal(b, &it); err != nil {
		return nil, false
	}
	return &it, true
}

// each calls fn for a webhook's items, oldest first, until it returns false.
func (q *queue) each(space byte, name string, after place, fn func(place, *item) bool) error {
	prefix := keyOf(space, name, "")
	low := prefix
	if after != "" {
		low = append(keyOf(space, name, after), 0)
	}
	high := append([]byte(nil), prefix...)
	high[len(high)-1]++ // the zero byte after the name
	it, err := q.db.NewIter(&pebble.IterOptions{LowerBound: low, UpperBound: high})
	if err != nil {
		return err
	}
	for ok := it.First(); ok; ok = it.Next() {
		var x item
		if err := json.Unmarshal(it.Value(), &x); err != nil {
			return errors.Join(fmt.Errorf("webhook: an item of %s: %w", name, err), it.Close())
		}
		if !fn(place(it.Key()[len(prefix):]), &x) {
			break
		}
	}
	return it.Close()
}

// forget removes everything of webhooks that are not configured any more, and
// returns their names.
func (q *queue) forget(known func(string) bool) (gone []string, err error) {
	it, err := q.db.NewIter(&pebble.IterOptions{LowerBound: []byte{spaceCursor}, UpperBound: []byte{spaceCursor + 1}})
	if err != nil {
		return nil, err
	}
	for ok := it.First(); ok; ok = it.Next() {
		if name := string(it.Key()[1 : len(it.Key())-1]); !known(name) {
			gone = append(gone, name)
		}
	}
	if err := it.Close(); err != nil {
		return nil, err
	}
	for _, name := range gone {
		for _, space := range []byte{spaceCursor, spaceQueue, spaceDead} {
			low := keyOf(space, name, "")
			high := append([]byte(nil), low...)
			high[len(high)-1]++
			if err := q.disk.Do(func() error { return q.db.DeleteRange(low, high, pebble.Sync) }); err != nil {
				return nil, err
			}
		}
	}
	return gone, nil
}

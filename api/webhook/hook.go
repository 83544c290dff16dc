package webhook

import (
	"encoding/json"
	"hash/fnv"
	"math"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/troth-ledger/troth/node"
)

// lanes is how many deliveries to one receiver may be under way. Events of one
// subject share a lane, so that they go out in the ledger's order.
const lanes = 4

// hook is one webhook.
type hook struct {
	d       *Dispatcher
	cfg     node.Webhook
	secrets secrets
	client  *http.Client
	plan    Schedule
	cursor  atomic.Int64 // the last height taken
	saved   int64        // the cursor on disk
	lanes   [lanes]*lane

	// mu guards what follows.
	mu       sync.Mutex
	queued   int
	dead     int
	failures int       // deliveries in a row that never reached the receiver
	until    time.Time // the receiver rests until then
	lastErr  string
	lastOK   time.Time

	delivered, failedAll, givenUp uint64 // since the start
}

func (d *Dispatcher) newHook(w node.Webhook, c *node.Config) (*hook, error) {
	s, err := loadSecrets(c.Path(w.Secret))
	if err != nil {
		return nil, err
	}
	h := &hook{d: d, cfg: w, secrets: s, plan: Default, client: newClient(Default.Timeout)}
	for i := range h.lanes {
		h.lanes[i] = newLane()
	}
	at, known := d.queue.cursor(w.Name)
	if !known {
		// A new webhook begins with the next block.
		v := d.node.View()
		at = v.Height()
		v.Release()
		b := d.queue.db.NewBatch()
		if err := setCursor(b, w.Name, at); err != nil {
			return nil, err
		}
		if err := d.queue.commit(b, pebble.Sync); err != nil {
			return nil, err
		}
	}
	h.cursor.Store(at)
	h.saved = at
	err = d.queue.each(spaceQueue, w.Name, "", func(p place, it *item) bool {
		h.queued++
		h.lane(it).add(p, it.Next)
		return true
	})
	if err != nil {
		return nil, err
	}
	return h, d.queue.each(spaceDead, w.Name, "", func(place, *item) bool {
		h.dead++
		return true
	})
}

func (h *hook) start() {
	for _, l := range h.lanes {
		h.d.wg.Go(func() { h.deliver(l) })
	}
}

func (h *hook) lane(it *item) *lane {
	f := fnv.New32a()
	_, _ = f.Write([]byte(it.Subject))
	return h.lanes[f.Sum32()%lanes]
}

func (h *hook) waiting() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.queued
}

// batch collects what goes into the queue at once.
type batch struct {
	*pebble.Batch
	places []place
	items  []*item
}

func (h *hook) add(b *batch, p place, e event) error {
	body, err := json.Marshal(e)
	if err != nil {
		return err
	}
	it := &item{WebhookID: webhookID(&e), Type: e.Type, Subject: e.Subject, Body: body, Queued: time.Now().UTC()}
	b.places, b.items = append(b.places, p), append(b.items, it)
	return put(b.Batch, spaceQueue, h.cfg.Name, p, it)
}

// take puts the blocks' events for this webhook into the queue and moves its
// cursor to end, in one synced write. Heights before since are not in the
// journal: they become a gap.
func (h *hook) take(blocks []*node.JournalBlock, since, end int64) error {
	b := &batch{Batch: h.d.queue.db.NewBatch()}
	cursor := h.cursor.Load()
	if cursor+1 < since {
		if err := h.gap(b, cursor+1, since-1); err != nil {
			return err
		}
		cursor = since - 1
	}
	for _, block := range blocks {
		if block.Height <= cursor {
			continue
		}
		for i := range block.Changes {
			c := &block.Changes[i]
			if !h.cfg.Wants(c.Table, c.ID, c.About) {
				continue
			}
			e, err := h.d.make.row(block, c)
			if err != nil {
				return err
			}
			if err := h.add(b, placeOf(block.Height, i), e); err != nil {
				return err
			}
		}
	}
	return h.save(b, max(cursor, end))
}

// giveUp makes a gap of what the journal keeps for a receiver that has taken
// nothing for very long, so that the disk doesn't fill.
func (h *hook) giveUp(last int64) error {
	cursor := h.cursor.Load()
	if h.waiting() < queueMax || last-cursor <= lagMax {
		return nil
	}
	b := &batch{Batch: h.d.queue.db.NewBatch()}
	if err := h.gap(b, cursor+1, last); err != nil {
		return err
	}
	return h.save(b, last)
}

func (h *hook) gap(b *batch, from, to int64) error {
	h.d.log.Warn("webhook: heights can't be told any more; a gap event says so", "webhook", h.cfg.Name, "from", from, "to", to)
	return h.add(b, placeOf(to, math.MaxUint32), h.d.make.gap(from, to, time.Now()))
}

func (h *hook) save(b *batch, cursor int64) error {
	if len(b.items) > 0 || cursor-h.saved >= saveEvery {
		if err := setCursor(b.Batch, h.cfg.Name, cursor); err != nil {
			return err
		}
		if err := h.d.queue.commit(b.Batch, pebble.Sync); err != nil {
			return err
		}
		h.saved = cursor
	}
	h.cursor.Store(cursor)
	h.mu.Lock()
	h.queued += len(b.items)
	h.mu.Unlock()
	for i, it := range b.items {
		h.lane(it).add(b.places[i], it.Next)
	}
	return nil
}

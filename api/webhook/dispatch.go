package webhook

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/troth-ledger/troth/node"
)

// Limits of one webhook.
const (
	// queueMax is how many events may wait; the journal keeps what comes after.
	queueMax = 100_000
	// lagMax is how many heights the journal keeps for a webhook whose queue is
	// full. Then the oldest are given up, and a gap says so.
	lagMax = 100_000
	// deadMax is how many dead letters are kept; the oldest go first.
	deadMax = 100_000
	// takeMax is how many blocks are taken from the journal at once.
	takeMax = 500
	// saveEvery is after how many heights without an event a cursor is saved.
	saveEvery = 1000
)

// Schedule says when a delivery is tried again, and when it is given up.
type Schedule struct {
	First    time.Duration // wait after the first failure; it doubles from then on
	Max      time.Duration // the longest wait
	Pause    time.Duration // the longest rest of a receiver that can't be reached
	Timeout  time.Duration // of one delivery
	Attempts int           // deliveries of one event at most
	Age      time.Duration // how long an event is tried at most
}

// Default is the schedule in use: about three days. Tests make it shorter
// before a Dispatcher is opened.
var Default = Schedule{First: time.Second, Max: 6 * time.Hour, Pause: 30 * time.Second, Timeout: 15 * time.Second, Attempts: 25, Age: 72 * time.Hour}

// Dispatcher delivers a node's events to its webhooks.
type Dispatcher struct {
	node  *node.Node
	log   *slog.Logger
	queue *queue
	make  maker
	hooks []*hook
	ctx   context.Context
	stop  context.CancelFunc
	wg    sync.WaitGroup
	room  chan struct{} // has an element when a full queue has room again
}

// Open opens the queue in the node's folder and begins to deliver. It returns
// nil where no webhook is configured.
func Open(n *node.Node, c *node.Config, log *slog.Logger) (*Dispatcher, error) {
	if len(c.Webhooks) == 0 {
		return nil, nil
	}
	q, err := openQueue(filepath.Join(c.Home, "data", "webhooks"), n.ChainID())
	if err != nil {
		return nil, err
	}
	d := &Dispatcher{node: n, log: log, queue: q, room: make(chan struct{}, 1),
		make: maker{n.ChainID(), fmt.Sprintf("troth://%s/%s", n.ChainID(), n.ID())}}
	d.ctx, d.stop = context.WithCancel(context.Background())
	if err := d.open(c); err != nil {
		d.stop()
		_ = q.close()
		return nil, err
	}
	for _, h := range d.hooks {
		h.start()
	}
	d.wg.Go(d.run)
	return d, nil
}

func (d *Dispatcher) open(c *node.Config) error {
	names := map[string]bool{}
	for _, w := range c.Webhooks {
		names[w.Name] = true
		h, err := d.newHook(w, c)
		if err != nil {
			return fmt.Errorf("webhook %s: %w", w.Name, err)
		}
		d.hooks = append(d.hooks, h)
	}
	gone, err := d.queue.forget(func(name string) bool { return names[name] })
	for _, name := range gone {
		d.log.Warn("webhook is not configured any more; its events and dead letters are gone", "webhook", name)
	}
	return err
}

// Close stops delivering. What is not delivered stays in the queue.
func (d *Dispatcher) Close() error {
	if d == nil {
		return nil
	}
	d.stop()
	d.wg.Wait()
	b := d.queue.db.NewBatch()
	for _, h := range d.hooks {
		if err := setCursor(b, h.cfg.Name, h.cursor.Load()); err != nil {
			return err
		}
	}
	if err := d.queue.commit(b, pebble.Sync); err != nil {
		return err
	}
	return d.queue.close()
}

// run takes from the journal whenever it has grown.
func (d *Dispatcher) run() {
	again := time.NewTicker(time.Second)
	defer again.Stop()
	for {
		for {
			more, err := d.take()
			if err != nil {
				d.log.Error("webhooks: taking from the journal", "error", err)
			}
			if err != nil || !more || d.ctx.Err() != nil {
				break
			}
		}
		select {
		case <-d.ctx.Done():
			return
		case <-d.node.JournalGrew():
		case <-d.room:
		case <-again.C:
			if err := d.queue.sync(); err != nil {
				d.log.Error("webhooks: writing the queue", "error", err)
			}
		}
		if err := d.queue.err(); err != nil {
			d.node.Fail(err)
			return
		}
	}
}

// take moves events from the journal into the queue, a part at a time; more
// says that there is more to move.
func (d *Dispatcher) take() (more bool, err error) {
	ready := make([]*hook, 0, len(d.hooks))
	from := int64(-1)
	for _, h := range d.hooks {
		if h.waiting() >= queueMax {
			continue
		}
		ready = append(ready, h)
		if c := h.cursor.Load(); from < 0 || c+1 < from {
			from = c + 1
		}
	}
	var blocks []*node.JournalBlock
	since, last, err := d.node.Journal(max(from, 0), func(b *node.JournalBlock) bool {
		more = len(blocks) == takeMax
		if !more {
			blocks = append(blocks, b)
		}
		return !more
	})
	if err != nil || last == 0 {
		return false, err
	}
	end := last
	if more {
		end = blocks[len(blocks)-1].Height
	}
	for _, h := range ready {
		if err := h.take(blocks, since, end); err != nil {
			return false, err
		}
	}
	done := last
	for _, h := range d.hooks {
		if err := h.giveUp(last); err != nil {
			return false, err
		}
		done = min(done, h.cursor.Load())
	}
	d.node.ForgetJournal(done)
	return more, nil
}

package webhook

import (
	"encoding/json"
	"time"
)

// Status is where one webhook stands.
type Status struct {
	Name    string `json:"name"`
	URL     string `json:"url"`
	Height  int64  `json:"height"` // taken up to here
	Waiting int    `json:"waiting"`
	Dead    int    `json:"dead"`
	// Deliveries tried since the start, and events given up.
	Delivered uint64     `json:"delivered"`
	Failed    uint64     `json:"failed"`
	GivenUp   uint64     `json:"given_up"`
	Error     string     `json:"error,omitempty"` // of the last delivery that failed, where none succeeded since
	LastSent  *time.Time `json:"last_sent,omitempty"`
}

// Letter is an event that could not be delivered.
type Letter struct {
	Webhook  string          `json:"webhook"`
	ID       string          `json:"id"`
	Type     string          `json:"type"`
	Subject  string          `json:"subject"`
	Queued   time.Time       `json:"queued"`
	Attempts int             `json:"attempts"`
	Error    string          `json:"error"`
	Event    json.RawMessage `json:"event"`
}

// LettersMax is the most letters that one call returns.
const LettersMax = 1000

// Status says where every webhook stands.
func (d *Dispatcher) Status() []Status {
	out := []Status{}
	if d == nil {
		return out
	}
	for _, h := range d.hooks {
		h.mu.Lock()
		s := Status{Name: h.cfg.Name, URL: h.cfg.URL, Height: h.cursor.Load(), Waiting: h.queued, Dead: h.dead, Error: h.lastErr,
			Delivered: h.delivered, Failed: h.failedAll, GivenUp: h.givenUp}
		if at := h.lastOK; !at.IsZero() {
			s.LastSent = &at
		}
		h.mu.Unlock()
		out = append(out, s)
	}
	return out
}

func (d *Dispatcher) hook(name string) *hook {
	if d != nil {
		for _, h := range d.hooks {
			if h.cfg.Name == name {
				return h
			}
		}
	}
	return nil
}

// Dead returns a webhook's dead letters, oldest first, at most LettersMax; false
// where there is no such webhook.
func (d *Dispatcher) Dead(name string) ([]Letter, bool, error) {
	h := d.hook(name)
	if h == nil {
		return nil, false, nil
	}
	out := []Letter{}
	err := d.queue.each(spaceDead, name, "", func(_ place, it *item) bool {
		out = append(out, Letter{Webhook: name, ID: it.WebhookID, Type: it.Type, Subject: it.Subject,
			Queued: it.Queued, Attempts: it.Attempts, Error: it.Error, Event: it.Body})
		return len(out) < LettersMax
	})
	return out, true, err
}

// Retry puts a webhook's dead letters back into its queue, as if they were new:
// the one with an id, or all where the id is empty. It returns how many.
func (d *Dispatcher) Retry(name, id string) (n int, found bool, err error) {
	h := d.hook(name)
	if h == nil {
		return 0, false, nil
	}
	type letter struct {
		place place
		item  *item
	}
	for after := place(""); ; {
		var part []letter
		err := d.queue.each(spaceDead, name, after, func(p place, it *item) bool {
			after = p
			if id == "" || it.WebhookID == id {
				part = append(part, letter{p, it})
			}
			return len(part) < takeMax && (id == "" || len(part) == 0)
		})
		if err != nil || len(part) == 0 {
			return n, true, err
		}
		for _, l := range part {
			l.item.Attempts, l.item.Next, l.item.Error, l.item.Queued = 0, time.Time{}, "", time.Now().UTC()
			if err := d.queue.move(spaceDead, spaceQueue, name, l.place, l.item); err != nil {
				return n, true, err
			}
			h.mu.Lock()
			h.dead--
			h.queued++
			h.until = time.Time{}
			h.mu.Unlock()
			h.lane(l.item).add(l.place, time.Time{})
			n++
		}
		if id != "" {
			return n, true, nil
		}
	}
}

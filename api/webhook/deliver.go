package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// answerMax is how much of an answer is read: enough to use the connection
// again.
const answerMax = 4 << 10

// newClient is the client for one receiver. It follows no redirect: where
// events go is the configuration's to say.
func newClient(timeout time.Duration) *http.Client {
	return &http.Client{
		Timeout:       timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			MaxConnsPerHost:        lanes,
			MaxIdleConnsPerHost:    lanes,
			IdleConnTimeout:        time.Minute,
			TLSHandshakeTimeout:    timeout,
			MaxResponseHeaderBytes: 64 << 10,
			DisableCompression:     true,
			ForceAttemptHTTP2:      true,
		},
	}
}

// failure is a delivery that didn't succeed.
type failure struct {
	msg     string
	gone    bool          // the receiver wants no more of it
	missed  bool          // it says nothing about this event, but about the receiver
	atLeast time.Duration // how long the receiver asks to be left alone
}

// deliver delivers a lane's items, one after the other, until the end.
func (h *hook) deliver(l *lane) {
	for h.d.ctx.Err() == nil {
		wait := h.resting()
		var p place
		if wait <= 0 {
			p, wait = l.next(time.Now())
		}
		if p != "" {
			h.attempt(l, p)
			continue
		}
		var later <-chan time.Time
		if wait > 0 {
			later = time.After(wait)
		}
		select {
		case <-h.d.ctx.Done():
		case <-later:
		case <-l.wake:
		}
	}
}

func (h *hook) resting() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Until(h.until)
}

func (h *hook) attempt(l *lane, p place) {
	it, ok := h.d.queue.item(spaceQueue, h.cfg.Name, p)
	if !ok {
		return
	}
	if time.Since(it.Queued) > h.plan.Age {
		h.check(h.bury(p, it, "not delivered in time"))
		return
	}
	f := h.send(h.d.ctx, it)
	if h.d.ctx.Err() != nil {
		return // the node stops: the attempt doesn't count
	}
	if f == nil {
		h.succeeded()
		h.check(h.d.queue.done(h.cfg.Name, p))
		return
	}
	it.Attempts++
	it.Error = f.msg
	h.failed(f)
	if f.gone || it.Attempts >= h.plan.Attempts {
		h.check(h.bury(p, it, ""))
		return
	}
	it.Next = time.Now().Add(max(backoff(h.plan.First, h.plan.Max, it.Attempts), f.atLeast))
	h.check(h.d.queue.keep(h.cfg.Name, p, it))
	l.add(p, it.Next)
}

// check logs a failing disk: the item is still in the queue.
func (h *hook) check(err error) {
	if err != nil {
		h.d.log.Error("webhook: writing the queue", "webhook", h.cfg.Name, "error", err)
	}
}

// backoff doubles from first to most, give or take a fifth.
func backoff(first, most time.Duration, attempts int) time.Duration {
	d := first << min(attempts-1, 30)
	if d > most || d <= 0 {
		d = most
	}
	return time.Duration(float64(d) * (0.8 + 0.4*rand.Float64()))
}

func (h *hook) succeeded() {
	h.mu.Lock()
	h.delivered++
	h.failures, h.until, h.lastErr, h.lastOK = 0, time.Time{}, "", time.Now()
	h.mu.Unlock()
	h.left()
}

// left counts an item out, and lets the journal know that there is room.
func (h *hook) left() {
	h.mu.Lock()
	full := h.queued >= queueMax
	h.queued--
	h.mu.Unlock()
	if full {
		select {
		case h.d.room <- struct{}{}:
		default:
		}
	}
}

func (h *hook) failed(f *failure) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lastErr = f.msg
	h.failedAll++
	if !f.missed {
		return
	}
	h.failures++
	h.until = time.Now().Add(max(backoff(h.plan.First, h.plan.Pause, h.failures), min(f.atLeast, h.plan.Pause)))
	if h.failures == 1 || h.failures%100 == 0 {
		h.d.log.Warn("webhook: the receiver can't be reached", "webhook", h.cfg.Name, "failures", h.failures, "error", f.msg)
	}
}

// bury makes a dead letter of an item.
func (h *hook) bury(p place, it *item, why string) error {
	if it.Error == "" || why != "" && it.Attempts == 0 {
		h.mu.Lock()
		it.Error = why
		if h.lastErr != "" {
			it.Error += ": " + h.lastErr
		}
		h.mu.Unlock()
	}
	if err := h.d.queue.move(spaceQueue, spaceDead, h.cfg.Name, p, it); err != nil {
		return err
	}
	h.left()
	h.d.log.Warn("webhook: an event is a dead letter now", "webhook", h.cfg.Name, "event", it.WebhookID, "type", it.Type, "attempts", it.Attempts, "error", it.Error)
	h.mu.Lock()
	h.dead++
	h.givenUp++
	over := h.dead > deadMax
	h.mu.Unlock()
	if over {
		return h.dropOldest()
	}
	return nil
}

func (h *hook) dropOldest() error {
	var oldest place
	err := h.d.queue.each(spaceDead, h.cfg.Name, "", func(p place, it *item) bool {
		oldest = p
		h.d.log.Error("webhook: too many dead letters; the oldest is lost", "webhook", h.cfg.Name, "event", it.WebhookID)
		return false
	})
	if err != nil || oldest == "" {
		return err
	}
	h.mu.Lock()
	h.dead--
	h.mu.Unlock()
	return h.d.queue.remove(keyOf(spaceDead, h.cfg.Name, oldest))
}

// send makes one delivery.
func (h *hook) send(ctx context.Context, it *item) *failure {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.cfg.URL, bytes.NewReader(it.Body))
	if err != nil {
		return &failure{msg: err.Error()}
	}
	now := time.Now()
	req.Header.Set("Content-Type", "application/cloudevents+json; charset=utf-8")
	req.Header.Set("User-Agent", "troth-webhooks/1")
	req.Header.Set(headerID, it.WebhookID)
	req.Header.Set(headerTimestamp, strconv.FormatInt(now.Unix(), 10))
	req.Header.Set(headerSignature, h.secrets.sign(it.WebhookID, now, it.Body))
	res, err := h.client.Do(req)
	if err != nil {
		return &failure{msg: unreached(err), missed: true}
	}
	defer res.Body.Close()
	_, _ = io.CopyN(io.Discard, res.Body, answerMax)
	switch c := res.StatusCode; {
	case c >= 200 && c < 300:
		return nil
	case c == http.StatusGone:
		return &failure{msg: "410 Gone: the receiver wants no more of this", gone: true}
	case c == http.StatusTooManyRequests || c >= 500:
		return &failure{msg: res.Status, missed: true, atLeast: retryAfter(res.Header.Get("Retry-After"), now)}
	case c >= 300 && c < 400:
		return &failure{msg: fmt.Sprintf("%s: redirects are not followed; set the new address as the webhook's url", res.Status)}
	default:
		return &failure{msg: res.Status}
	}
}

func unreached(err error) string {
	var timeout interface{ Timeout() bool }
	if errors.As(err, &timeout) && timeout.Timeout() {
		return "no answer in time"
	}
	return err.Error()
}

// retryAfter reads how long a receiver asks to be left alone; an hour at most.
func retryAfter(s string, now time.Time) time.Duration {
	d := time.Duration(0)
	if n, err := strconv.Atoi(s); err == nil {
		d = time.Duration(min(n, 3600)) * time.Second
	} else if at, err := http.ParseTime(s); err == nil {
		d = at.Sub(now)
	}
	return min(max(d, 0), time.Hour)
}

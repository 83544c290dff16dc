// Package demo plays Troth's stories on a running node through the public API:
// real signatures, real consensus, real shapes of input.
//
// A story is data: see Story. Its files are under examples/, and each has a
// small function that turns it into statements. A story says to the cent what
// it expects, and fails if anything differs.
package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// Payout is one amount that a promise paid.
type Payout struct {
	To     string `json:"to"`
	Amount string `json:"amount"`
	Asset  string `json:"asset"`
	From   string `json:"from"`
}

// Row is one promise as it came out.
type Row struct {
	Story    string   `json:"story"`
	Promise  string   `json:"promise"`
	Outcome  string   `json:"outcome"`
	Rule     string   `json:"rule"`
	Payouts  []Payout `json:"payouts"`
	Held     string   `json:"held"`
	SettleMS float64  `json:"settle_ms"`

	// What follows is for people.

	// Promised is the promise's text.
	Promised string `json:"-"`
	// Facts are what was stated, an entry a kind, and what else was done.
	Facts []string `json:"-"`
	// Deadline says that no fact decided, but time.
	Deadline bool `json:"-"`
}

// Audience is told what happens, in order.
type Audience interface {
	// Played hands over a row that came out as it should.
	Played(*Row)
	// Failed hands over a story that didn't.
	Failed(story string, err error)
	// Waiting is called every second that the next story in order takes.
	Waiting(story string, since time.Duration)
}

// result is what came of one story.
type result struct {
	row *Row
	err error
}

// timeout is how long a story may take.
const timeout = 20 * time.Second

// Play plays the stories, some of them at once, and tells the audience in their
// order. Its error joins those of all stories that went wrong.
func Play(ctx context.Context, w *World, stories []Story, a Audience) error {
	results := make([]chan result, len(stories))
	for i := range results {
		results[i] = make(chan result, 1)
	}
	go func() {
		var c companies
		for i := range stories {
			done := c.take(&stories[i])
			go func() {
				defer done()
				ctx, cancel := context.WithTimeout(ctx, timeout)
				defer cancel()
				row, err := play(ctx, w, &stories[i])
				results[i] <- result{row, err}
			}()
		}
	}()
	var all []error
	for i := range stories {
		r := wait(stories[i].Name, results[i], a)
		if r.err != nil {
			r.err = fmt.Errorf("story %q: %w", stories[i].Name, r.err)
			all = append(all, r.err)
			a.Failed(stories[i].Name, r.err)
			continue
		}
		a.Played(r.row)
	}
	return errors.Join(all...)
}

func wait(story string, c <-chan result, a Audience) result {
	since := time.Now()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case r := <-c:
			return r
		case <-tick.C:
			a.Waiting(story, time.Since(since))
		}
	}
}

// companies keeps stories apart that use the same company's money, so that
// each can check balances to the cent. Stories begin in their order.
type companies struct{ busy sync.Map }

// take waits until no other story uses the money of a story's companies, and
// returns what gives them free again.
func (c *companies) take(s *Story) (done func()) {
	var mine []*sync.Mutex
	for name := range s.Purses {
		if !strings.HasPrefix(name, "@") {
			continue
		}
		m, _ := c.busy.LoadOrStore(name, &sync.Mutex{})
		m.(*sync.Mutex).Lock()
		mine = append(mine, m.(*sync.Mutex))
	}
	return func() {
		for _, m := range mine {
			m.Unlock()
		}
	}
}

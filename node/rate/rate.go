// Package rate limits how often something may be done by each of many: by
// addresses at the API, by parties at the door. Each has a token bucket; the
// table of buckets is bounded, whoever comes.
package rate

import (
	"sync"
	"time"
)

// Burst is how many seconds' worth of tokens a bucket holds: who was quiet may
// do that much at once.
const Burst = 4

// Limiter limits by key. Any goroutine may use it. A nil Limiter limits nothing.
type Limiter[K comparable] struct {
	rate float64 // tokens a second
	size float64 // tokens of a full bucket
	most int     // buckets in one generation
	now  func() time.Time

	// mu guards the buckets. They are in two generations: when the young one is
	// full it becomes the old one, and who didn't come in between is forgotten,
	// which gives it a full bucket.
	mu         sync.Mutex
	young, old map[K]*bucket
}

type bucket struct {
	tokens float64 // as of at; below zero where more was taken than there was
	at     time.Time
}

// New returns a limiter of so many tokens a second for each key; nil, which
// limits nothing, where that is 0. A bucket holds Burst seconds' worth, and not
// less than least, so that a thing which takes so many at once can ever be done.
// It remembers at least most/2 keys and at most most.
func New[K comparable](perSecond, least, most int) *Limiter[K] {
	if perSecond <= 0 {
		return nil
	}
	return &Limiter[K]{rate: float64(perSecond), size: float64(max(Burst*perSecond, least)), most: max(most/2, 1),
		now: time.Now, young: make(map[K]*bucket)}
}

// Take takes n tokens where they are there. Otherwise it takes none and returns
// how long it will be until they are.
func (l *Limiter[K]) Take(k K, n int) (wait time.Duration, ok bool) {
	if l == nil {
		return 0, true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.of(k)
	if lack := float64(n) - b.tokens; lack > 0 {
		return time.Duration(lack / l.rate * float64(time.Second)), false
	}
	b.tokens -= float64(n)
	return 0, true
}

// Charge takes n tokens whether they are there or not: what comes next waits for
// them to come back. A bucket is never emptier than it can be full.
func (l *Limiter[K]) Charge(k K, n int) {
	if l == nil || n == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.of(k)
	b.tokens = max(b.tokens-float64(n), -l.size)
}

// Empty says whether a key has not one token left, and how long until it has.
func (l *Limiter[K]) Empty(k K) (wait time.Duration, empty bool) {
	if l == nil {
		return 0, false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.find(k)
	if b == nil {
		return 0, false
	}
	l.fill(b)
	if lack := 1 - b.tokens; lack > 0 {
		return time.Duration(lack / l.rate * float64(time.Second)), true
	}
	return 0, false
}

// of is a key's bucket, as full as it is now.
func (l *Limiter[K]) of(k K) *bucket {
	b := l.find(k)
	if b == nil {
		b = &bucket{tokens: l.size, at: l.now()}
		l.put(k, b)
		return b
	}
	l.fill(b)
	return b
}

func (l *Limiter[K]) find(k K) *bucket {
	b := l.young[k]
	if b == nil {
		if b = l.old[k]; b != nil {
			delete(l.old, k)
			l.put(k, b)
		}
	}
	return b
}

func (l *Limiter[K]) put(k K, b *bucket) {
	if len(l.young) >= l.most {
		l.old, l.young = l.young, make(map[K]*bucket)
	}
	l.young[k] = b
}

func (l *Limiter[K]) fill(b *bucket) {
	now := l.now()
	if d := now.Sub(b.at); d > 0 {
		b.tokens, b.at = min(b.tokens+d.Seconds()*l.rate, l.size), now
	}
}

// Len is how many keys are remembered.
func (l *Limiter[K]) Len() int {
	if l == nil {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.young) + len(l.old)
}

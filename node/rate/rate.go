// Package rate limits how often something may be done by each of many: by
// addresses at the API, by parties at the door. Each has a token bucket; the
// table of buckets is bounded, whoever comes.
package rate

import (
	"hash/maphash"
	"math/bits"
	"sync"
	"time"
)

// Burst is how many seconds' worth of tokens a bucket holds: who was quiet may
// do that much at once.
const Burst = 4

// Limiter limits by key. Any goroutine may use it. A nil Limiter limits nothing.
type Limiter[K comparable] struct {
	rate  float64       // tokens a second
	whole time.Duration // in which an empty bucket gets full
	start time.Time
	now   func() time.Time
	seed  maphash.Seed

	// mu guards the buckets. A key has its place in one set, found by its hash, so a
	// look costs one line of memory; where the set has no room, the bucket that will
	// be full first is forgotten, which gives its key least.
	mu   sync.Mutex
	sets []set
}

type set [4]bucket

// bucket is a token bucket as the one number it comes to: when it will be full.
// (The virtual scheduling form of the generic cell rate algorithm, ITU-T I.371.)
type bucket struct {
	tag  uint64        // of its key, by a seed that nobody knows; 0 where there is none
	full time.Duration // after the limiter's start
}

// New returns a limiter of so many tokens a second for each key; nil, which
// limits nothing, where that is 0. A bucket holds Burst seconds' worth, and not
// less than least, so that a thing which takes so many at once can ever be done.
// It has room for at most so many keys as most, and for half as many at least; which
// of four whose hashes meet make room for a fifth comes before that.
func New[K comparable](perSecond, least, most int) *Limiter[K] {
	if perSecond <= 0 {
		return nil
	}
	sets := 1 << max(bits.Len(uint(most/len(set{})))-1, 0)
	l := &Limiter[K]{rate: float64(perSecond), start: time.Now(), now: time.Now, seed: maphash.MakeSeed(), sets: make([]set, sets)}
	l.whole = l.time(max(Burst*perSecond, least))
	return l
}

// time is how long n tokens take to come.
func (l *Limiter[K]) time(n int) time.Duration {
	return time.Duration(float64(n) / l.rate * float64(time.Second))
}

// Take takes n tokens where they are there. Otherwise it takes none and returns
// how long it will be until they are.
func (l *Limiter[K]) Take(k K, n int) (wait time.Duration, ok bool) {
	if l == nil {
		return 0, true
	}
	now, set, tag := l.look(k)
	defer l.mu.Unlock()
	full := set.full(tag, now) + l.time(n)
	if wait := full - now - l.whole; wait > 0 {
		return wait, false
	}
	set.put(tag, full)
	return 0, true
}

// Charge takes n tokens whether they are there or not: what comes next waits for
// them to come back. A bucket is never emptier than it can be full.
func (l *Limiter[K]) Charge(k K, n int) {
	if l == nil || n == 0 {
		return
	}
	now, set, tag := l.look(k)
	defer l.mu.Unlock()
	set.put(tag, min(set.full(tag, now)+min(l.time(n), 2*l.whole), now+2*l.whole))
}

// Empty says whether a key has not one token left, and how long until it has.
func (l *Limiter[K]) Empty(k K) (wait time.Duration, empty bool) {
	if l == nil {
		return 0, false
	}
	now, set, tag := l.look(k)
	defer l.mu.Unlock()
	wait = set.full(tag, now) + l.time(1) - now - l.whole
	return max(wait, 0), wait > 0
}

// look finds where a key has its place. The caller has to unlock mu.
func (l *Limiter[K]) look(k K) (now time.Duration, s *set, tag uint64) {
	tag = maphash.Comparable(l.seed, k)
	now = l.now().Sub(l.start)
	l.mu.Lock()
	return now, &l.sets[tag%uint64(len(l.sets))], max(tag, 1)
}

// full is when a key's bucket will be full, or is.
func (s *set) full(tag uint64, now time.Duration) time.Duration {
	for i := range s {
		if s[i].tag == tag {
			return max(s[i].full, now)
		}
	}
	return now
}

func (s *set) put(tag uint64, full time.Duration) {
	at := &s[0]
	for i := range s {
		if b := &s[i]; b.tag == tag || b.tag == 0 {
			at = b
			break
		} else if b.full < at.full {
			at = b
		}
	}
	*at = bucket{tag, full}
}

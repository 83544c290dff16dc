package webhook

import (
	"container/heap"
	"sync"
	"time"
)

// due is an item and when it is to be tried.
type due struct {
	at    time.Time
	place place
}

// lane orders items by when they are due, and among those that are due at once
// by their place. Bodies stay on disk.
type lane struct {
	// mu guards list.
	mu   sync.Mutex
	list dues
	wake chan struct{}
}

type dues []due

func (d dues) Len() int { return len(d) }
func (d dues) Less(i, j int) bool {
	if !d[i].at.Equal(d[j].at) {
		return d[i].at.Before(d[j].at)
	}
	return d[i].place < d[j].place
}
func (d dues) Swap(i, j int) { d[i], d[j] = d[j], d[i] }
func (d *dues) Push(x any)   { *d = append(*d, x.(due)) }
func (d *dues) Pop() any {
	old := *d
	x := old[len(old)-1]
	*d = old[:len(old)-1]
	return x
}

func newLane() *lane { return &lane{wake: make(chan struct{}, 1)} }

func (l *lane) add(p place, at time.Time) {
	l.mu.Lock()
	heap.Push(&l.list, due{at, p})
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// next takes the first item if it is due; else it says how long until it is,
// negative where there is none.
func (l *lane) next(now time.Time) (p place, wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.list) == 0 {
		return "", -1
	}
	if wait := l.list[0].at.Sub(now); wait > 0 {
		return "", wait
	}
	return heap.Pop(&l.list).(due).place, 0
}

package node

import (
	"fmt"
	"time"
)

// Bounds of how long one snapshot is held on to.
const (
	// comeBack is how long another snapshot is not begun, for which the chunks of
	// this one would go, while a peer that may offer it again isn't there.
	comeBack = time.Minute
	// wholeWithin is how long a snapshot may take, at the pace at which its chunks
	// have come so far, where somebody else offers one.
	wholeWithin = 3 * time.Hour
	// paceEvery is how often the pace is looked at.
	paceEvery = 2 * time.Minute
)

// snapshotPace is how fast the snapshot comes that was begun with.
type snapshotPace struct {
	since time.Time // when this run began with it
	held  int       // the chunks that there were then
	next  time.Time // when it is looked at again
}

// start begins to look at a snapshot's pace: anew, or where it was given up for a
// while, as it was. A peer that comes and goes gains nothing.
func (p *snapshotPace) start(anew bool, held int) {
	now := time.Now()
	if anew || p.since.IsZero() || held < p.held {
		p.since, p.held = now, held
	}
	p.next = now.Add(paceEvery)
}

// slow says, once in a while, that so many chunks come too slowly.
func (p *snapshotPace) slow(held, of int) bool {
	now := time.Now()
	if now.Before(p.next) {
		return false
	}
	p.next = now.Add(paceEvery)
	return float64(held-p.held)*wholeWithin.Seconds() < float64(of-p.held)*now.Sub(p.since).Seconds()
}

// tooSlow gives the chosen snapshot up where its chunks come too slowly: it says
// so, and doubts those that send them. All peers are asked anew. Where none that
// is less in doubt offers another, this one goes on with what it has.
func (f *fetcher) tooSlow(from []*provider) (bool, error) {
	held, of := f.restore.Held(), f.restore.Chunks
	if !f.pace.slow(held, of) {
		return false, nil
	}
	for _, p := range from {
		id := p.peer.ID()
		f.failed[id] = max(f.failed[id], patience+1)
	}
	err := f.giveUp(fmt.Sprintf("at its pace it would take more than %s; looking for another", wholeWithin))
	f.lost = time.Time{}
	return true, err
}

// hopes says whether the snapshot that was begun with, and that nobody offers
// now, may be offered again by a peer that isn't there.
func (f *fetcher) hopes() bool {
	if f.begun == "" || time.Since(f.lost) > comeBack {
		return false
	}
	heard := len(f.banned)
	for _, p := range f.peers {
		if _, ok := p.offers[f.begun]; ok {
			return false // another is better
		}
		if time.Since(p.since) > gather {
			heard++
		}
	}
	return heard < f.net.peers
}

package node

import (
	"sync"
	"time"
)

// pulse is how lively the chain is, as this node sees it.
type pulse struct {
	// mu guards what follows.
	mu      sync.Mutex
	started time.Time
	last    time.Time // when this node committed its last block
	seconds [61]beat  // the last minute, and the second under way
	blocks  int       // since the last summary
	txs     int
	since   time.Time // of the last summary
}

// beat is what happened in one second.
type beat struct {
	second int64
	txs    int
}

// beat notes a block.
func (p *pulse) beat(txs int) {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = now
	b := &p.seconds[now.Unix()%int64(len(p.seconds))]
	if b.second != now.Unix() {
		*b = beat{second: now.Unix()}
	}
	b.txs += txs
	p.blocks++
	p.txs += txs
}

// minute is how many transactions became final in the last sixty full seconds.
func (p *pulse) minute() (txs int) {
	now := time.Now().Unix()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, b := range p.seconds {
		if b.second < now && b.second >= now-60 {
			txs += b.txs
		}
	}
	return txs
}

// idle is how long ago the last block was, or the start where there was none
// since.
func (p *pulse) idle() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.last.IsZero() {
		return time.Since(p.started)
	}
	return time.Since(p.last)
}

// summaryEvery is how often a busy node says what it did.
const summaryEvery = 10 * time.Second

// summary is what happened since the summary before, where it is time for one
// and there was something.
func (p *pulse) summary() (blocks, txs int, took time.Duration, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.since.IsZero() {
		p.since = p.started
	}
	if took = time.Since(p.since); took < summaryEvery {
		return 0, 0, 0, false
	}
	blocks, txs = p.blocks, p.txs
	p.blocks, p.txs, p.since = 0, 0, time.Now()
	return blocks, txs, took, txs > 0
}

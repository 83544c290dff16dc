package node

// Lag is how far a watcher may fall behind before it is told to start anew.
type Lag struct {
	// Blocks that wait for it; those that changed nothing don't count.
	Blocks int
	// Bytes of what they changed; see BlockChanges.
	Bytes int
}

// LagMax is what a watcher may fall behind unless told otherwise.
var LagMax = Lag{Blocks: 256, Bytes: 16 << 20}

// Watcher receives what every block changed. Blocks that changed nothing are
// left out.
type Watcher struct {
	hub   *hub
	ch    chan *BlockChanges
	bytes int   // at most this many may wait
	sizes []int // of what was sent and may still wait, oldest first
	sum   int   // of sizes
}

// Blocks is where the blocks come from. It is closed when the watcher was too
// slow, or was stopped.
func (w *Watcher) Blocks() <-chan *BlockChanges { return w.ch }

// Stop ends watching.
func (w *Watcher) Stop() {
	w.hub.mu.Lock()
	defer w.hub.mu.Unlock()
	w.hub.leave(w)
}

// send hands over a block and never waits. It returns false where the watcher
// is too slow. The hub's lock is held.
func (w *Watcher) send(b *BlockChanges) bool {
	waiting := len(w.ch)
	for len(w.sizes) > waiting {
		w.sum -= w.sizes[0]
		w.sizes = w.sizes[1:]
	}
	// However large, one block may always wait.
	if waiting == cap(w.ch) || waiting > 0 && w.sum+b.size > w.bytes {
		return false
	}
	w.sizes, w.sum = append(w.sizes, b.size), w.sum+b.size
	w.ch <- b // there is room, and nobody else sends
	return true
}

// join adds a watcher. The caller holds mu.
func (h *hub) join(max Lag) *Watcher {
	w := &Watcher{hub: h, ch: make(chan *BlockChanges, max.Blocks), bytes: max.Bytes}
	if h.closed {
		close(w.ch)
		return w
	}
	h.watchers[w] = struct{}{}
	return w
}

// leave ends a watcher that is still there. The caller holds mu.
func (h *hub) leave(w *Watcher) {
	if _, ok := h.watchers[w]; ok {
		delete(h.watchers, w)
		close(w.ch)
	}
}

// tellWatchers hands a block to everybody who watches. The caller holds mu.
func (h *hub) tellWatchers(b *BlockChanges) {
	h.recent.add(b)
	if len(b.Changes) == 0 {
		return
	}
	for w := range h.watchers {
		if !w.send(b) {
			h.leave(w)
		}
	}
}

// Watch begins to watch what changes. Stop the watcher when done.
func (n *Node) Watch(max Lag) *Watcher {
	h := n.app.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.join(max)
}

// WatchFrom is Watch that begins at a height of the past: missed are the blocks
// from there to the present, and the watcher goes on after them without a gap.
// It says false where this node doesn't have them in memory any more; oldest is
// the first height it has.
func (n *Node) WatchFrom(height int64, max Lag) (w *Watcher, missed []*BlockChanges, oldest int64, ok bool) {
	h := n.app.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	last := h.recent.last
	if last == 0 {
		last = n.store.Height() // nothing was committed since the start
	}
	oldest = h.recent.from
	if oldest == 0 {
		oldest = last + 1
	}
	if height < oldest {
		return nil, nil, oldest, false
	}
	if missed, ok = h.recent.since(height); !ok {
		return nil, nil, oldest, false
	}
	return h.join(max), missed, oldest, true
}

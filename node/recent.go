package node

import "sort"

// How much of the past a watcher may ask for. The records are held in memory,
// so changes are counted too.
const (
	recentBlocksMax  = 1000
	recentChangesMax = 20_000
)

// recent is what the last blocks changed. The hub's lock guards it.
type recent struct {
	from    int64 // the first height that is complete here
	last    int64 // the last height
	blocks  []*BlockChanges
	changes int
}

// add takes a block in. Blocks that changed nothing take no place.
func (r *recent) add(b *BlockChanges) {
	if r.from == 0 {
		r.from = b.Height
	}
	r.last = b.Height
	if len(b.Changes) == 0 {
		return
	}
	r.blocks = append(r.blocks, b)
	r.changes += len(b.Changes)
	drop := 0
	for len(r.blocks)-drop > recentBlocksMax || r.changes > recentChangesMax {
		r.changes -= len(r.blocks[drop].Changes)
		r.from = r.blocks[drop].Height + 1
		drop++
	}
	if drop > 0 {
		clear(r.blocks[:drop])
		r.blocks = r.blocks[drop:]
	}
}

// since returns the blocks from a height on; false where some of them are gone.
func (r *recent) since(height int64) ([]*BlockChanges, bool) {
	if height > r.last {
		return nil, true
	}
	if r.from == 0 || height < r.from {
		return nil, false
	}
	i := sort.Search(len(r.blocks), func(i int) bool { return r.blocks[i].Height >= height })
	return append([]*BlockChanges(nil), r.blocks[i:]...), true
}

// WatchFrom is Watch that begins at a height of the past: missed are the blocks
// from there to the present, and the watcher goes on after them without a gap.
// It says false where this node doesn't have them in memory any more; oldest is
// the first height it has.
func (n *Node) WatchFrom(height int64) (w *Watcher, missed []*BlockChanges, oldest int64, ok bool) {
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
	return h.join(), missed, oldest, true
}

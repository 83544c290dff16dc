package node

import "sort"

// How much of the past a watcher may ask for. The records are held in memory,
// so bytes are counted too.
const (
	recentBlocksMax = 1000
	recentBytesMax  = 16 << 20
)

// recent is what the last blocks changed. The hub's lock guards it.
type recent struct {
	from   int64 // the first height that is complete here
	last   int64 // the last height
	blocks []*BlockChanges
	bytes  int
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
	r.bytes += b.size
	drop := 0
	for len(r.blocks)-drop > recentBlocksMax || r.bytes > recentBytesMax {
		r.bytes -= r.blocks[drop].size
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

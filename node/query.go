package node

import (
	"bytes"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// Record returns what became of a transaction; nil where this node has it in no
// block.
func (n *Node) Record(id op.ID) *pb.TxRecord {
	v := n.View()
	defer v.Release()
	return record(v, id)
}

// BlockTime is the time of the last block; of the genesis before the first.
func (n *Node) BlockTime() time.Time {
	if t := n.app.shown.Load(); t != nil {
		return *t
	}
	if meta := n.comet.BlockStore().LoadBlockMeta(n.store.Height()); meta != nil {
		return meta.Header.Time
	}
	// A node that has just joined doesn't have the snapshot's block, but begins from
	// its time.
	st, err := n.env.StateStore.Load()
	if err != nil {
		n.app.log.Error("the time of the last block can't be read", "err", err)
	}
	return st.LastBlockTime
}

// HistoryEntry is one entry of an object's history.
type HistoryEntry struct {
	Height int64
	Index  uint32 // of the transaction in its block, where Ref names one
	Ref    *pb.HistoryRef
	Place  []byte // where to go on from, to begin with this entry
}

// History returns an object's history, newest first, at most size entries, from
// a place on; the newest where it is empty.
func (n *Node) History(v *state.View, id string, place []byte, size int) (out []HistoryEntry) {
	prefix := historyPrefix(nil, id)
	from := append(bytes.Clone(prefix), place...)
	first := kept(v)
	v.ScanLocal(prefix, from, func(key, value []byte) bool {
		at := bytes.Clone(key[len(prefix):])
		if len(at) == 12 {
			height, index := historyPlace(key)
			if height < first {
				return false // what is older is being forgotten
			}
			e := HistoryEntry{Height: height, Index: index - 1, Place: at}
			if e.Ref = historyRef(v, e.Height, e.Index, value); e.Ref != nil {
				out = append(out, e)
			}
		}
		return len(out) < size
	})
	return out
}

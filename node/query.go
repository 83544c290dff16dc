package node

import (
	"bytes"
	"encoding/binary"
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

// BlockTime is the time of the last block.
func (n *Node) BlockTime() time.Time {
	if t := n.app.last.Load(); t != nil {
		return *t
	}
	if meta := n.comet.BlockStore().LoadBlockMeta(n.store.Height()); meta != nil {
		return meta.Header.Time
	}
	return time.Time{}
}

// HistoryEntry is one entry of an object's history.
type HistoryEntry struct {
	Height int64
	Ref    *pb.HistoryRef
}

// History returns an object's history, newest first, at most size entries, from
// where a token of an earlier call says; and the token for more, nil at the end.
func (n *Node) History(v *state.View, id string, token []byte, size int) (out []HistoryEntry, next []byte) {
	prefix := historyPrefix(id)
	from := append(bytes.Clone(prefix), token...)
	v.ScanLocal(prefix, from, func(key, value []byte) bool {
		at := key[len(prefix):]
		if len(out) == size {
			next = bytes.Clone(at)
			return false
		}
		var ref pb.HistoryRef
		if err := ref.UnmarshalVT(value); err == nil && len(at) == 12 {
			out = append(out, HistoryEntry{Height: int64(^binary.BigEndian.Uint64(at)), Ref: &ref})
		}
		return true
	})
	return out, next
}

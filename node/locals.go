package node

import (
	"encoding/binary"
	"encoding/hex"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// What a node keeps beside the state, to answer questions about the past.
const (
	localTx      = 't' // transaction id -> pb.TxRecord
	localHistory = 'h' // object's id, 0, inverted position -> pb.HistoryRef
)

func txKey(id []byte) []byte { return append([]byte{localTx}, id...) }

// historyPrefix is where an object's history begins. Newest comes first, so
// positions are inverted.
func historyPrefix(id string) []byte {
	return append(append([]byte{localHistory}, id...), 0)
}

func historyKey(id string, height int64, index uint32) []byte {
	b := historyPrefix(id)
	b = binary.BigEndian.AppendUint64(b, ^uint64(height))
	return binary.BigEndian.AppendUint32(b, ^index)
}

// locals makes a block's transaction records and history.
func (a *app) locals(d *decided) []state.Local {
	at := timestamppb.New(d.time)
	out := make([]state.Local, 0, 4*len(d.txs)+4)
	x := d.done
	out = history(out, d, x.Changes[:x.Begin], &pb.HistoryRef{Time: at}, 0)
	from := x.Begin
	for i, t := range d.txs {
		res := x.Results[i]
		changes := x.Changes[from:x.Ends[i]]
		from = x.Ends[i]
		if t.err != nil || res.Code == uint32(pb.Code_REPEATED) {
			// It would stand under the id of a transaction that may be, or is,
			// in another block for good.
			continue
		}
		t.record = &pb.TxRecord{Height: d.height, Index: uint32(i), Time: at, Result: res,
			Id: hex.EncodeToString(t.tx.ID[:]), Party: t.tx.Body.Party}
		out = append(out, state.Local{Key: txKey(t.tx.ID[:]), Value: state.Encode(t.record)})
		if res.Code == 0 {
			ref := &pb.HistoryRef{Tx: t.tx.ID[:], Time: at, Party: t.record.Party, Ops: t.tx.Ops()}
			out = history(out, d, changes, ref, uint32(i)+1)
		}
	}
	return out
}

// history lists changes under the objects they belong to, once each.
func history(out []state.Local, d *decided, changes []state.Change, ref *pb.HistoryRef, index uint32) []state.Local {
	if len(changes) == 0 {
		return out
	}
	seen := make(map[string]bool, 8)
	var value []byte
	for _, c := range changes {
		for _, id := range c.History() {
			if id == "" || seen[id] {
				continue
			}
			seen[id] = true
			if value == nil {
				value = state.Encode(ref)
			}
			out = append(out, state.Local{Key: historyKey(id, d.height, index), Value: value})
		}
	}
	return out
}

// record reads a transaction's record; nil where this node has none.
func record(v *state.View, id op.ID) *pb.TxRecord {
	b, ok := v.Local(txKey(id[:]))
	if !ok {
		return nil
	}
	var r pb.TxRecord
	if err := r.UnmarshalVT(b); err != nil {
		return nil
	}
	return &r
}

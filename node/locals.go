package node

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"slices"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// What a node keeps beside the state, to answer questions about the past. A
// transaction costs one row that is written behind the one before, and for each
// question that leads to it an entry without a value: those land all over the
// store, so they are short.
const (
	localTx      = 't' // height, index -> pb.StoredTx
	localID      = 'i' // half a transaction's id -> height, index
	localHistory = 'h' // object's id, 0, inverted position -> nothing, or pb.HistoryRef
)

// position is where a transaction is: height and index.
func position(b []byte, height int64, index uint32) []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(b, uint64(height)), index)
}

// txKey appends a transaction's.
func txKey(b []byte, height int64, index uint32) []byte {
	return position(append(b, localTx), height, index)
}

// idKey appends the one that leads from an id.
func idKey(b []byte, id []byte) []byte { return append(append(b, localID), id[:16]...) }

// historyPrefix appends where an object's history begins. Newest comes first, so
// positions are inverted.
func historyPrefix(b []byte, id string) []byte {
	return append(append(append(b, localHistory), id...), 0)
}

// historyKey appends an entry's. The ledger's own work has the index 0, transactions
// follow it.
func historyKey(b []byte, id string, height int64, index uint32) []byte {
	return position(historyPrefix(b, id), ^height, ^index)
}

// localPlace undoes position.
func localPlace(b []byte) (height int64, index uint32) {
	return int64(binary.BigEndian.Uint64(b)), binary.BigEndian.Uint32(b[8:])
}

// historyPlace is where the entry of a key in a history stands: the index is one
// more than the transaction's, and 0 for the ledger's own work.
func historyPlace(key []byte) (height int64, index uint32) {
	at := key[len(key)-12:]
	return int64(^binary.BigEndian.Uint64(at)), ^binary.BigEndian.Uint32(at[8:])
}

// localHeight is the height that a row is about: of a transaction, its id, or a
// history.
func localHeight(key, value []byte) (height int64) {
	switch {
	case key[0] == localTx && len(key) == 13:
		height, _ = localPlace(key[1:])
	case key[0] == localID && len(value) == 12:
		height, _ = localPlace(value)
	case key[0] == localHistory && len(key) > 13:
		height, _ = historyPlace(key)
	}
	return height
}

// notes are a block's rows beside the state as they are made. The keys and short
// values lie one behind the other in memory.
type notes struct {
	height            int64
	mem               []byte
	txs, ids, history []state.Local
	seen              []string
}

// notesMem is how much memory is taken at once.
const notesMem = 64 << 10

// seenFew is how many objects are looked through one by one.
const seenFew = 16

// lay returns what add appended.
func (n *notes) lay(add func([]byte) []byte) []byte {
	if cap(n.mem)-len(n.mem) < 128 {
		n.mem = make([]byte, 0, notesMem)
	}
	at := len(n.mem)
	n.mem = add(n.mem)
	return n.mem[at:len(n.mem):len(n.mem)]
}

// locals makes a block's transaction records and history.
func (a *app) locals(d *decided) []state.Local {
	at := timestamppb.New(d.time)
	count := len(d.txs)
	n := &notes{height: d.height, txs: make([]state.Local, 0, count), ids: make([]state.Local, 0, count), history: make([]state.Local, 0, 2*count+4)}
	x := d.done
	n.list(x.Changes[:x.Begin], &pb.HistoryRef{Time: at}, 0)
	from := x.Begin
	for i, t := range d.txs {
		res := x.Results[i]
		changes := x.Changes[from:x.Ends[i]]
		from = x.Ends[i]
		if !d.keeps(i) {
			continue
		}
		s := &pb.StoredTx{Id: t.tx.ID[:], Party: t.tx.Body.Party, Time: at, Ops: t.tx.Ops(), Result: res}
		t.record = recordOf(s, d.height, uint32(i))
		index := uint32(i)
		n.txs = append(n.txs, state.Local{
			Key:   n.lay(func(b []byte) []byte { return txKey(b, n.height, index) }),
			Value: state.Encode(s)})
		n.ids = append(n.ids, state.Local{
			Key:   n.lay(func(b []byte) []byte { return idKey(b, s.Id) }),
			Value: n.lay(func(b []byte) []byte { return position(b, n.height, index) })})
		if res.Code == 0 {
			n.list(changes, nil, index+1)
		}
	}
	// In the order of the store, as ledger/state has its own.
	out := make([]state.Local, 0, len(n.history)+len(n.ids)+len(n.txs))
	out = appendSorted(out, n.history)
	out = appendSorted(out, n.ids)
	return append(out, n.txs...)
}

// list lists changes under the objects they belong to, once each. ref is what made
// them, nil for the transaction at the index before.
func (n *notes) list(changes []state.Change, ref *pb.HistoryRef, index uint32) {
	value := []byte{} // not nil, which would remove the row
	if ref != nil && len(changes) > 0 {
		value = state.Encode(ref)
	}
	// Most transactions touch few objects; for the others there is a set.
	n.seen = n.seen[:0]
	var many map[string]bool
	for _, c := range changes {
		for _, id := range c.History() {
			if id == "" || many[id] || many == nil && slices.Contains(n.seen, id) {
				continue
			}
			if many == nil && len(n.seen) == seenFew {
				many = make(map[string]bool, 4*seenFew)
				for _, had := range n.seen {
					many[had] = true
				}
			}
			if many != nil {
				many[id] = true
			} else {
				n.seen = append(n.seen, id)
			}
			key := n.lay(func(b []byte) []byte { return historyKey(b, id, n.height, index) })
			n.history = append(n.history, state.Local{Key: key, Value: value})
		}
	}
}

// appendSorted appends a list in the order of its keys. Their first byte is the same
// in all, and nearly always they differ in the eight after it.
func appendSorted(out, list []state.Local) []state.Local {
	type place struct {
		head uint64
		at   int
	}
	head := func(key []byte) uint64 {
		var b [8]byte
		copy(b[:], key[1:])
		return binary.BigEndian.Uint64(b[:])
	}
	order := make([]place, len(list))
	for i, l := range list {
		order[i] = place{head(l.Key), i}
	}
	slices.SortFunc(order, func(a, b place) int {
		if c := cmp.Compare(a.head, b.head); c != 0 {
			return c
		}
		return bytes.Compare(list[a.at].Key, list[b.at].Key)
	})
	for _, p := range order {
		out = append(out, list[p.at])
	}
	return out
}

// historyRef is what a history entry says.
func historyRef(v *state.View, height int64, index uint32, value []byte) *pb.HistoryRef {
	if len(value) > 0 {
		var ref pb.HistoryRef
		if err := ref.UnmarshalVT(value); err != nil {
			return nil
		}
		return &ref
	}
	s := stored(v, height, index)
	if s == nil {
		return nil
	}
	return &pb.HistoryRef{Tx: s.Id, Time: s.Time, Party: s.Party, Ops: s.Ops}
}

// stored reads what is kept of a transaction; nil where that is nothing.
func stored(v *state.View, height int64, index uint32) *pb.StoredTx {
	b, ok := v.Local(txKey(nil, height, index))
	if !ok {
		return nil
	}
	var s pb.StoredTx
	if err := s.UnmarshalVT(b); err != nil {
		return nil
	}
	return &s
}

// record finds a transaction's record; nil where this node has none.
func record(v *state.View, id op.ID) *pb.TxRecord {
	at, ok := v.Local(idKey(nil, id[:]))
	if !ok || len(at) != 12 {
		return nil
	}
	height, index := localPlace(at)
	s := stored(v, height, index)
	if s == nil || !bytes.Equal(s.Id, id[:]) {
		return nil
	}
	return recordOf(s, height, index)
}

func recordOf(s *pb.StoredTx, height int64, index uint32) *pb.TxRecord {
	return &pb.TxRecord{Id: hex.EncodeToString(s.Id), Height: height, Index: index, Time: s.Time, Result: s.Result, Party: s.Party}
}

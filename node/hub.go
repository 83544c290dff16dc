package node

import (
	"encoding/hex"
	"sync"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

// hub tells those who wait what became of their transactions, and those who
// watch what changed.
type hub struct {
	// mu guards both maps; it is held while answers are handed out, and a
	// channel always has room for its answer.
	mu       sync.Mutex
	waiting  map[op.ID][]chan<- *pb.TxRecord
	watchers map[*Watcher]struct{}
}

func newHub() *hub {
	return &hub{waiting: make(map[op.ID][]chan<- *pb.TxRecord), watchers: make(map[*Watcher]struct{})}
}

// wait asks for a transaction's record. ch must have room for one.
func (h *hub) wait(id op.ID, ch chan<- *pb.TxRecord) {
	h.mu.Lock()
	h.waiting[id] = append(h.waiting[id], ch)
	h.mu.Unlock()
}

// forget takes back what wait asked for.
func (h *hub) forget(id op.ID, ch chan<- *pb.TxRecord) {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := h.waiting[id]
	for i, c := range list {
		if c == ch {
			list = append(list[:i], list[i+1:]...)
			break
		}
	}
	if len(list) == 0 {
		delete(h.waiting, id)
	} else {
		h.waiting[id] = list
	}
}

func (h *hub) answer(id op.ID, r *pb.TxRecord) {
	for _, ch := range h.waiting[id] {
		ch <- r
	}
	delete(h.waiting, id)
}

// refuse answers for a transaction that no block will have.
func (h *hub) refuse(t *op.Tx, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answer(t.ID, refusal(t, err))
}

func refusal(t *op.Tx, err error) *pb.TxRecord {
	r := &pb.TxRecord{Result: &pb.TxResult{Code: uint32(op.CodeOf(err)), Message: err.Error()}}
	if t != nil {
		r.Id, r.Party = hex.EncodeToString(t.ID[:]), t.Body.Party
	}
	return r
}

// committed answers for a block's transactions and tells the watchers.
func (h *hub) committed(d *decided) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, t := range d.txs {
		if t.tx != nil {
			h.answer(t.tx.ID, t.record)
		}
	}
	if len(h.watchers) == 0 {
		return
	}
	b := &BlockChanges{Height: d.height, Time: timestamppb.New(d.time), Changes: d.done.Changes}
	for w := range h.watchers {
		select {
		case w.ch <- b:
		default:
			// Too slow: it is told that it missed something, and starts anew.
			delete(h.watchers, w)
			close(w.ch)
		}
	}
}

// BlockChanges is what a block changed.
type BlockChanges struct {
	Height  int64
	Time    *timestamppb.Timestamp
	Changes []state.Change
}

// Watcher receives what every block changed.
type Watcher struct {
	hub *hub
	ch  chan *BlockChanges
}

// watchBuffer is how many blocks a watcher may lag behind.
const watchBuffer = 256

// Blocks is where the blocks come from. It is closed when the watcher was too
// slow, or was stopped.
func (w *Watcher) Blocks() <-chan *BlockChanges { return w.ch }

// Stop ends watching.
func (w *Watcher) Stop() {
	w.hub.mu.Lock()
	defer w.hub.mu.Unlock()
	if _, ok := w.hub.watchers[w]; ok {
		delete(w.hub.watchers, w)
		close(w.ch)
	}
}

func (h *hub) watch() *Watcher {
	w := &Watcher{hub: h, ch: make(chan *BlockChanges, watchBuffer)}
	h.mu.Lock()
	h.watchers[w] = struct{}{}
	h.mu.Unlock()
	return w
}

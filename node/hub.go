package node

import (
	"bytes"
	"encoding/hex"
	"slices"
	"sync"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

// hub tells those who wait what became of their transactions, and those who
// watch what changed.
type hub struct {
	// mu guards everything; it is held while answers are handed out, which never
	// blocks.
	mu       sync.Mutex
	closed   bool
	waiting  map[op.ID][]*waiter
	watchers map[*Watcher]struct{}
	recent   recent
}

func newHub() *hub {
	return &hub{waiting: make(map[op.ID][]*waiter), watchers: make(map[*Watcher]struct{})}
}

// size is how many watch, and how many transactions are waited for.
func (h *hub) size() (watchers, waiting int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.watchers), len(h.waiting)
}

// waiter is one transaction somebody asked about.
type waiter struct {
	ch  chan *pb.TxRecord // has room for one
	raw []byte
	tx  *op.Tx
}

// answer hands in an answer, where there is none yet.
func (w *waiter) answer(r *pb.TxRecord) {
	select {
	case w.ch <- r:
	default:
	}
}

// wait asks for a transaction's record. It says false when the node stops and no
// answer will come.
func (h *hub) wait(w *waiter) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closed {
		h.waiting[w.tx.ID] = append(h.waiting[w.tx.ID], w)
	}
	return !h.closed
}

// forget takes back what wait asked for.
func (h *hub) forget(w *waiter) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.keep(w.tx.ID, func(x *waiter) bool { return x != w })
}

// keep goes on waiting for those that fn wants to.
func (h *hub) keep(id op.ID, fn func(*waiter) bool) {
	list := slices.DeleteFunc(h.waiting[id], func(w *waiter) bool { return !fn(w) })
	if len(list) == 0 {
		delete(h.waiting, id)
	} else {
		h.waiting[id] = list
	}
}

// tell answers everybody who waits for a transaction.
func (h *hub) tell(id op.ID, r *pb.TxRecord) {
	h.keep(id, func(w *waiter) bool { w.answer(r); return false })
}

// refuse answers those who handed in these very bytes. Others may have signed
// the same body, and better.
func (h *hub) refuse(raw []byte, t *op.Tx, r *pb.TxRecord) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.keep(t.ID, func(w *waiter) bool {
		same := bytes.Equal(w.raw, raw)
		if same {
			w.answer(r)
		}
		return !same
	})
}

// close answers everybody and ends all watching: no block comes any more.
func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for id := range h.waiting {
		r := refusal(nil, errStopped)
		r.Id = hex.EncodeToString(id[:])
		h.tell(id, r)
	}
	for w := range h.watchers {
		h.leave(w)
	}
}

var errStopped = op.Errorf(pb.Code_TIMED_OUT, "the node stopped before the transaction was final; it may still become so: submit it again later, or get it by its id")

func refusal(t *op.Tx, err error) *pb.TxRecord {
	r := &pb.TxRecord{Result: &pb.TxResult{Code: uint32(op.CodeOf(err)), Message: err.Error()}}
	if t != nil {
		r.Id, r.Party = hex.EncodeToString(t.ID[:]), t.Body.Party
	}
	return r
}

// committed answers for a block's transactions and tells the watchers.
func (h *hub) committed(d *decided) {
	b := newBlockChanges(d.height, timestamppb.New(d.time), d.done.Changes)
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, t := range d.txs {
		if t.record != nil {
			h.tell(t.tx.ID, t.record)
		}
	}
	h.tellWatchers(b)
}

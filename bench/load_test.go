package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"testing"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/gen/pb/pbconnect"
)

// orderLedger knows transactions that are numbers, and refuses one whose predecessor
// is not final.
type orderLedger struct {
	pbconnect.LedgerClient
	after int

	mu    sync.Mutex
	final map[int]bool
}

func (l *orderLedger) Submit(_ context.Context, r *connect.Request[pb.SubmitRequest]) (*connect.Response[pb.SubmitResponse], error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	res := &pb.SubmitResponse{}
	for _, raw := range r.Msg.Txs {
		if n := int(binary.BigEndian.Uint32(raw)); n >= l.after && !l.final[n-l.after] {
			return nil, fmt.Errorf("%d came before %d was final", n, n-l.after)
		}
		res.Txs = append(res.Txs, &pb.TxRecord{Height: 1, Result: &pb.TxResult{}})
	}
	for _, raw := range r.Msg.Txs {
		n := int(binary.BigEndian.Uint32(raw))
		if l.final[n] {
			return nil, fmt.Errorf("%d came twice", n)
		}
		l.final[n] = true
	}
	return connect.NewResponse(res), nil
}

// TestLoadWaits: every transaction is handed in once, and after the one that it acts
// on, whether requests and distances fit each other or not.
func TestLoadWaits(t *testing.T) {
	const n = 1000
	txs := make([][]byte, n)
	for i := range txs {
		txs[i] = binary.BigEndian.AppendUint32(nil, uint32(i))
	}
	for _, after := range []int{1, 7, 100, 333, 999, 1000} {
		for _, perRequest := range []int{1, 10, 64, 2000} {
			l := &orderLedger{after: after, final: map[int]bool{}}
			if _, err := load(t.Context(), l, txs, perRequest, 16, after); err != nil || len(l.final) != n {
				t.Errorf("%d a request, %d after: %d final, %v", perRequest, after, len(l.final), err)
			}
		}
	}
	// And where it doesn't wait, this ledger says so.
	l := &orderLedger{after: 1, final: map[int]bool{}}
	if _, err := load(t.Context(), l, txs, 10, 1, 0); err == nil {
		t.Error("nothing was waited for, and nothing refused")
	}
}

// TestLoadEnds: the first error ends a load, also for those who wait for what was
// refused.
func TestLoadEnds(t *testing.T) {
	l := slowLedger{code: pb.Code_INSUFFICIENT}
	if _, err := load(t.Context(), l, make([][]byte, 300), 10, 16, 100); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("refused: %v", err)
	}
}

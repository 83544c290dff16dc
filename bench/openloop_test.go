package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/gen/pb/pbconnect"
)

// slowLedger answers every request after a while, with one code.
type slowLedger struct {
	pbconnect.LedgerClient
	after time.Duration
	code  pb.Code
}

func (l slowLedger) Submit(_ context.Context, r *connect.Request[pb.SubmitRequest]) (*connect.Response[pb.SubmitResponse], error) {
	time.Sleep(l.after)
	res := &pb.SubmitResponse{}
	for range r.Msg.Txs {
		x := &pb.TxRecord{Result: &pb.TxResult{Code: uint32(l.code)}}
		if l.code == 0 {
			x.Height = 1
		}
		res.Txs = append(res.Txs, x)
	}
	return connect.NewResponse(res), nil
}

// TestOpenLoop: half a second at 1,000 a second, and what becomes of them where
// the ledger is quick, too slow, full, and of another mind.
func TestOpenLoop(t *testing.T) {
	within := func(limit time.Duration, l slowLedger) (openRun, error) {
		return openLoop(t.Context(), []pbconnect.LedgerClient{l, l}, make([][]byte, 500), 1000, limit)
	}
	run := func(l slowLedger) (openRun, error) { return within(50*time.Millisecond, l) }
	quick, err := within(10*time.Second, slowLedger{})
	if err != nil || len(quick.took) != 500 || quick.final != 500 || quick.achieved() > 1000 {
		t.Errorf("quick: %d sent, %d final, %.0f a second, %v", len(quick.took), quick.final, quick.achieved(), err)
	}
	slow, err := run(slowLedger{after: 150 * time.Millisecond})
	if err != nil || len(slow.took) > 450 || slow.final != len(slow.took) || slow.late() != 1 || slow.took[0] != 50*time.Millisecond {
		t.Errorf("slow: %d sent, %d final, %.2f late, %v", len(slow.took), slow.final, slow.late(), err)
	}
	full, err := run(slowLedger{code: pb.Code_BUSY})
	if err != nil || len(full.took) > 450 || full.final != 0 || full.late() != 1 || full.achieved() != 0 {
		t.Errorf("full: %d sent, %d final, %.2f late, %v", len(full.took), full.final, full.late(), err)
	}
	if _, err := run(slowLedger{code: pb.Code_INSUFFICIENT}); err == nil || !strings.Contains(err.Error(), "INSUFFICIENT") {
		t.Errorf("refused: %v", err)
	}
}

func TestLatencyCell(t *testing.T) {
	for want, s := range map[string]Spread{
		"1.0 (0.5 to 2.0)":             {1, 0.5, 2, 5},
		"1.0 (0.5 to over 5000)":       {1, 0.5, 5000, 5},
		"over 5000":                    {5000, 5000, 5000, 5},
		"over 5000 (1.0 to over 5000)": {5000, 1, 5000, 5},
	} {
		if got := latencyCell(s); got != want {
			t.Errorf("%v: %q, not %q", s, got, want)
		}
	}
}

package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/gen/pb/pbconnect"
)

// load hands transactions in, in their order, so many a request and so many requests
// at a time, and returns how long it took until all were final. Where after isn't 0,
// a request waits until those that stand so many transactions before its own are
// final. A refused transaction is an error: what is measured is what succeeds.
func load(ctx context.Context, api pbconnect.LedgerClient, txs [][]byte, perRequest, requests, after int) (time.Duration, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if after > 0 {
		perRequest = min(perRequest, after) // or a request would wait for itself
	}
	done := make([]chan struct{}, (len(txs)+perRequest-1)/perRequest)
	for i := range done {
		done[i] = make(chan struct{})
	}
	one := func(i int) error {
		lo, hi := i*perRequest, min((i+1)*perRequest, len(txs))
		if after > 0 {
			for k := max(lo-after, 0) / perRequest; k*perRequest < hi-after; k++ {
				select {
				case <-done[k]:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
		}
		if err := submit(ctx, api, txs[lo:hi]); err != nil {
			return err
		}
		close(done[i])
		return nil
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	begin := time.Now()
	for range requests {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(done) || ctx.Err() != nil {
					return
				}
				if err := one(i); err != nil {
					cancel(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return time.Since(begin), context.Cause(ctx)
}

// submit hands in one request's transactions and waits until all are final.
func submit(ctx context.Context, api pbconnect.LedgerClient, txs [][]byte) error {
	records, err := answers(ctx, api, txs)
	if err != nil {
		return err
	}
	for _, r := range records {
		if !final(r) {
			return refused(r)
		}
	}
	return nil
}

// answers hands in one request's transactions and returns what became of each
// within a minute.
func answers(ctx context.Context, api pbconnect.LedgerClient, txs [][]byte) ([]*pb.TxRecord, error) {
	res, err := api.Submit(ctx, connect.NewRequest(&pb.SubmitRequest{Txs: txs, Timeout: durationpb.New(time.Minute)}))
	if err != nil {
		return nil, err
	}
	return res.Msg.Txs, nil
}

func final(r *pb.TxRecord) bool { return r.Result.Code == 0 && r.Height > 0 }

func refused(r *pb.TxRecord) error {
	return fmt.Errorf("transaction %s of %s was refused: %s (%s)", r.Id, r.Party, r.Result.Message, pb.Code(r.Result.Code))
}

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

// load hands transactions in, so many a request and so many requests at a time,
// and returns how long it took until all were final. seen, where not nil, gets
// each record. A refused transaction is an error: what is measured is what
// succeeds.
func load(ctx context.Context, api pbconnect.LedgerClient, txs [][]byte, perRequest, requests int, seen func(i int, r *pb.TxRecord)) (time.Duration, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var wg sync.WaitGroup
	begin := time.Now()
	for range requests {
		wg.Go(func() {
			for {
				hi := int(next.Add(int64(perRequest)))
				lo := hi - perRequest
				if lo >= len(txs) || ctx.Err() != nil {
					return
				}
				part := txs[lo:min(hi, len(txs))]
				records, err := submit(ctx, api, part)
				if err != nil {
					cancel(err)
					return
				}
				for i, r := range records {
					if seen != nil {
						seen(lo+i, r)
					}
				}
			}
		})
	}
	wg.Wait()
	return time.Since(begin), context.Cause(ctx)
}

// submit hands in one request's transactions and waits until all are final.
func submit(ctx context.Context, api pbconnect.LedgerClient, txs [][]byte) ([]*pb.TxRecord, error) {
	records, err := answers(ctx, api, txs)
	if err != nil {
		return nil, err
	}
	for _, r := range records {
		if !final(r) {
			return nil, refused(r)
		}
	}
	return records, nil
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

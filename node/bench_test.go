package node

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/troth-ledger/troth/gen/pb"
)

// BenchmarkTransfers finalises transfers on a node alone on its chain: one
// operation and one signature each, of 10,000 parties in turn, handed in by
// four clients in batches of 1,000, durable. Signing is not counted.
//
//	go test -run '^$' -bench Transfers -benchtime 100000x ./node
func BenchmarkTransfers(b *testing.B) {
	const people, batch, clients = 10_000, 1000, 4
	w := newWorld(b, people, func(_ *Config, g *pb.Genesis) { g.Params.QuotaBurst = 1_000_000_000 })
	w.mint(1_000_000_000)
	txs := make([][]byte, b.N)
	var wg sync.WaitGroup
	for c := range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := c; i < len(txs); i += runtime.GOMAXPROCS(0) {
				txs[i] = w.pay(i%people, 1)
			}
		})
	}
	wg.Wait()
	runtime.GC()
	var next, refused atomic.Int64
	height := w.BlockHeight()
	b.ResetTimer()
	for range clients {
		wg.Go(func() {
			for {
				hi := int(next.Add(batch))
				lo := hi - batch
				if lo >= len(txs) {
					return
				}
				ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
				for _, r := range w.Submit(ctx, txs[lo:min(hi, len(txs))], true) {
					if r.Height == 0 || r.Result.Code != 0 {
						refused.Add(1)
					}
				}
				cancel()
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	if n := refused.Load(); n > 0 {
		b.Fatalf("%d refused", n)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tx/s")
	b.ReportMetric(float64(b.N)/float64(w.BlockHeight()-height), "tx/block")
}

// BenchmarkLatency is one transfer at a time, from submit to final.
func BenchmarkLatency(b *testing.B) {
	w := newWorld(b, 100, func(_ *Config, g *pb.Genesis) { g.Params.QuotaBurst = 1_000_000_000 })
	w.mint(1_000_000_000)
	txs := make([][]byte, b.N)
	for i := range txs {
		txs[i] = w.pay(i%100, 1)
	}
	b.ResetTimer()
	for _, tx := range txs {
		w.must(tx)
	}
}

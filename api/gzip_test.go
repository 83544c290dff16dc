package api

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"testing"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
)

type compressor interface {
	io.WriteCloser
	Reset(io.Writer)
}

// BenchmarkGzip compresses the records of 1,000 transactions, as answers are and by
// the standard library, at its fastest level and at the usual one.
func BenchmarkGzip(b *testing.B) {
	const records = 1000
	answer := &pb.SubmitResponse{}
	for i := range records {
		id := sha256.Sum256(fmt.Append(nil, i))
		answer.Txs = append(answer.Txs, &pb.TxRecord{Id: hex.EncodeToString(id[:]), Height: 123, Index: uint32(i),
			Time: timestamppb.Now(), Party: "p_" + hex.EncodeToString(id[16:29]), Result: &pb.TxResult{}})
	}
	raw, err := answer.MarshalVT()
	if err != nil {
		b.Fatal(err)
	}
	var out bytes.Buffer
	standard := func(level int) compressor {
		w, err := gzip.NewWriterLevel(&out, level)
		if err != nil {
			b.Fatal(err)
		}
		return w
	}
	for name, w := range map[string]compressor{"ours": fastGzip(), "fastest": standard(gzip.BestSpeed), "usual": standard(gzip.DefaultCompression)} {
		b.Run(name, func(b *testing.B) {
			n := 0
			for b.Loop() {
				out.Reset()
				w.Reset(&out)
				if _, err := w.Write(raw); err != nil {
					b.Fatal(err)
				}
				if err := w.Close(); err != nil {
					b.Fatal(err)
				}
				n++
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n*records), "ns/record")
			b.ReportMetric(float64(out.Len())/float64(len(raw)), "of-size")
		})
	}
}

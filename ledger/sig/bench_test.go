package sig

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/oasisprotocol/curve25519-voi/curve"
	"github.com/oasisprotocol/curve25519-voi/primitives/ed25519"
)

func benchItems(b *testing.B, scheme Scheme, n int) []item {
	items := make([]item, n)
	for i := range items {
		items[i] = signedItem(b, scheme, fmt.Appendf(nil, "%0200d", i))
	}
	return items
}

func perSignature(b *testing.B, n int) {
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/sig")
}

func BenchmarkVerify(b *testing.B) {
	for _, scheme := range []Scheme{Ed25519, P256, WebAuthn} {
		b.Run(scheme.String(), func(b *testing.B) {
			it := benchItems(b, scheme, 1)[0]
			b.ReportAllocs()
			for b.Loop() {
				if err := it.verify(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkBatch(b *testing.B) {
	for _, scheme := range []Scheme{Ed25519, P256, WebAuthn} {
		for _, n := range []int{1, 16, 64, 1024} {
			b.Run(fmt.Sprintf("%s/%d", scheme, n), func(b *testing.B) {
				benchBatch(b, nil, benchItems(b, scheme, n))
			})
		}
	}
	for _, n := range []int{1, 16, 64, 1024} {
		b.Run(fmt.Sprintf("ed25519-known-keys/%d", n), func(b *testing.B) {
			benchBatch(b, NewKeyCache(5000), benchItems(b, Ed25519, n))
		})
	}
	// The worst for a cache: every key is seen once and forgotten.
	b.Run("ed25519-new-keys/1024", func(b *testing.B) {
		benchBatch(b, NewKeyCache(200), benchItems(b, Ed25519, 1024))
	})
}

// BenchmarkKeyCache finds keys among a million, in an order that no cache of the
// processor's foresees.
func BenchmarkKeyCache(b *testing.B) {
	const keys = 1 << 20
	c := NewKeyCache(keys)
	var p curve.EdwardsPoint
	key := func(i int) []byte {
		h := sha256.Sum256(binary.LittleEndian.AppendUint64(nil, uint64(i)))
		return h[:]
	}
	all := make([][]byte, keys)
	for i := range all {
		all[i] = key(i)
		c.keep(all[i], curve.ED25519_BASEPOINT_POINT)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if !c.lookup(all[i%keys], &p) {
			b.Fatal("a key is gone")
		}
		i += 7919
	}
}

func benchBatch(b *testing.B, keys *KeyCache, items []item) {
	batch := Batch{Keys: keys}
	b.ReportAllocs()
	for b.Loop() {
		batch.Reset()
		for _, it := range items {
			batch.Add(it.scheme, it.key, it.message, it.signature, it.assertion)
		}
		for _, err := range batch.Verify() {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	perSignature(b, len(items))
}

// BenchmarkBatchOneBad is what one bad signature in the batch costs.
func BenchmarkBatchOneBad(b *testing.B) {
	for _, n := range []int{64, 1024} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			items := benchItems(b, Ed25519, n)
			items[n/2].signature[40] ^= 1
			var batch Batch
			for b.Loop() {
				batch.Reset()
				for _, it := range items {
					batch.Add(it.scheme, it.key, it.message, it.signature, it.assertion)
				}
				batch.Verify()
			}
			perSignature(b, n)
		})
	}
}

// BenchmarkBatchSize is what BatchSize was chosen by: the cost of a signature in
// the library's own batches, whose equation is the same, at each size: with keys
// decoded each time, and with keys expanded beforehand.
func BenchmarkBatchSize(b *testing.B) {
	for _, n := range []int{8, 16, 32, 64, 90, 128, 192, 256, 512, 1024, 2048} {
		items := benchItems(b, Ed25519, n)
		expanded := make([]*ed25519.ExpandedPublicKey, n)
		for i, it := range items {
			expanded[i], _ = ed25519.NewExpandedPublicKey(it.key)
		}
		for name, add := range map[string]func(*ed25519.BatchVerifier, int){
			"auto": func(v *ed25519.BatchVerifier, i int) {
				v.AddWithOptions(items[i].key, items[i].message, items[i].signature, zip215)
			},
			"cached": func(v *ed25519.BatchVerifier, i int) {
				v.AddExpandedWithOptions(expanded[i], items[i].message, items[i].signature, zip215)
			},
			"unexpanded": func(v *ed25519.BatchVerifier, i int) {
				v.ForceNoPublicKeyExpansion()
				v.AddWithOptions(items[i].key, items[i].message, items[i].signature, zip215)
			},
		} {
			b.Run(fmt.Sprintf("%d/%s", n, name), func(b *testing.B) {
				for b.Loop() {
					v := ed25519.NewBatchVerifier()
					for i := range items {
						add(v, i)
					}
					if ok, _ := v.Verify(nil); !ok {
						b.Fatal("bad")
					}
				}
				perSignature(b, n)
			})
		}
	}
}

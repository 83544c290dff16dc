package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"sync/atomic"
	"time"

	voi "github.com/oasisprotocol/curve25519-voi/primitives/ed25519"
)

// signatureSubjects are the physical limit: verification and nothing else, on all
// cores, each signature of a key of its own.
func signatureSubjects() []subject {
	one := func(id, name, what string, verify func(n int) (func() error, error)) subject {
		return subject{id, name, "ops/s", what, func(_ context.Context, b *bench) (runner, error) {
			work, err := verify(b.size.Signatures)
			return once(func(context.Context) (Sample, error) {
				before, begin := ownCPU(), time.Now()
				err := work()
				return Sample{Ops: b.size.Signatures, Seconds: time.Since(begin).Seconds(), CPU: ownCPU() - before}, err
			}), err
		}}
	}
	return []subject{
		one("ed25519-batch", "Ed25519, batches of 1,024", "signatures verified on all cores, nothing else", ed25519Batch),
		one("ed25519", "Ed25519, one by one", "the same library without batches", ed25519Single),
		one("p256", "P-256, one by one", "what passkeys sign with; the standard library", p256),
	}
}

var errVerify = errors.New("a good signature did not verify")

func ed25519Batch(n int) (func() error, error) {
	txs := ceilingTxs(n, true)
	return func() error { return verifyAll(txs) }, nil
}

func ed25519Single(n int) (func() error, error) {
	txs := ceilingTxs(n, true)
	zip215 := &voi.Options{Verify: voi.VerifyOptionsZIP_215}
	return verifier(n, func(i int) bool {
		return voi.VerifyWithOptions(voi.PublicKey(txs[i][:32]), txs[i][96:], txs[i][32:96], zip215)
	}), nil
}

func p256(n int) (func() error, error) {
	keys, digests, signatures, errs := make([]*ecdsa.PrivateKey, n), make([][32]byte, n), make([][]byte, n), make([]error, n)
	onAllCores(n, func(i int) {
		if keys[i], errs[i] = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); errs[i] == nil {
			digests[i] = sha256.Sum256([]byte{byte(i), byte(i >> 8), byte(i >> 16)})
			signatures[i], errs[i] = ecdsa.SignASN1(rand.Reader, keys[i], digests[i][:])
		}
	})
	return verifier(n, func(i int) bool { return ecdsa.VerifyASN1(&keys[i].PublicKey, digests[i][:], signatures[i]) }), errors.Join(errs...)
}

// verifier verifies n signatures on all cores.
func verifier(n int, good func(i int) bool) func() error {
	return func() error {
		var bad atomic.Bool
		onAllCores(n, func(i int) {
			if !good(i) {
				bad.Store(true)
			}
		})
		if bad.Load() {
			return errVerify
		}
		return nil
	}
}

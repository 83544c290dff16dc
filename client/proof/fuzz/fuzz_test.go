// Package fuzz_test fuzzes proof checking. It is a folder of its own because the
// fuzzer sends what each input covered of the whole program from process to
// process, and a program with a node in it has so much that little else is done.
package fuzz_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/troth-ledger/troth/client/proof"
	"github.com/troth-ledger/troth/gen/pb"
)

// FuzzVerify: no bundle makes Verify panic, and none proves anything but the one
// that was made. There is one validator: several signatures are checked
// together with random numbers, and what is covered would differ by chance.
func FuzzVerify(f *testing.F) {
	const dir = "../testdata"
	raw, err := os.ReadFile(filepath.Join(dir, "bundle.binpb"))
	if err != nil {
		f.Fatal(err)
	}
	var b pb.ProofBundle
	if err := b.UnmarshalVT(raw); err != nil {
		f.Fatal(err)
	}
	trust, err := proof.LoadTrust(filepath.Join(dir, "trust.json"))
	if err != nil {
		f.Fatal(err)
	}
	trust.Now = func() time.Time { return trust.At.Add(time.Minute) }
	key := proof.Holding("p_aaaaaaaaaaaaaaaaaaaaaaaaaa", "EUR@bank")
	if _, err := proof.Verify(&b, key, trust); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Value, b.Proof, b.SignedHeader, b.Validators)
	f.Add([]byte{}, b.Proof, b.SignedHeader, b.Validators)
	f.Add(b.Value, []byte{}, []byte{}, []byte{})
	f.Fuzz(func(t *testing.T, value, path, header, validators []byte) {
		m := &pb.ProofBundle{Key: b.Key, Value: value, Proof: path, SignedHeader: header, Validators: validators}
		_, _ = proof.FirstSeen(m)
		_, _ = trust.Step(m)
		r, err := proof.Verify(m, key, trust)
		if err == nil && (!bytes.Equal(value, b.Value) || r.Record.(*pb.Holding).Available != 7) {
			t.Fatalf("proven: %v", r.Record)
		}
		list := &pb.ProofBundle{Rows: []*pb.RowProof{{Key: b.Key, Value: value, Proof: path}}, SignedHeader: header, Validators: validators}
		l, err := proof.VerifyList(list, &pb.ListHoldingsRequest{}, trust)
		if err == nil && !bytes.Equal(value, b.Value) {
			t.Fatalf("proven: %v", l.Records)
		}
	})
}

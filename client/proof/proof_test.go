package proof_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"connectrpc.com/connect"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"google.golang.org/protobuf/proto"

	"github.com/troth-ledger/troth/client/proof"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/internal/testnode"
)

// read reads a holding with its proof from a node.
func read(t testing.TB, n *testnode.Node, party string) (*pb.ProofBundle, proof.Key) {
	t.Helper()
	res, err := n.API.GetHolding(context.Background(), connect.NewRequest(&pb.GetHoldingRequest{
		Party: party, Asset: testnode.EUR, Options: &pb.ReadOptions{Prove: true}}))
	if err != nil {
		t.Fatal(err)
	}
	return res.Msg.Read.Proof, proof.Holding(party, testnode.EUR)
}

// pinned is the trust that the node's own genesis gives.
func pinned(t testing.TB, n *testnode.Node) *proof.Trust {
	t.Helper()
	trust, err := proof.LoadTrust(filepath.Join(n.Home, "genesis.json"))
	if err != nil {
		t.Fatal(err)
	}
	return trust
}

func TestVerify(t *testing.T) {
	n := testnode.Start(t)
	trust := pinned(t, n)
	b, key := read(t, n, n.Ada.Party)
	r, err := proof.Verify(b, key, trust)
	if err != nil {
		t.Fatal(err)
	}
	if h, ok := r.Record.(*pb.Holding); !ok || h.Available != testnode.Funds || h.Party != n.Ada.Party {
		t.Errorf("the record is %v", r.Record)
	}
	if r.Signed != 1 || r.Validators != 1 || r.SignedPower != r.Power || r.ChainID != n.ChainID || r.Height < 1 {
		t.Errorf("result %+v", r)
	}
	t.Logf("a bundle has %d bytes, of them proof %d, header %d, validators %d", proto.Size(b), len(b.Proof), len(b.SignedHeader), len(b.Validators))
	if size := proto.Size(b); size > 8<<10 {
		t.Errorf("the bundle has %d bytes, above its budget of 8 KiB", size)
	}

	nobody := "p_aaaaaaaaaaaaaaaaaaaaaaaaaa"
	gone, goneKey := read(t, n, nobody)
	if r, err := proof.Verify(gone, goneKey, trust); err != nil || r.Record != nil {
		t.Errorf("absence: %v, %v", r, err)
	}
	seen, err := proof.FirstSeen(b)
	if err != nil || !bytes.Equal(seen.ValidatorsHash, trust.ValidatorsHash) {
		t.Errorf("first seen: %v, %v", seen, err)
	}
	if later, err := trust.Step(b); err != nil || !later.At.After(trust.At) {
		t.Errorf("stepping to the same validators: %v, %v", later, err)
	}
	refusals(t, b, gone, key, goneKey, trust)
	roundTrip(t, seen, b, key)
	mutations(t, b, key, trust)
	mutations(t, gone, goneKey, trust)
}

// refusals are forgeries, each with its own error.
func refusals(t *testing.T, b, gone *pb.ProofBundle, key, goneKey proof.Key, trust *proof.Trust) {
	other := *trust
	other.ChainID = "another-chain"
	strangers := *trust
	strangers.ValidatorsHash = bytes.Repeat([]byte{7}, 32)
	fresh, early := *trust, *trust
	fresh.MaxAge, fresh.Now = time.Minute, func() time.Time { return time.Now().Add(time.Hour) }
	early.Now = func() time.Time { return time.Now().Add(-time.Hour) }
	forged := b.CloneVT()
	richer := &pb.Holding{Party: "p_x", Asset: testnode.EUR, Available: 1 << 40}
	forged.Value, _ = richer.MarshalVT()
	hidden := b.CloneVT()
	hidden.Value = nil
	made := gone.CloneVT()
	made.Value = b.Value
	unsigned := b.CloneVT()
	var h cmtproto.SignedHeader
	if err := h.Unmarshal(b.SignedHeader); err != nil {
		t.Fatal(err)
	}
	h.Commit.Signatures[0] = cmtproto.CommitSig{BlockIdFlag: cmtproto.BlockIDFlagAbsent}
	unsigned.SignedHeader, _ = h.Marshal()
	for _, c := range []struct {
		name  string
		b     *pb.ProofBundle
		key   proof.Key
		trust *proof.Trust
		want  error
	}{
		{"a forged value", forged, key, trust, proof.ErrValue},
		{"a hidden value", hidden, key, trust, proof.ErrMalformed},
		{"a value where there is none", made, goneKey, trust, proof.ErrMalformed},
		{"another record", b, goneKey, trust, proof.ErrOtherRecord},
		{"no record", b, proof.Key{}, trust, proof.ErrOtherRecord},
		{"another chain", b, key, &other, proof.ErrOtherChain},
		{"strangers for validators", b, key, &strangers, proof.ErrValidators},
		{"no signature", unsigned, key, trust, proof.ErrSignatures},
		{"a stale header", b, key, &fresh, proof.ErrStale},
		{"a header of the future", b, key, &early, proof.ErrStale},
		{"no bundle", nil, key, trust, proof.ErrMalformed},
		{"an empty bundle", &pb.ProofBundle{}, key, trust, proof.ErrMalformed},
	} {
		if r, err := proof.Verify(c.b, c.key, c.trust); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, %v; want %v", c.name, r, err, c.want)
		}
	}
}

// roundTrip: trust that went through a file is the same trust.
func roundTrip(t *testing.T, trust *proof.Trust, b *pb.ProofBundle, key proof.Key) {
	text, err := json.Marshal(trust)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "trust.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := proof.LoadTrust(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := proof.Verify(b, key, again); err != nil {
		t.Error(err)
	}
}

// mutations flips every bit of every part. A changed bundle is refused; only
// what nobody signs, the proposer's priorities, may change, and then the result
// is the same.
func mutations(t *testing.T, b *pb.ProofBundle, key proof.Key, trust *proof.Trust) {
	want, err := proof.Verify(b, key, trust)
	if err != nil {
		t.Fatal(err)
	}
	for name, part := range map[string]func(*pb.ProofBundle) []byte{
		"key":           func(b *pb.ProofBundle) []byte { return b.Key },
		"value":         func(b *pb.ProofBundle) []byte { return b.Value },
		"proof":         func(b *pb.ProofBundle) []byte { return b.Proof },
		"signed header": func(b *pb.ProofBundle) []byte { return b.SignedHeader },
		"validators":    func(b *pb.ProofBundle) []byte { return b.Validators },
	} {
		accepted := 0
		for i := range part(b) {
			for bit := range 8 {
				m := b.CloneVT()
				part(m)[i] ^= 1 << bit
				r, err := proof.Verify(m, key, trust)
				if err != nil {
					continue
				}
				accepted++
				if !proto.Equal(r.Record, want.Record) || !bytes.Equal(r.AppHash, want.AppHash) || r.SignedPower != want.SignedPower {
					t.Errorf("%s: bit %d of byte %d changed what is proven", name, bit, i)
				}
			}
		}
		if accepted > 0 && name != "validators" {
			t.Errorf("%s: %d changed bundles were accepted", name, accepted)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	n := testnode.Start(b)
	trust := pinned(b, n)
	bundle, key := read(b, n, n.Ada.Party)
	b.ResetTimer()
	for b.Loop() {
		if _, err := proof.Verify(bundle, key, trust); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(proto.Size(bundle)), "bundle-bytes")
}

package proof_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/cometbft/cometbft/crypto/tmhash"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/proto/tendermint/version"
	"github.com/cometbft/cometbft/types"
	ics23 "github.com/cosmos/ics23/go"
	"google.golang.org/protobuf/proto"

	"github.com/troth-ledger/troth/client/proof"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/asset"
)

// chain is a chain of validators made up for a test.
const chain = "made-up"

var began = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// council is n validators of equal power, told apart by a name.
func council(name string, n int) ([]ed25519.PrivKey, *types.ValidatorSet) {
	var vals []*types.Validator
	byAddress := map[string]ed25519.PrivKey{}
	for i := range n {
		k := ed25519.GenPrivKeyFromSecret(fmt.Append(nil, name, i))
		vals = append(vals, types.NewValidator(k.PubKey(), 10))
		byAddress[string(k.PubKey().Address())] = k
	}
	set := types.NewValidatorSet(vals)
	var keys []ed25519.PrivKey
	for _, v := range set.Validators {
		keys = append(keys, byAddress[string(v.Address)])
	}
	return keys, set
}

// bundle proves a holding, the state's only row, under a header that the given
// keys sign; the others are absent.
func bundle(t testing.TB, set *types.ValidatorSet, keys []ed25519.PrivKey, height int64, at time.Time) (*pb.ProofBundle, proof.Key) {
	t.Helper()
	return bundleBefore(t, set, set, keys, height, at)
}

// bundleBefore is a bundle whose header names the validators of the next block.
func bundleBefore(t testing.TB, set, next *types.ValidatorSet, keys []ed25519.PrivKey, height int64, at time.Time) (*pb.ProofBundle, proof.Key) {
	t.Helper()
	rec := &pb.Holding{Party: "p_aaaaaaaaaaaaaaaaaaaaaaaaaa", Asset: "EUR@bank", Available: 7}
	value, err := rec.MarshalVT()
	if err != nil {
		t.Fatal(err)
	}
	name := asset.Holdings.ProofKey(asset.HoldingKey(rec.Party, rec.Asset))
	k, v := sha256.Sum256(name), sha256.Sum256(value)
	root := sha256.Sum256(append(append([]byte{0}, k[:]...), v[:]...))
	p := &ics23.CommitmentProof{Proof: &ics23.CommitmentProof_Exist{Exist: &ics23.ExistenceProof{Key: name, Value: value, Leaf: ics23.SmtSpec.LeafSpec}}}
	header := &types.Header{Version: version.Consensus{Block: 11}, ChainID: chain, Height: height, Time: at,
		LastBlockID:    types.BlockID{Hash: tmhash.Sum([]byte("b")), PartSetHeader: types.PartSetHeader{Total: 1, Hash: tmhash.Sum([]byte("p"))}},
		LastCommitHash: tmhash.Sum(nil), DataHash: tmhash.Sum(nil), ValidatorsHash: set.Hash(), NextValidatorsHash: next.Hash(),
		ConsensusHash: tmhash.Sum(nil), AppHash: root[:], LastResultsHash: tmhash.Sum(nil), EvidenceHash: tmhash.Sum(nil),
		ProposerAddress: set.Validators[0].Address}
	id := types.BlockID{Hash: header.Hash(), PartSetHeader: types.PartSetHeader{Total: 1, Hash: tmhash.Sum([]byte("q"))}}
	commit := &types.Commit{Height: height, BlockID: id, Signatures: make([]types.CommitSig, set.Size())}
	for i := range commit.Signatures {
		commit.Signatures[i] = types.NewCommitSigAbsent()
	}
	for _, key := range keys {
		i, val := set.GetByAddress(key.PubKey().Address())
		vote := &types.Vote{Type: cmtproto.PrecommitType, Height: height, BlockID: id, Timestamp: at, ValidatorAddress: val.Address, ValidatorIndex: i}
		if vote.Signature, err = key.Sign(types.VoteSignBytes(chain, vote.ToProto())); err != nil {
			t.Fatal(err)
		}
		commit.Signatures[i] = vote.CommitSig()
	}
	out := &pb.ProofBundle{Key: name, Value: value}
	ps, err := set.ToProto()
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []struct {
		to *[]byte
		m  interface{ Marshal() ([]byte, error) }
	}{{&out.Proof, p}, {&out.SignedHeader, (&types.SignedHeader{Header: header, Commit: commit}).ToProto()}, {&out.Validators, ps}} {
		if *part.to, err = part.m.Marshal(); err != nil {
			t.Fatal(err)
		}
	}
	return out, proof.Holding(rec.Party, rec.Asset)
}

// at is a clock that stands a minute after the header.
func at(t time.Time) func() time.Time { return func() time.Time { return t.Add(time.Minute) } }

// TestTwoThirds: more than two thirds of the power must sign.
func TestTwoThirds(t *testing.T) {
	for _, c := range []struct {
		n, signed int
		good      bool
	}{{1, 1, true}, {1, 0, false}, {3, 2, false}, {3, 3, true}, {4, 2, false}, {4, 3, true}, {7, 4, false}, {7, 5, true}, {22, 14, false}, {22, 15, true}} {
		keys, set := council("a", c.n)
		b, key := bundle(t, set, keys[:c.signed], 9, began)
		trust := &proof.Trust{ChainID: chain, ValidatorsHash: set.Hash(), Now: at(began)}
		r, err := proof.Verify(b, key, trust)
		if c.good != (err == nil) || !c.good && !errors.Is(err, proof.ErrSignatures) {
			t.Errorf("%d of %d: %v", c.signed, c.n, err)
		}
		if c.good && (r.Signed != c.signed || r.Height != 8) {
			t.Errorf("%d of %d: %+v", c.signed, c.n, r)
		}
		if c.signed == c.n {
			t.Logf("%d validators: %d bytes, of them the set %d and the header %d", c.n, proto.Size(b), len(b.Validators), len(b.SignedHeader))
		}
	}
}

// TestWrongAddress: a good signature under another validator's name is refused.
func TestWrongAddress(t *testing.T) {
	keys, set := council("a", 4)
	b, key := bundle(t, set, keys, 9, began)
	var h cmtproto.SignedHeader
	if err := h.Unmarshal(b.SignedHeader); err != nil {
		t.Fatal(err)
	}
	h.Commit.Signatures[1].ValidatorAddress = h.Commit.Signatures[2].ValidatorAddress
	b.SignedHeader, _ = h.Marshal()
	if _, err := proof.Verify(b, key, &proof.Trust{ChainID: chain, ValidatorsHash: set.Hash(), Now: at(began)}); !errors.Is(err, proof.ErrSignatures) {
		t.Error(err)
	}
}

// TestStep: trust moves to new validators with the word of the old ones.
func TestStep(t *testing.T) {
	oldKeys, oldSet := council("a", 6)
	strangers, _ := council("b", 3)
	mixed := func(keep int) ([]ed25519.PrivKey, *types.ValidatorSet) {
		keys := append(append([]ed25519.PrivKey{}, oldKeys[:keep]...), strangers...)
		var vals []*types.Validator
		for _, k := range keys {
			vals = append(vals, types.NewValidator(k.PubKey(), 10))
		}
		return keys, types.NewValidatorSet(vals)
	}
	later := began.Add(time.Hour)
	trust := &proof.Trust{ChainID: chain, ValidatorsHash: oldSet.Hash(), Validators: oldSet, At: began, Now: at(later)}
	for _, c := range []struct {
		keep int
		want error
	}{{6, nil}, {3, nil}, {2, proof.ErrSignatures}, {0, proof.ErrSignatures}} {
		keys, set := mixed(c.keep)
		b, key := bundle(t, set, keys, 20, later)
		if _, err := proof.Verify(b, key, trust); !errors.Is(err, proof.ErrValidators) {
			t.Errorf("keeping %d, not stepped: %v", c.keep, err)
		}
		next, err := trust.Step(b)
		if !errors.Is(err, c.want) {
			t.Errorf("keeping %d: %v, want %v", c.keep, err, c.want)
		}
		if err == nil {
			if _, err := proof.Verify(b, key, next); err != nil {
				t.Errorf("keeping %d, stepped: %v", c.keep, err)
			}
		}
	}
	keys, set := mixed(6)
	b, _ := bundle(t, set, keys, 20, later)
	bare, late, past := *trust, *trust, *trust
	bare.Validators = nil
	late.Now = func() time.Time { return began.Add(proof.PeriodDefault + time.Hour) }
	past.At = later.Add(time.Minute)
	for name, c := range map[string]struct {
		trust *proof.Trust
		want  error
	}{"a hash alone": {&bare, proof.ErrValidators}, "too late": {&late, proof.ErrStale}, "back in time": {&past, proof.ErrValidators}} {
		if _, err := c.trust.Step(b); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// TestScrambled: bundles whose parts are cut, spliced and overwritten at random
// never panic and never prove anything else.
func TestScrambled(t *testing.T) {
	keys, set := council("a", 4)
	b, key := bundle(t, set, keys, 9, began)
	trust := &proof.Trust{ChainID: chain, ValidatorsHash: set.Hash(), Validators: set, At: began, Now: at(began)}
	r := rand.New(rand.NewPCG(1, 2))
	scramble := func(x []byte) []byte {
		x = bytes.Clone(x)
		for range r.IntN(4) {
			switch i, j := r.IntN(len(x)), r.IntN(len(x)); r.IntN(4) {
			case 0:
				x = append(x[:min(i, j)], x[max(i, j):]...)
			case 1:
				x = append(x[:i:i], x[min(i, j):]...)
			default:
				x[i] = byte(r.Uint32())
			}
			if len(x) == 0 {
				return x
			}
		}
		return x
	}
	for range 20_000 {
		m := &pb.ProofBundle{Key: b.Key, Value: scramble(b.Value), Proof: scramble(b.Proof), SignedHeader: scramble(b.SignedHeader), Validators: scramble(b.Validators)}
		_, _ = trust.Step(m)
		if got, err := proof.Verify(m, key, trust); err == nil && (!bytes.Equal(m.Value, b.Value) || got.Record.(*pb.Holding).Available != 7) {
			t.Fatalf("proven: %v", got.Record)
		}
	}
}

var update = flag.Bool("update", false, "write testdata anew")

// TestSeed: what the fuzzer starts from is what is proven here.
func TestSeed(t *testing.T) {
	keys, set := council("a", 1)
	b, key := bundle(t, set, keys, 9, began)
	raw, err := b.MarshalVT()
	if err != nil {
		t.Fatal(err)
	}
	trust, err := json.Marshal(&proof.Trust{ChainID: chain, ValidatorsHash: set.Hash(), Validators: set, At: began})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]byte{"bundle.binpb": raw, "trust.json": trust} {
		path := filepath.Join("testdata", name)
		if *update {
			if err := errors.Join(os.MkdirAll("testdata", 0o755), os.WriteFile(path, want, 0o644)); err != nil {
				t.Fatal(err)
			}
		}
		if have, err := os.ReadFile(path); err != nil || !bytes.Equal(have, want) {
			t.Errorf("%s is another (%v): go test ./client/proof -run TestSeed -update", path, err)
		}
	}
	if _, err := proof.Verify(b, key, &proof.Trust{ChainID: chain, ValidatorsHash: set.Hash(), Now: at(began)}); err != nil {
		t.Error(err)
	}
}

func BenchmarkVerifyFour(b *testing.B) {
	keys, set := council("a", 4)
	bundle, key := bundle(b, set, keys, 9, began)
	trust := &proof.Trust{ChainID: chain, ValidatorsHash: set.Hash(), Now: at(began)}
	for b.Loop() {
		if _, err := proof.Verify(bundle, key, trust); err != nil {
			b.Fatal(err)
		}
	}
}

package council

import (
	"bytes"
	"crypto/sha256"
	"testing"
	"time"

	"github.com/cometbft/cometbft/crypto/ed25519"
	cmtmath "github.com/cometbft/cometbft/libs/math"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/types"
	"google.golang.org/protobuf/types/known/durationpb"
	"pgregory.net/rapid"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
	"github.com/troth-ledger/troth/ledger/state"
)

const window = time.Hour

// world is a state with a council of nobody at a height.
func world(t testing.TB) *op.Context {
	t.Helper()
	s, err := state.Open("", state.Options{InMemory: true, CacheBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	c := &op.Context{State: s.Begin(), ChainID: "t", Height: 5, Now: time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC),
		Params: &pb.Params{ChangeWindow: durationpb.New(window), RotationPause: durationpb.New(2 * window), VotePeriod: durationpb.New(window)}}
	put(c, &pb.Council{Protocol: 1})
	return c
}

// keyOf is a validator's key made from a number.
func keyOf(n int) ed25519.PrivKey {
	seed := sha256.Sum256([]byte{byte(n), byte(n >> 8)})
	return ed25519.GenPrivKeyFromSecret(seed[:])
}

// signers are those of a set who sign so that the trusted power among them is
// least: whoever isn't trusted first, and no more than are needed.
func signers(set *types.ValidatorSet, trusted *types.ValidatorSet) map[int]bool {
	out, power := map[int]bool{}, int64(0)
	need := set.TotalVotingPower() * 2 / 3
	for power <= need {
		best, worth := -1, 0.0
		for i, v := range set.Validators {
			if out[i] {
				continue
			}
			_, old := trusted.GetByAddress(v.Address)
			w := 0.0
			if old != nil {
				w = float64(old.VotingPower) / float64(v.VotingPower)
			}
			if best < 0 || w < worth {
				best, worth = i, w
			}
		}
		out[best] = true
		power += set.Validators[best].VotingPower
	}
	return out
}

// commit is a commit of a set that only some sign.
func commit(set *types.ValidatorSet, keys map[string]ed25519.PrivKey, sign map[int]bool) *types.Commit {
	id := types.BlockID{Hash: bytes.Repeat([]byte{1}, 32), PartSetHeader: types.PartSetHeader{Total: 1, Hash: bytes.Repeat([]byte{2}, 32)}}
	c := &types.Commit{Height: 9, BlockID: id, Signatures: make([]types.CommitSig, set.Size())}
	for i, v := range set.Validators {
		c.Signatures[i] = types.NewCommitSigAbsent()
		if sign[i] {
			vote := &types.Vote{Type: cmtproto.PrecommitType, Height: 9, BlockID: id, ValidatorAddress: v.Address, ValidatorIndex: int32(i)}
			vote.Signature, _ = keys[string(v.Address)].Sign(types.VoteSignBytes("t", vote.ToProto()))
			c.Signatures[i] = vote.CommitSig()
		}
	}
	return c
}

// TestShiftKeepsLightClients makes random changes of a set of validators, and
// lets CometBFT's light client say of every set of the last window whether it
// still leads to the present one, though as few trusted validators sign as can.
func TestShiftKeepsLightClients(t *testing.T) {
	third := cmtmath.Fraction{Numerator: 1, Denominator: 3}
	done, refused := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		c := world(t)
		power, fresh := map[int]int64{}, 0
		keys := map[string]ed25519.PrivKey{}
		add := func(p int64) {
			k := keyOf(fresh)
			keys[string(k.PubKey().Address())] = k
			power[fresh] = p
			fresh++
		}
		set := func() *types.ValidatorSet {
			var vals []*types.Validator
			for n, p := range power {
				vals = append(vals, types.NewValidator(keyOf(n).PubKey(), p))
			}
			return types.NewValidatorSet(vals)
		}
		total := int64(0)
		for range rapid.IntRange(1, 7).Draw(rt, "members") {
			p := rapid.Int64Range(1, 12).Draw(rt, "power")
			add(p)
			total += p
		}
		council := edit(c)
		council.Power = total
		put(c, council)
		type past struct {
			set *types.ValidatorSet
			end time.Time // the last moment that it was the set
		}
		sets := []past{}
		for range rapid.IntRange(1, 8).Draw(rt, "changes") {
			was := set()
			c.Now = c.Now.Add(rapid.SampledFrom([]time.Duration{time.Second, window / 3, window}).Draw(rt, "later"))
			n := rapid.IntRange(0, fresh-1).Draw(rt, "who")
			p, there := power[n]
			next := rapid.Int64Range(0, 12).Draw(rt, "next")
			rotate := rapid.Bool().Draw(rt, "rotate")
			var err error
			switch {
			case there && rotate:
				if err = shift(c, p, p, bounded); err == nil {
					delete(power, n)
					add(p)
				}
			case there:
				if err = shift(c, max(0, p-next), max(0, next-p), bounded); err == nil {
					if power[n] = next; next == 0 {
						delete(power, n)
					}
				}
			case next > 0:
				if err = shift(c, 0, next, bounded); err == nil {
					add(next)
				}
			}
			if err != nil {
				refused++
				continue
			}
			done++
			sets = append(sets, past{was, c.Now})
			now := set()
			if now.TotalVotingPower() != Get(c.State).Power {
				rt.Fatalf("power %d, the council says %d", now.TotalVotingPower(), Get(c.State).Power)
			}
			for _, old := range sets {
				if c.Now.Sub(old.end) >= window {
					continue
				}
				cm := commit(now, keys, signers(now, old.set))
				if err := now.VerifyCommitLight("t", cm.BlockID, 9, cm); err != nil {
					rt.Fatalf("the commit is no commit: %v", err)
				}
				if err := old.set.VerifyCommitLightTrusting("t", cm, third); err != nil {
					rt.Fatalf("from %v to %v: %v", old.set, now, err)
				}
			}
		}
	})
	if done < 50 || refused < 50 {
		t.Errorf("%d changes were made and %d refused: too few to say anything", done, refused)
	}
}

// TestShiftBound: what a council of equal members may do within one window.
func TestShiftBound(t *testing.T) {
	for _, k := range []struct {
		total, lost, gained int64
		good                bool
	}{
		{4, 1, 0, true}, {4, 2, 0, true}, {4, 3, 0, false}, // removals
		{4, 1, 1, true}, {4, 2, 2, false}, {3, 1, 1, true}, {2, 1, 1, false}, {1, 1, 1, false}, // rotations
		{4, 0, 4, true}, {4, 0, 5, false}, {1, 0, 1, true}, // newcomers
		{1, 1, 0, false}, {100, 50, 0, true}, {100, 50, 1, false},
	} {
		c := world(t)
		put(c, &pb.Council{Protocol: 1, Power: k.total})
		err := shift(c, k.lost, k.gained, bounded)
		if (err == nil) != k.good {
			t.Errorf("of %d lost %d, gained %d: %v", k.total, k.lost, k.gained, err)
		}
		if err == nil && Get(c.State).Power != k.total-k.lost+k.gained {
			t.Errorf("of %d lost %d, gained %d: left %d", k.total, k.lost, k.gained, Get(c.State).Power)
		}
	}
}

// TestShiftsAreFew: what is kept of the past is bounded.
func TestShiftsAreFew(t *testing.T) {
	c := world(t)
	put(c, &pb.Council{Protocol: 1, Power: 1_000_000})
	for i := range shiftsMax + 1 {
		c.Now = c.Now.Add(time.Second)
		if err := shift(c, 0, 1, bounded); (err == nil) != (i < shiftsMax) || err != nil && op.CodeOf(err) != pb.Code_TOO_MUCH_CHANGE {
			t.Fatalf("change %d: %v", i+1, err)
		}
	}
	c.Now = c.Now.Add(window)
	if err := shift(c, 0, 1, bounded); err != nil {
		t.Fatal(err)
	}
	if n := len(Get(c.State).Shifts); n != 1 {
		t.Errorf("%d are kept", n)
	}
}

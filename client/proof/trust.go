package proof

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/cometbft/cometbft/crypto/ed25519"
	cmtjson "github.com/cometbft/cometbft/libs/json"
	cmtmath "github.com/cometbft/cometbft/libs/math"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/types"

	"github.com/troth-ledger/troth/gen/pb"
)

// PeriodDefault is how long a validator set that was seen may be stepped from.
const PeriodDefault = 14 * 24 * time.Hour

// Trust is what a verifier believes beforehand: a chain and its validators.
type Trust struct {
	// ChainID is the chain.
	ChainID string
	// ValidatorsHash pins the validators.
	ValidatorsHash []byte
	// Validators are the pinned ones; needed for Step alone.
	Validators *types.ValidatorSet
	// At is the block time at which they were the validators.
	At time.Time
	// Height is that block's; 0 where it isn't known.
	Height int64
	// Next pins the validators of the block after it, as its header names them;
	// nil where it isn't known.
	Next []byte
	// MaxAge is how old a header may be; no bound where zero.
	MaxAge time.Duration
	// Period is how long after At their word on new validators counts: former
	// validators' keys may be sold. PeriodDefault where zero.
	Period time.Duration
	// Now is the clock; the system's where nil.
	Now func() time.Time
}

func (t *Trust) now() time.Time {
	if t.Now == nil {
		return time.Now()
	}
	return t.Now()
}

// FirstSeen trusts whoever signed a bundle. It is as good as the node that sent
// it: compare the hash with one from elsewhere.
func FirstSeen(b *pb.ProofBundle) (*Trust, error) {
	h, vals, err := open(b)
	if err != nil {
		return nil, err
	}
	t := &Trust{ChainID: h.ChainID, ValidatorsHash: vals.Hash(), Validators: vals, At: h.Time, Height: h.Height, Next: h.NextValidatorsHash}
	return t, checkHeader(h, vals, t)
}

// errTooFew is why a step fails that may succeed by way of others in between.
var errTooFew = fmt.Errorf("%w: too few of the trusted validators signed for the new ones", ErrSignatures)

// Step returns the trust in the validators of a bundle, where they are others
// than the trusted ones: more than a third of the trusted power, and so an
// honest validator, signed for them, as well as more than two thirds of their
// own; or the header is the very next one, and they are those that the trusted
// validators named for it. Where too much changed at once, step through a bundle
// from in between, as Follow does.
func (t *Trust) Step(b *pb.ProofBundle) (*Trust, error) {
	h, vals, err := open(b)
	if err != nil {
		return nil, err
	}
	return t.step(h, vals)
}

func (t *Trust) step(h *types.SignedHeader, vals *types.ValidatorSet) (*Trust, error) {
	if h.ChainID != t.ChainID {
		return nil, fmt.Errorf("%w: %q, trusted is %q", ErrOtherChain, h.ChainID, t.ChainID)
	}
	next := *t
	next.ValidatorsHash, next.Validators, next.At = vals.Hash(), vals, h.Time
	next.Height, next.Next = h.Height, h.NextValidatorsHash
	if bytes.Equal(next.ValidatorsHash, t.ValidatorsHash) {
		if err := checkHeader(h, vals, t); err != nil {
			return nil, err
		}
		if t.At.After(h.Time) {
			next.At, next.Height, next.Next = t.At, t.Height, t.Next
		}
		return &next, nil
	}
	if t.Validators == nil {
		return nil, fmt.Errorf("%w: only the hash of the trusted validators is known; stepping needs the validators themselves", ErrValidators)
	}
	period := t.Period
	if period == 0 {
		period = PeriodDefault
	}
	if age := t.now().Sub(t.At); age > period {
		return nil, fmt.Errorf("%w: the trusted validators were last seen %s ago, more than %s; pin the present ones anew", ErrStale, age.Round(time.Minute), period)
	}
	if !h.Time.After(t.At) || h.Height <= t.Height {
		return nil, fmt.Errorf("%w: other validators at %s, before the trusted ones were seen", ErrValidators, h.Time.Format(time.RFC3339))
	}
	if h.Height == t.Height+1 && t.Next != nil {
		if !bytes.Equal(next.ValidatorsHash, t.Next) {
			return nil, fmt.Errorf("%w: set %x, the block before names %x", ErrValidators, next.ValidatorsHash, t.Next)
		}
		return &next, checkHeader(h, vals, &next)
	}
	third := cmtmath.Fraction{Numerator: 1, Denominator: 3}
	err := t.Validators.VerifyCommitLightTrusting(t.ChainID, h.Commit, third)
	if few := (types.ErrNotEnoughVotingPowerSigned{}); errors.As(err, &few) {
		return nil, fmt.Errorf("%w: %w", errTooFew, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSignatures, err)
	}
	return &next, checkHeader(h, vals, &next)
}

// trustFile is a Trust as it is kept in a file.
type trustFile struct {
	ChainID        string    `json:"chain_id"`
	ValidatorsHash string    `json:"validators_hash"`
	Validators     []byte    `json:"validators,omitempty"`
	At             time.Time `json:"at,omitzero"`
	Height         int64     `json:"height,omitempty"`
	Next           string    `json:"next_validators_hash,omitempty"`
}

// MarshalJSON writes the chain and its validators.
func (t *Trust) MarshalJSON() ([]byte, error) {
	f := trustFile{ChainID: t.ChainID, ValidatorsHash: hex.EncodeToString(t.ValidatorsHash), At: t.At, Height: t.Height, Next: hex.EncodeToString(t.Next)}
	if t.Validators != nil {
		p, err := t.Validators.ToProto()
		if err != nil {
			return nil, err
		}
		if f.Validators, err = p.Marshal(); err != nil {
			return nil, err
		}
	}
	return json.Marshal(f)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (t *Trust) UnmarshalJSON(b []byte) error {
	var f trustFile
	if err := json.Unmarshal(b, &f); err != nil {
		return err
	}
	hash, err := hex.DecodeString(f.ValidatorsHash)
	if err != nil || len(hash) != 32 || f.ChainID == "" {
		return errors.New("not a trust file: it has chain_id, and validators_hash with 64 hexadecimal digits")
	}
	next, err := hex.DecodeString(f.Next)
	if err != nil || len(next) != 0 && len(next) != 32 || f.Height < 0 {
		return errors.New("not a trust file: height is 0 or more, and next_validators_hash has 64 hexadecimal digits where it is there")
	}
	t.ChainID, t.ValidatorsHash, t.At, t.Height, t.Next = f.ChainID, hash, f.At, f.Height, nil
	if len(next) > 0 {
		t.Next = next
	}
	if len(f.Validators) == 0 {
		return nil
	}
	var p cmtproto.ValidatorSet
	if err := p.Unmarshal(f.Validators); err != nil {
		return err
	}
	if t.Validators, err = types.ValidatorSetFromProto(&p); err != nil {
		return err
	}
	if !bytes.Equal(t.Validators.Hash(), hash) {
		return errors.New("validators and validators_hash are not of the same set")
	}
	return nil
}

// LoadTrust reads a trust file, or a chain's genesis.json.
func LoadTrust(path string) (*Trust, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var genesis struct {
		Time time.Time `json:"genesis_time"`
	}
	if err := json.Unmarshal(b, &genesis); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if genesis.Time.IsZero() {
		t := &Trust{}
		if err := json.Unmarshal(b, t); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return t, nil
	}
	doc := &types.GenesisDoc{} // not GenesisDocFromJSON, which panics over a validator without a key
	if err := cmtjson.Unmarshal(b, doc); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	vals, err := genesisValidators(doc)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	set := types.NewValidatorSet(vals)
	return &Trust{ChainID: doc.ChainID, ValidatorsHash: set.Hash(), Validators: set, At: doc.GenesisTime,
		Height: max(doc.InitialHeight, 1) - 1, Next: set.Hash()}, nil
}

// genesisValidators are the validators of a genesis file, checked for what
// types.NewValidatorSet would panic over.
func genesisValidators(doc *types.GenesisDoc) (vals []*types.Validator, err error) {
	if doc.ChainID == "" || len(doc.Validators) == 0 {
		return nil, errors.New("not a genesis file: it has chain_id, and validators")
	}
	seen, left := map[string]bool{}, types.MaxTotalVotingPower
	for i, v := range doc.Validators {
		key, ok := v.PubKey.(ed25519.PubKey)
		if !ok || len(key) != ed25519.PubKeySize || seen[string(key)] {
			return nil, fmt.Errorf("validator %d has no Ed25519 key of %d bytes, or one that another has", i, ed25519.PubKeySize)
		}
		if v.Power < 1 || v.Power > left {
			return nil, fmt.Errorf("validator %d has a power of %d; it is 1 or more, and all together have at most %d", i, v.Power, types.MaxTotalVotingPower)
		}
		seen[string(key)] = true
		left -= v.Power
		vals = append(vals, types.NewValidator(key, v.Power))
	}
	return vals, nil
}

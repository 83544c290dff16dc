package proof

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/types"
	ics23 "github.com/cosmos/ics23/go"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

// Why a bundle is refused. Errors wrap one of these.
var (
	// ErrMalformed: the bytes are no bundle.
	ErrMalformed = errors.New("the proof is malformed")
	// ErrOtherRecord: it proves something else than what was asked about.
	ErrOtherRecord = errors.New("the proof is of another record")
	// ErrOtherChain: it is of another chain.
	ErrOtherChain = errors.New("the proof is of another chain")
	// ErrValidators: the validators are not the trusted ones.
	ErrValidators = errors.New("the proof is signed by validators that are not the trusted ones")
	// ErrSignatures: too few of the validators signed, or a signature is wrong.
	ErrSignatures = errors.New("the header is not signed as it must be")
	// ErrStale: the header is too old, or of the future.
	ErrStale = errors.New("the time of the proof is out of bounds")
	// ErrValue: the record is not what the header commits to.
	ErrValue = errors.New("the record is not what the ledger has")
)

// bundleMax is the largest bundle, in bytes. A node sends a list's in pages of a
// quarter of it.
const bundleMax = 4 << 20

// driftMax is how far a header may be ahead of the clock.
const driftMax = 30 * time.Second

// Seal is who signed a state, or a block, and when.
type Seal struct {
	// ChainID is the chain.
	ChainID string
	// Height is the block after which it was so.
	Height int64
	// Time is the block time of the header that says so: it was so by then.
	Time time.Time
	// AppHash is the root of the state.
	AppHash []byte
	// Signed and Validators count validators; SignedPower and Power their
	// voting power.
	Signed, Validators int
	SignedPower, Power int64
}

func sealOf(h *types.SignedHeader, vals *types.ValidatorSet) Seal {
	s := Seal{ChainID: h.ChainID, Height: h.Height - 1, Time: h.Time, AppHash: h.AppHash,
		Validators: vals.Size(), Power: vals.TotalVotingPower()}
	for i, sig := range h.Commit.Signatures {
		if sig.BlockIDFlag == types.BlockIDFlagCommit {
			s.Signed++
			s.SignedPower += vals.Validators[i].VotingPower
		}
	}
	return s
}

// String says where, when and by whom.
func (s *Seal) String() string {
	return fmt.Sprintf("on chain %s after height %d, signed %s by %d of %d validators with %d %% of the power",
		s.ChainID, s.Height, s.Time.UTC().Format("2006-01-02 15:04:05 MST"), s.Signed, s.Validators, s.SignedPower*100/max(s.Power, 1))
}

// Result is what a bundle about one record proves.
type Result struct {
	Seal
	// Key names the record.
	Key Key
	// Record is the record, such as a *pb.Promise; nil where its absence is
	// proven.
	Record op.Message
}

// Meaning says in words what is proven, and what isn't.
func (r *Result) Meaning() string {
	what := "is recorded as shown"
	if r.Record == nil {
		what = "is not recorded"
	}
	return fmt.Sprintf("%s %s %s. Proven: recorded and unaltered, by whom and when. Not proven: that it is true.", r.Key, what, &r.Seal)
}

// Verify checks a bundle about a record against what is trusted beforehand. It
// asks nobody, and allocates no more than a few times the bundle's size.
func Verify(b *pb.ProofBundle, want Key, t *Trust) (*Result, error) {
	h, vals, err := open(b)
	if err != nil {
		return nil, err
	}
	if len(b.Rows) > 0 {
		return nil, fmt.Errorf("%w: it is of a list", ErrOtherRecord)
	}
	if !bytes.Equal(b.Key, want.bytes) || len(want.bytes) == 0 {
		return nil, fmt.Errorf("%w: asked about %s, its key is %x", ErrOtherRecord, want, b.Key)
	}
	if err := checkHeader(h, vals, t); err != nil {
		return nil, err
	}
	if err := checkValue(&pb.RowProof{Key: b.Key, Value: b.Value, Proof: b.Proof}, h.AppHash); err != nil {
		return nil, err
	}
	r := &Result{Seal: sealOf(h, vals), Key: want}
	if len(b.Value) > 0 {
		r.Record, err = decode(b.Key, b.Value)
	}
	return r, err
}

// open reads the header and the validators of a bundle.
func open(b *pb.ProofBundle) (*types.SignedHeader, *types.ValidatorSet, error) {
	if b == nil {
		return nil, nil, fmt.Errorf("%w: there is none", ErrMalformed)
	}
	if b.SizeVT() > bundleMax {
		return nil, nil, fmt.Errorf("%w: more than %d bytes", ErrMalformed, bundleMax)
	}
	return openHeader(b.SignedHeader, b.Validators)
}

func openHeader(header, validators []byte) (*types.SignedHeader, *types.ValidatorSet, error) {
	var ph cmtproto.SignedHeader
	if err := exactly(&ph, header); err != nil {
		return nil, nil, fmt.Errorf("%w: signed header: %w", ErrMalformed, err)
	}
	h, err := types.SignedHeaderFromProto(&ph)
	if err != nil || h.Header == nil || h.Commit == nil {
		return nil, nil, fmt.Errorf("%w: signed header: %v", ErrMalformed, err)
	}
	var pv cmtproto.ValidatorSet
	if err := pv.Unmarshal(validators); err != nil {
		return nil, nil, fmt.Errorf("%w: validators: %w", ErrMalformed, err)
	}
	if len(pv.Validators) > types.MaxVotesCount {
		return nil, nil, fmt.Errorf("%w: %d validators", ErrMalformed, len(pv.Validators))
	}
	vals, err := types.ValidatorSetFromProto(&pv)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: validators: %w", ErrMalformed, err)
	}
	return h, vals, nil
}

// exactly decodes bytes of which there is one form only: a proof is not to be
// had in many versions.
func exactly(m interface {
	Unmarshal([]byte) error
	Marshal() ([]byte, error)
}, b []byte) error {
	if err := m.Unmarshal(b); err != nil {
		return err
	}
	again, err := m.Marshal()
	if err == nil && !bytes.Equal(again, b) {
		err = errors.New("not in the one form that it has")
	}
	return err
}

// checkHeader checks that trusted validators signed the header, by the rules of
// CometBFT's light client, and that every signature in it is good.
func checkHeader(h *types.SignedHeader, vals *types.ValidatorSet, t *Trust) error {
	if h.ChainID != t.ChainID {
		return fmt.Errorf("%w: %q, trusted is %q", ErrOtherChain, h.ChainID, t.ChainID)
	}
	hash := vals.Hash()
	if !bytes.Equal(hash, h.ValidatorsHash) {
		return fmt.Errorf("%w: the header names the set %x, the proof brings %x", ErrValidators, []byte(h.ValidatorsHash), hash)
	}
	if !bytes.Equal(hash, t.ValidatorsHash) {
		return fmt.Errorf("%w: set %x, trusted is %x; if the validators changed, step to the new ones", ErrValidators, hash, t.ValidatorsHash)
	}
	// The header's hash is what was signed: this compares the two.
	if err := h.ValidateBasic(t.ChainID); err != nil {
		return fmt.Errorf("%w: %w", ErrSignatures, err)
	}
	if err := types.VerifyCommit(t.ChainID, vals, h.Commit.BlockID, h.Height, h.Commit); err != nil {
		return fmt.Errorf("%w: %w", ErrSignatures, err)
	}
	for i, s := range h.Commit.Signatures {
		if s.BlockIDFlag != types.BlockIDFlagAbsent && !bytes.Equal(s.ValidatorAddress, vals.Validators[i].Address) {
			return fmt.Errorf("%w: signature %d names %s, not validator %s", ErrSignatures, i+1, s.ValidatorAddress, vals.Validators[i].Address)
		}
	}
	switch age := t.now().Sub(h.Time); {
	case t.MaxAge > 0 && age > t.MaxAge:
		return fmt.Errorf("%w: the header is %s old, at most %s is wanted; read again", ErrStale, age.Round(time.Second), t.MaxAge)
	case age < -driftMax:
		return fmt.Errorf("%w: the header is %s ahead of this clock; is it right?", ErrStale, -age.Round(time.Second))
	}
	return nil
}

// checkValue checks that the value, or its absence, leads to the root.
func checkValue(b *pb.RowProof, root []byte) error {
	var p ics23.CommitmentProof
	if err := exactly(&p, b.Proof); err != nil {
		return fmt.Errorf("%w: proof: %w", ErrMalformed, err)
	}
	switch {
	case p.GetExist() != nil && len(b.Value) > 0:
		if !ics23.VerifyMembership(ics23.SmtSpec, root, &p, b.Key, b.Value) {
			return fmt.Errorf("%w: it doesn't lead to the root %x", ErrValue, root)
		}
	case p.GetNonexist() != nil && len(b.Value) == 0:
		// The key inside isn't looked at by everybody: it must be ours.
		if !bytes.Equal(p.GetNonexist().Key, b.Key) || !ics23.VerifyNonMembership(ics23.SmtSpec, root, &p, b.Key) {
			return fmt.Errorf("%w: its absence doesn't follow from the root %x", ErrValue, root)
		}
	default:
		return fmt.Errorf("%w: proof and value don't belong together", ErrMalformed)
	}
	return nil
}

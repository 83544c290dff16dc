package node

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	cmtmath "github.com/cometbft/cometbft/libs/math"
	"github.com/cometbft/cometbft/light"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/state"
	"github.com/cometbft/cometbft/types"
)

// Source is where signed headers come from: another node's API. It need not be
// trusted.
type Source interface {
	// Header returns the encoded signed header of a height, or of the last one
	// where it is 0, and the encoded validators.
	Header(ctx context.Context, height int64) (header, validators []byte, err error)
	// String names the source.
	String() string
}

// ErrUntrusted says that a source shows another chain than the trusted header's.
var ErrUntrusted = errors.New("the chain is not the trusted one")

// headers follows signed headers from one that is trusted to later ones, as
// CometBFT's light client does: by the signatures of more than a third of the
// validators trusted before, and two thirds of the new ones. What the first
// source says is compared with every other.
type headers struct {
	chain   string
	sources []Source
	root    *types.LightBlock // trusted from the start
	have    map[int64]*types.LightBlock
	now     func() time.Time
}

// headerDrift is how far a header may be ahead of the clock.
const headerDrift = 30 * time.Second

// trustHeader begins with the header of a height that has a hash, from the first
// source.
func trustHeader(ctx context.Context, chain string, height int64, hash string, sources []Source) (*headers, error) {
	h := &headers{chain: chain, sources: sources, have: make(map[int64]*types.LightBlock), now: time.Now}
	b, err := h.fetch(ctx, sources[0], height)
	if err != nil {
		return nil, err
	}
	if got := hex.EncodeToString(b.Hash()); got != hash {
		return nil, fmt.Errorf("%w: join.trust says that block %d has the hash %s; at %s it has %s: one of the two is wrong; ask a third", ErrUntrusted, height, hash, sources[0], got)
	}
	if err := types.VerifyCommit(chain, b.ValidatorSet, b.Commit.BlockID, height, b.Commit); err != nil {
		return nil, fmt.Errorf("%w: block %d from %s: %w", ErrUntrusted, height, sources[0], err)
	}
	if light.HeaderExpired(b.SignedHeader, evidenceAge, h.now()) {
		return nil, fmt.Errorf("%w: block %d of join.trust is from %s; after %s the word of its validators doesn't count any more: name a later block",
			ErrUntrusted, height, b.Time.Format(time.RFC3339), evidenceAge)
	}
	h.root, h.have[height] = b, b
	return h, nil
}

// fetch reads a header that is well-formed and of the chain; not more.
func (h *headers) fetch(ctx context.Context, s Source, height int64) (*types.LightBlock, error) {
	rawHeader, rawVals, err := s.Header(ctx, height)
	if err != nil {
		return nil, fmt.Errorf("block %d from %s: %w", height, s, err)
	}
	bad := func(err error) (*types.LightBlock, error) {
		return nil, fmt.Errorf("%w: block %d from %s: %w", ErrUntrusted, height, s, err)
	}
	var ph cmtproto.SignedHeader
	var pv cmtproto.ValidatorSet
	if err := errors.Join(ph.Unmarshal(rawHeader), pv.Unmarshal(rawVals)); err != nil {
		return bad(err)
	}
	if len(pv.Validators) > types.MaxVotesCount {
		return bad(fmt.Errorf("%d validators", len(pv.Validators)))
	}
	header, err := types.SignedHeaderFromProto(&ph)
	if err != nil {
		return bad(err)
	}
	vals, err := types.ValidatorSetFromProto(&pv)
	if err != nil {
		return bad(err)
	}
	b := &types.LightBlock{SignedHeader: header, ValidatorSet: vals}
	if err := b.ValidateBasic(h.chain); err != nil {
		return bad(err)
	}
	if b.Height != height {
		return bad(fmt.Errorf("it is block %d", b.Height))
	}
	return b, nil
}

// at returns the verified header of a height, which is not before the trusted one.
func (h *headers) at(ctx context.Context, height int64) (*types.LightBlock, error) {
	if b := h.have[height]; b != nil {
		return b, nil
	}
	if height < h.root.Height {
		return nil, fmt.Errorf("block %d is before block %d of join.trust; a later snapshot, or an earlier trusted block, is needed", height, h.root.Height)
	}
	from := h.root
	for at, b := range h.have {
		if at < height && at > from.Height {
			from = b
		}
	}
	b, err := h.step(ctx, from, height)
	if err != nil {
		return nil, err
	}
	for _, s := range h.sources[1:] {
		other, err := h.fetch(ctx, s, height)
		if err != nil {
			return nil, err
		}
		if !bytes.Equal(other.Hash(), b.Hash()) || !bytes.Equal(other.ValidatorSet.ProposerPriorityHash(), b.ValidatorSet.ProposerPriorityHash()) {
			return nil, fmt.Errorf("%w: at %s block %d is %X, at %s it is %X", ErrUntrusted, h.sources[0], height, b.Hash(), s, other.Hash())
		}
	}
	h.have[height] = b
	return b, nil
}

// step goes from one header to a later one, by way of one in between where too
// many validators changed.
func (h *headers) step(ctx context.Context, from *types.LightBlock, height int64) (*types.LightBlock, error) {
	b, err := h.fetch(ctx, h.sources[0], height)
	if err != nil {
		return nil, err
	}
	third := cmtmath.Fraction{Numerator: 1, Denominator: 3}
	err = light.Verify(from.SignedHeader, from.ValidatorSet, b.SignedHeader, b.ValidatorSet, evidenceAge, h.now(), headerDrift, third)
	if err == nil {
		return b, nil
	}
	var changed light.ErrNewValSetCantBeTrusted
	if !errors.As(err, &changed) || height <= from.Height+1 {
		return nil, fmt.Errorf("%w: block %d from %s, after block %d: %w", ErrUntrusted, height, h.sources[0], from.Height, err)
	}
	if from, err = h.step(ctx, from, from.Height+(height-from.Height)/2); err != nil {
		return nil, err
	}
	return h.step(ctx, from, height)
}

// state returns consensus' state after a height, and the commit of its block.
// CometBFT's parameters are the genesis': the ledger changes none but the
// version, and that is in the header.
func (h *headers) state(ctx context.Context, height int64, doc *types.GenesisDoc) (state.State, *types.Commit, error) {
	var b [3]*types.LightBlock
	for i := range b {
		var err error
		// The validators of the block after the next are those that the snapshot's
		// own block may have changed.
		if b[i], err = h.at(ctx, height+int64(i)); err != nil {
			return state.State{}, nil, err
		}
	}
	s, err := state.MakeGenesisState(doc)
	if err != nil {
		return s, nil, err
	}
	if app := b[1].Version.App; app > 1 {
		s.ConsensusParams.Version.App = app
	}
	if got := s.ConsensusParams.Hash(); !bytes.Equal(got, b[1].ConsensusHash) {
		return s, nil, fmt.Errorf("%w: block %d names the consensus parameters %X, the genesis has %X", ErrUntrusted, height+1, []byte(b[1].ConsensusHash), got)
	}
	s.Version.Consensus = b[1].Version
	s.LastBlockHeight, s.LastBlockTime, s.LastBlockID = height, b[0].Time, b[0].Commit.BlockID
	s.AppHash, s.LastResultsHash = b[1].AppHash, b[1].LastResultsHash
	s.LastValidators, s.Validators, s.NextValidators = b[0].ValidatorSet, b[1].ValidatorSet, b[2].ValidatorSet
	s.LastHeightValidatorsChanged, s.LastHeightConsensusParamsChanged = height+2, height+1
	return s, b[0].Commit, nil
}

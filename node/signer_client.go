package node

import (
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/cometbft/cometbft/crypto"
	"github.com/cometbft/cometbft/privval"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/types"
)

const (
	// signerAway is how long consensus waits for a signer that went away, once:
	// who restarts it loses no vote.
	signerAway = 10 * time.Second
	// signerAnswer is how long a signer that is connected may take.
	signerAnswer = 3 * time.Second
)

var (
	errSignerAway   = errors.New("the signer isn't connected")
	errSignerSilent = errors.New("the signer doesn't answer")
)

// signer is a validator whose key is with another process. CometBFT's own client
// waits three seconds for one that isn't connected, whatever is asked of it, and
// it is consensus that waits. This one waits once, and then does without until
// the signer is back: so the node follows the chain. Where the chain stands still
// without this validator, there is nothing to follow, and it waits on: consensus
// votes once in a round, and nobody would vote in its place.
type signer struct {
	client   *privval.SignerClient
	needed   func() bool // says whether the chain stands still without the vote
	log      *slog.Logger
	patience time.Duration // for one that went away
	quit     chan struct{}
	close    sync.Once
	busy     chan struct{} // has an element while something is asked

	// mu guards what follows.
	mu      sync.Mutex
	key     crypto.PubKey // the last that it said
	without bool          // it was waited for in vain
}

var _ types.PrivValidator = (*signer)(nil)

// newSigner makes one of a client that has answered with a key.
func newSigner(c *privval.SignerClient, key crypto.PubKey, needed func() bool, log *slog.Logger) *signer {
	return &signer{client: c, needed: needed, log: log, patience: signerAway, key: key, quit: make(chan struct{}), busy: make(chan struct{}, 1)}
}

// Close ends all waiting. CometBFT calls it before it stops consensus.
func (s *signer) Close() error {
	s.close.Do(func() { close(s.quit) })
	return nil
}

// GetPubKey is the validator's key: the signer may have come back with another.
// Where it doesn't answer, it is the last it said.
func (s *signer) GetPubKey() (crypto.PubKey, error) {
	key, err := askSigner(s, s.client.GetPubKey)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.key = key
	}
	return s.key, nil
}

// SignVote signs a vote.
func (s *signer) SignVote(chainID string, vote *cmtproto.Vote) error {
	return sign(s, vote, func(v *cmtproto.Vote) error { return s.client.SignVote(chainID, v) })
}

// SignProposal signs a proposal.
func (s *signer) SignProposal(chainID string, proposal *cmtproto.Proposal) error {
	return sign(s, proposal, func(p *cmtproto.Proposal) error { return s.client.SignProposal(chainID, p) })
}

// sign asks for a signature, again and again as long as it is worth waiting.
func sign[T any](s *signer, what *T, by func(*T) error) error {
	end := time.Now().Add(s.patience)
	for {
		copied := *what // who answers too late writes to what nobody reads
		signed, err := askSigner(s, func() (*T, error) { return &copied, by(&copied) })
		if err == nil {
			*what = *signed
			s.is(true)
			return nil
		}
		if refuses(err) {
			return err
		}
		if !s.needed() && (s.gone() || time.Now().After(end)) {
			s.is(false)
			return err
		}
		select {
		case <-s.quit:
			return err
		case <-time.After(signerPause):
		}
	}
}

// refuses says whether an error is the signer's answer.
func refuses(err error) bool {
	answer := (*privval.RemoteSignerError)(nil)
	return errors.As(err, &answer)
}

// gone says whether the signer was waited for in vain.
func (s *signer) gone() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.without
}

// is notes whether the signer is there.
func (s *signer) is(there bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case there && s.without:
		s.log.Info("the signer is back")
	case !there && !s.without:
		s.log.Warn("the signer is away; the node follows the chain without voting until it is back", "waited", s.patience)
	}
	s.without = !there
}

// askSigner asks the signer something, where it is connected and nothing else is
// asked. What it answers after a while is lost.
func askSigner[T any](s *signer, fn func() (T, error)) (out T, err error) {
	select {
	case s.busy <- struct{}{}:
	default:
		return out, errSignerSilent
	}
	type answer struct {
		out T
		err error
	}
	done := make(chan answer, 1)
	go func() {
		a := answer{err: errSignerAway}
		if s.client.IsConnected() {
			a.out, a.err = fn()
		}
		if a.err != nil && !refuses(a.err) {
			_ = s.client.Close() // what is left of the connection: CometBFT would keep it for seconds
		}
		<-s.busy
		done <- a
	}()
	select {
	case a := <-done:
		return a.out, a.err
	case <-time.After(signerAnswer):
	case <-s.quit:
	}
	return out, errSignerSilent
}

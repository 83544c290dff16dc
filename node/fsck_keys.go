package node

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/cometbft/cometbft/crypto"
	"github.com/cometbft/cometbft/libs/protoio"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/privval"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/store"
	"github.com/cometbft/cometbft/types"
)

// checkPair says whether a private key signs for its public key: a file with a
// bit changed can still be read.
func checkPair(path string, private crypto.PrivKey, public crypto.PubKey) error {
	probe := []byte("does this key sign?")
	if private == nil || len(private.Bytes()) != 64 {
		return fmt.Errorf("%s holds no whole private key; restore it from where you keep a copy", path)
	}
	sig, err := private.Sign(probe)
	if err != nil || !private.PubKey().VerifySignature(probe, sig) || public != nil && !private.PubKey().Equals(public) {
		return fmt.Errorf("%s is damaged: its private and its public key don't belong together; restore it from where you keep a copy", path)
	}
	return nil
}

// loadNodeKey reads the key that a node goes by on the network, and makes one
// where there is none.
func loadNodeKey(path string) (*p2p.NodeKey, error) {
	k, err := p2p.LoadOrGenNodeKey(path)
	if err == nil {
		err = checkPair(path, k.PrivKey, nil)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the node's key: %w; without a copy, remove %s: the next start makes a new one, and the node has another id, which its peers must be told", err, path)
	}
	return k, nil
}

// checkSigned says whether what a validator signed last is what it wrote: the
// signature covers the rest.
func checkSigned(key crypto.PubKey, last *privval.FilePVLastSignState) error {
	if len(last.Signature) == 0 && len(last.SignBytes) == 0 {
		return nil // it has signed nothing yet
	}
	if !key.VerifySignature(last.SignBytes, last.Signature) {
		return errors.New("the signature in it isn't this key's, or not of what stands there")
	}
	var v cmtproto.CanonicalVote
	var p cmtproto.CanonicalProposal
	height, round, step := int64(0), int64(0), int8(0)
	if protoio.UnmarshalDelimited(last.SignBytes, &v) == nil && v.Type != cmtproto.ProposalType {
		height, round, step = v.Height, v.Round, int8(v.Type)+1
	} else if protoio.UnmarshalDelimited(last.SignBytes, &p) == nil {
		height, round, step = p.Height, p.Round, 1
	}
	if height != last.Height || round != int64(last.Round) || step != last.Step {
		return fmt.Errorf("it says height %d, round %d, step %d; signed were %d, %d, %d", last.Height, last.Round, last.Step, height, round, step)
	}
	return nil
}

// checkOld refuses a record of signatures that is older than a signature in the
// blocks, and one that would keep a validator alone on its chain from ever
// signing again.
func checkOld(path string, last *privval.FilePVLastSignState, key crypto.PubKey, blocks *store.BlockStore, set *types.ValidatorSet) error {
	top := blocks.Height()
	if top == 0 {
		return nil
	}
	commit := blocks.LoadSeenCommit(top)
	if commit == nil {
		return nil // of a node that joined by a snapshot
	}
	for _, s := range commit.Signatures {
		if bytes.Equal(s.ValidatorAddress, key.Address()) && last.Height < top {
			return fmt.Errorf("%s says that this validator last signed height %d, but block %d has its signature: the file is from an older backup, and with it the validator could sign a height twice, which is punished as fraud. Put the newest copy of the file back", path, last.Height, top)
		}
	}
	if sole(set, key.Address()) && last.Height > top+1 {
		return fmt.Errorf("%s says that this validator signed height %d, but the blocks end at %d and nobody else has the rest: restore %s from the newest backup. If there is none and the blocks are lost, see docs/operating/durability.md", path, last.Height, top, filepath.Dir(path))
	}
	return nil
}

// genesisSum is the file with the SHA-256 of the genesis that a folder's data
// belongs to.
const genesisSum = "data/genesis.sha256"

// checkGenesis refuses a genesis other than the one that the data began with;
// what it says is read at every start, and consensus compares none of it. For a
// new folder it writes the sum down.
func checkGenesis(home string, write bool) error {
	b, err := os.ReadFile(filepath.Join(home, genesisFile))
	if err != nil {
		return fmt.Errorf("reading the genesis: %w; every node of the chain has the same file: take another's, or a backup's", err)
	}
	sum := sha256.Sum256(b)
	want := hex.EncodeToString(sum[:]) + "\n"
	path := filepath.Join(home, genesisSum)
	had, err := os.ReadFile(path)
	switch {
	case os.IsNotExist(err) && write:
		return os.WriteFile(path, []byte(want), 0o600)
	case os.IsNotExist(err):
		return nil
	case err != nil:
		return err
	case string(had) != want:
		return fmt.Errorf("%s is not the genesis that the data in %s began with, by the SHA-256 in %s: it is damaged, or another chain's. Every node of the chain has the same file: take another's, or a backup's", filepath.Join(home, genesisFile), filepath.Join(home, "data"), path)
	}
	return nil
}

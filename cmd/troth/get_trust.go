package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"github.com/troth-ledger/troth/client/proof"
	"github.com/troth-ledger/troth/gen/pb"
)

// trusted is whom to trust for a bundle: the validators in the file given, or
// those first seen of the chain. Where trusted validators signed for new ones,
// the new ones.
func (g *getting) trusted(b *pb.ProofBundle) (*proof.Trust, error) {
	if g.trust != "" {
		t, err := proof.LoadTrust(g.trust)
		if err != nil {
			return nil, err
		}
		return t.Step(b)
	}
	seen, err := proof.FirstSeen(b)
	if err != nil {
		return nil, err
	}
	path, err := trustPath(seen.ChainID)
	if err != nil {
		return nil, err
	}
	t, err := proof.LoadTrust(path)
	if errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintf(g.cmd.ErrOrStderr(), "troth: first proof from chain %s: trusting its validators %x from now on (%s)\n", seen.ChainID, seen.ValidatorsHash, path)
		return seen, saveTrust(path, seen)
	}
	if err != nil {
		return nil, err
	}
	next, err := t.Step(b)
	if err != nil {
		return nil, fmt.Errorf("%w\nif the chain was made anew, remove %s", err, path)
	}
	if !bytes.Equal(next.ValidatorsHash, t.ValidatorsHash) {
		fmt.Fprintf(g.cmd.ErrOrStderr(), "troth: the validators changed, with the word of those before: now %x\n", next.ValidatorsHash)
	}
	return next, saveTrust(path, next)
}

var plainID = regexp.MustCompile(`^[a-z0-9-]{3,50}$`)

// trustPath is where the validators of a chain are remembered.
func trustPath(chain string) (string, error) {
	if !plainID.MatchString(chain) {
		return "", fmt.Errorf("%q is no chain's id", chain)
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("no folder to remember validators in: %w; give --trust", err)
	}
	return filepath.Join(dir, "troth", "trust", chain+".json"), nil
}

func saveTrust(path string, t *proof.Trust) error {
	b, err := json.MarshalIndent(t, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	tmp := path + ".new"
	if err := os.WriteFile(tmp, append(b, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

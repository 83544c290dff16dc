package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"connectrpc.com/connect"
	"github.com/spf13/cobra"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/client/proof"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

// proving is what a command needs that checks proofs.
type proving struct {
	prove bool
	trust string
	age   time.Duration
}

func (g *proving) proofFlags(c *cobra.Command) {
	c.Flags().BoolVar(&g.prove, "prove", false, "ask for a proof, check it here, and say what it means")
	c.Flags().StringVar(&g.trust, "trust", "", "the validators to trust: a trust file, or the chain's genesis.json; those first seen of the chain where not given")
	c.Flags().DurationVar(&g.age, "max-age", 5*time.Minute, "how old a proof may be; 0 for any age. A transaction's is as old as its block")
	complete(c, "trust", "json")
}

// ask adds the wish for a proof to a request, where there is one.
func (g *proving) ask(req op.Message) {
	if g.prove {
		f := req.ProtoReflect().Descriptor().Fields().ByName("options")
		req.ProtoReflect().Set(f, protoreflect.ValueOfMessage((&pb.ReadOptions{Prove: true}).ProtoReflect()))
	}
}

// verifyTx checks the proof of a transaction, whatever its age.
func (g *proving) verifyTx(s *session, p *pb.TxProof, id string) (*proof.Tx, error) {
	trust, err := g.trusted(s, &pb.ProofBundle{SignedHeader: p.GetSignedHeader(), Validators: p.GetValidators()})
	if err == nil {
		var x *proof.Tx
		if x, err = proof.VerifyTx(p, id, trust); err == nil {
			return x, nil
		}
	}
	return nil, unproven(err)
}

func unproven(err error) error { return fmt.Errorf("the proof does not hold: %w", err) }

// bounded is trusted, for a read that must be recent.
func (g *proving) bounded(s *session, b *pb.ProofBundle) (*proof.Trust, error) {
	t, err := g.trusted(s, b)
	if err == nil {
		t.MaxAge = g.age
	}
	return t, err
}

// trusted is whom to trust for a bundle: the validators in the file given, or
// those first seen of the chain. Where trusted validators signed for new ones,
// the new ones, by way of headers that the node is asked for where too many
// changed at once. What is new about them is told on the standard error.
func (g *proving) trusted(s *session, b *pb.ProofBundle) (*proof.Trust, error) {
	ctx, w := s.cmd.Context(), s.cmd.ErrOrStderr()
	if g.trust != "" {
		t, err := proof.LoadTrust(g.trust)
		if err != nil {
			return nil, err
		}
		return t.Follow(ctx, b, s.header)
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
		fmt.Fprintf(w, "troth: first proof from chain %s: trusting its validators %x from now on (%s)\n", seen.ChainID, seen.ValidatorsHash, path)
		return seen, saveTrust(path, seen)
	}
	if err != nil {
		return nil, err
	}
	next, err := t.Follow(ctx, b, s.header)
	if err != nil {
		return nil, fmt.Errorf("%w\nif the chain was made anew, remove %s", err, path)
	}
	if !bytes.Equal(next.ValidatorsHash, t.ValidatorsHash) {
		fmt.Fprintf(w, "troth: the validators changed, with the word of those before: now %x\n", next.ValidatorsHash)
	}
	return next, saveTrust(path, next)
}

// header reads a block's header from the node; nil where it is gone.
func (s *session) header(ctx context.Context, height int64) (*pb.ReadHeaderResponse, error) {
	res, err := s.api.ReadHeader(ctx, connect.NewRequest(&pb.ReadHeaderRequest{Height: height}))
	if client.CodeOf(err) == pb.Code_NOT_FOUND {
		return nil, nil
	}
	if err != nil {
		return nil, s.explain(err)
	}
	return res.Msg, nil
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

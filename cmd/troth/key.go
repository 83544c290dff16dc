package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/troth-ledger/troth/client/keyfile"
	"github.com/troth-ledger/troth/internal/show"
	"github.com/troth-ledger/troth/ledger/sig"
)

func newKeyCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "key",
		Short: "Make and look at key files",
		Long: `Make and look at key files. A key file is encrypted with a passphrase (age,
scrypt) unless it was asked for without one.`,
		Args: cobra.ArbitraryArgs,
		RunE: only,
	}
	c.AddCommand(newKeyNewCommand(), newKeyShowCommand(), newKeyListCommand())
	return c
}

// newKey is how a new key file is to be.
type newKey struct {
	secrets secrets
	scheme  string
	label   string
	open    bool
}

func (n *newKey) flags(c *cobra.Command) {
	n.secrets.flags(c)
	c.Flags().StringVar(&n.scheme, "scheme", "ed25519", "ed25519, or p256")
	choose(c, "scheme", []string{"ed25519", "p256"})
	c.Flags().StringVar(&n.label, "label", "", "what you call it")
	c.Flags().BoolVar(&n.open, "no-passphrase", false, "store it readable: whoever reads the file can sign")
}

// generate makes a key and says how its file is protected.
func (n *newKey) generate(path string) (*keyfile.Key, keyfile.Options, error) {
	o := keyfile.Options{NoPassphrase: n.open}
	schemes := map[string]sig.Scheme{"ed25519": sig.Ed25519, "p256": sig.P256}
	scheme, ok := schemes[n.scheme]
	if !ok {
		return nil, o, usagef("--scheme is ed25519 or p256, not %q", n.scheme)
	}
	if _, err := os.Lstat(path); err == nil {
		return nil, o, fmt.Errorf("%s is there already; keys are not overwritten: choose another path", path)
	}
	k, err := keyfile.Generate(scheme, "", n.label)
	if err == nil && !n.open {
		o.Passphrase, err = n.secrets.choosePassphrase()
	}
	return k, o, err
}

func newKeyNewCommand() *cobra.Command {
	n := &newKey{}
	var party string
	var asJSON bool
	c := &cobra.Command{
		Use:     "new FILE",
		Short:   "Make a key and write it to a new file",
		Example: "  troth key new laptop.key --label laptop",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			k, o, err := n.generate(args[0])
			if err != nil {
				return err
			}
			k.Party = party
			if err := keyfile.Save(args[0], k, o); err != nil {
				return err
			}
			return printKey(cmd, args[0], k, !o.NoPassphrase, asJSON)
		},
	}
	n.flags(c)
	c.Flags().StringVar(&party, "party", "", "id of the party that the key will belong to")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func newKeyShowCommand() *cobra.Command {
	var s secrets
	var asJSON bool
	c := &cobra.Command{
		Use:   "show FILE",
		Short: "Show a key's public half, its party and label",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			locked, err := keyfile.Encrypted(args[0])
			if err != nil {
				return err
			}
			k, err := s.load(args[0])
			if err != nil {
				return (&session{}).explain(err)
			}
			return printKey(cmd, args[0], k, locked, asJSON)
		},
	}
	s.flags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// keyOutput is a key as --json prints it.
type keyOutput struct {
	File      string `json:"file"`
	Encrypted bool   `json:"encrypted"`
	Scheme    string `json:"scheme,omitempty"`
	Public    string `json:"publicKey,omitempty"`
	Party     string `json:"party,omitempty"`
	Label     string `json:"label,omitempty"`
}

func printKey(cmd *cobra.Command, path string, k *keyfile.Key, locked, asJSON bool) error {
	o := keyOutput{path, locked, k.Scheme().String(), hex.EncodeToString(k.Public()), k.Party, k.Label}
	w := cmd.OutOrStdout()
	if asJSON {
		return show.WriteJSON(w, o)
	}
	for _, l := range [][2]string{{"file", path}, {"encrypted", yesNo(locked)}, {"scheme", o.Scheme}, {"public key", o.Public}, {"party", o.Party}, {"label", show.Clean(o.Label)}} {
		if l[1] != "" {
			fmt.Fprintf(w, "%-10s  %s\n", l[0], l[1])
		}
	}
	return nil
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func newKeyListCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "list [FOLDER]",
		Short: "List the key files of a folder, and what can be read of them without a passphrase",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			return listKeys(cmd, dir, asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func listKeys(cmd *cobra.Command, dir string, asJSON bool) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	out := []keyOutput{}
	grid := [][]string{{"FILE"}, {"ENCRYPTED"}, {"PARTY"}, {"LABEL"}}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		k, err := keyfile.Load(path, "")
		o := keyOutput{File: path, Encrypted: errors.Is(err, keyfile.ErrPassphraseNeeded)}
		switch {
		case err == nil:
			o.Scheme, o.Public, o.Party, o.Label = k.Scheme().String(), hex.EncodeToString(k.Public()), k.Party, k.Label
		case !o.Encrypted:
			continue // no key file
		}
		out = append(out, o)
		for i, cell := range []string{o.File, yesNo(o.Encrypted), o.Party, show.Clean(o.Label)} {
			grid[i] = append(grid[i], cell)
		}
	}
	if asJSON {
		return show.WriteJSON(cmd.OutOrStdout(), out)
	}
	if len(out) == 0 {
		fmt.Fprintf(cmd.ErrOrStderr(), "no key file in %s; make one with: troth key new FILE\n", dir)
		return nil
	}
	show.Columns(cmd.OutOrStdout(), grid)
	return nil
}

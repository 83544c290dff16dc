package main

import (
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/troth-ledger/troth/node"
)

func newBackupCommand() *cobra.Command {
	var op operator
	var to string
	var withKey bool
	c := &cobra.Command{
		Use:   "backup",
		Short: "Copy a running node's data into a new folder, while blocks go on",
		Long: `Copy a running node's data into a new folder, while blocks go on. Files that never
change are hard links where the folder is on the same disk: copy it elsewhere then.
The node's key, other keys and secrets are not in it, and the validator's only with
--with-validator-key. The command speaks to the node that runs in the folder, on the
same machine, and shows it the token that is in the folder.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if to == "" {
				return usagef("say with --to which new folder the backup is for")
			}
			dir, err := filepath.Abs(to)
			if err != nil {
				return err
			}
			q := url.Values{"to": {dir}}
			if withKey {
				q.Set("validator_key", "yes")
			}
			var b node.Backup
			if err := op.ask(cmd.Context(), http.MethodPost, "/operator/backup?"+q.Encode(), time.Hour, &b); err != nil {
				return err
			}
			if op.json {
				return printJSON(cmd.OutOrStdout(), b)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "backed up chain %s, height %d, into %s\ncheck it with: troth fsck --home %s\n", b.ChainID, b.Blocks, dir, dir)
			return nil
		},
	}
	c.Flags().StringVar(&op.home, "home", homeDefault, "the node's folder")
	c.Flags().StringVar(&op.url, "node", "", "the node's API; what the folder's configuration says, where not given")
	c.Flags().BoolVar(&op.json, "json", false, "print JSON")
	c.Flags().StringVar(&to, "to", "", "the folder to make")
	c.Flags().BoolVar(&withKey, "with-validator-key", false, "also copy the validator's key: whoever has the backup can then sign as this validator")
	c.AddCommand(newRestoreCommand())
	return c
}

func newRestoreCommand() *cobra.Command {
	var home string
	var o node.RestoreOptions
	c := &cobra.Command{
		Use:   "restore BACKUP",
		Short: "Make a node's folder of a backup",
		Long: `Make a node's folder of a backup. Without a validator's key the node gets a new one
and has no vote: it follows the chain. With one it needs what that key signed last,
from the folder where it ran last: with an old file it could sign a height twice.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			b, err := node.Restore(args[0], home, o)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "made a node in %s, at height %d of chain %s\nstart it with: troth start --home %s\n", home, b.Blocks, b.ChainID, home)
			return nil
		},
	}
	c.Flags().StringVar(&home, "home", homeDefault, "the node's folder, which is made")
	c.Flags().StringVar(&o.ValidatorKey, "validator-key", "", "file with the validator's key; the backup's where it has one")
	c.Flags().StringVar(&o.Signed, "signed", "", "file with what that key signed last, newest there is: data/validator-state.json of the folder where it ran")
	c.Flags().BoolVar(&o.Alone, "alone", false, "the validator is the only one of its chain and runs nowhere else; the blocks after the backup are given up")
	return c
}

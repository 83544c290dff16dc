package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/troth-ledger/troth/node"
)

func newExportCommand() *cobra.Command {
	var home string
	c := &cobra.Command{
		Use:   "export FILE",
		Short: "Write the whole state of a stopped node, or of a backup, as text",
		Long: `Write the whole state of a stopped node, or of a backup, as text: a JSON object a
line, with the SHA-256 of it all at the end. A state has one export, byte for byte.
The file is - for standard output. The format is in docs/operating/durability.md.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			out, finish, err := exportTo(cmd, args[0])
			if err != nil {
				return err
			}
			p := newMeterLine(cmd.ErrOrStderr())
			x, err := node.Export(home, out, func(n, of int) { p.show("writing rows", int64(n), int64(of)) })
			p.wipe()
			if err = finish(err); err != nil {
				return err
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "chain %s at height %d: %s; sha256 %s\n", x.ChainID, x.Height, plural(x.Rows, "row"), x.SHA256)
			return nil
		},
	}
	c.Flags().StringVar(&home, "home", homeDefault, "the node's folder, or a backup")
	return c
}

// exportTo opens what is written to; finish makes it durable, or takes away what
// is not whole.
func exportTo(cmd *cobra.Command, path string) (w io.Writer, finish func(error) error, err error) {
	if path == "-" {
		return cmd.OutOrStdout(), func(err error) error { return err }, nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, err
	}
	return f, func(err error) error {
		if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
			return errors.Join(err, os.Remove(path))
		}
		return nil
	}, nil
}

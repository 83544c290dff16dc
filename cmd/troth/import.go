package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/troth-ledger/troth/node"
)

func newImportCommand() *cobra.Command {
	var home string
	var o node.ImportOptions
	c := &cobra.Command{
		Use:   "import FILE",
		Short: "Make a node's folder whose chain begins with an exported state",
		Long: `Make a node's folder whose chain begins with an exported state. Everything that was
promised and held goes on; what fell due in between settles in the first blocks. The
new chain has its own id, so that nothing signed for the old one counts on it, and
begins at the next height. The file is - for standard input.

The validators are those of the council that the state has, or those that the export
names where there is no council and a validator's key is given. Everybody else who
runs a node of the new chain imports the same file, with the genesis that this
command makes: --genesis genesis.json.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if (o.ChainID == "") == (o.Genesis == "") {
				return usagef("say the new chain's id with --chain-id, or with --genesis the genesis of one that was begun with this export already")
			}
			var in io.Reader = cmd.InOrStdin()
			if args[0] != "-" {
				f, err := os.Open(args[0])
				if err != nil {
					return err
				}
				defer f.Close()
				in = f
			}
			p := newMeterLine(cmd.ErrOrStderr())
			o.Time = time.Now()
			o.Seen = func(n, of int) { p.show("reading rows", int64(n), int64(of)) }
			x, err := node.Import(home, in, o)
			p.wipe()
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "made a node in %s, with the state that %s had after height %d: %s\nstart it with: troth start --home %s\n",
				home, x.ChainID, x.Height, plural(x.Rows, "row"), home)
			return nil
		},
	}
	c.Flags().StringVar(&home, "home", homeDefault, "the node's folder")
	c.Flags().StringVar(&o.ChainID, "chain-id", "", "the new chain's id: a-z, 0-9 and -, and not the old one's")
	c.Flags().StringVar(&o.Genesis, "genesis", "", "genesis of a chain that was begun with this export, to join it or to put its first state in again")
	c.Flags().StringVar(&o.ValidatorKey, "validator-key", "", "file with the key of one of the validators, as keys/validator.json of its node")
	c.Flags().StringVar(&o.Listen, "listen", "", "where the API is served; 127.0.0.1:8700 where empty")
	return c
}

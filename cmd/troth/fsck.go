package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/troth-ledger/troth/node"
)

func newFsckCommand() *cobra.Command {
	var home string
	var o node.FsckOptions
	var asJSON bool
	c := &cobra.Command{
		Use:   "fsck",
		Short: "Check everything in the folder of a stopped node, or in a backup",
		Long: `Check everything in the folder of a stopped node, or in a backup: keys and
genesis, each row of the state against its tree and its indexes, the invariants over
the whole state, each block against the one before and the validators who signed it,
and what the node keeps of transactions against what the headers commit to. Nothing
is changed. The exit status is 0 where all is well, and 1 where something isn't.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p := newMeterLine(cmd.ErrOrStderr())
			o.Progress = p.show
			r, err := node.Fsck(home, o)
			p.wipe()
			if err != nil {
				return err
			}
			if asJSON {
				err = printJSON(cmd.OutOrStdout(), r)
			} else {
				printChecked(cmd.OutOrStdout(), r)
			}
			if err == nil && len(r.Findings) > 0 {
				err = errSilent
				if !asJSON {
					err = fmt.Errorf("%s in %s; the way to recover is in docs/operating/durability.md", plural(len(r.Findings), "fault"), home)
				}
			}
			return err
		},
	}
	c.Flags().StringVar(&home, "home", homeDefault, "the node's folder, or a backup")
	c.Flags().BoolVar(&o.Replay, "replay", false, "also run all blocks anew, in memory, and compare all that comes of it")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func printChecked(w io.Writer, r *node.Checked) {
	fmt.Fprintf(w, "chain %s at height %d: %s; blocks %d to %d with %s\n",
		r.ChainID, r.Height, plural(r.Rows, "row"), r.Base, r.Blocks, plural(r.Txs, "transaction"))
	for _, f := range r.Findings {
		fmt.Fprintf(w, "✗  %s: %s\n", f.Where, f.What)
	}
	if len(r.Findings) == 0 {
		fmt.Fprintln(w, "all is well")
	}
}

// meterLine shows how far something is that takes long.
type meterLine struct {
	progressLine
	start, last time.Time
}

func newMeterLine(out io.Writer) *meterLine {
	return &meterLine{progressLine: progressLine{out: out, hidden: !isScreen(out)}, start: time.Now()}
}

// show is told again and again, and shows ten times a second.
func (m *meterLine) show(what string, done, total int64) {
	if time.Since(m.last) < 100*time.Millisecond {
		return
	}
	m.last = time.Now()
	if total > 0 {
		const cells = 20
		full := int(min(done, total) * cells / total)
		what = fmt.Sprintf("%s [%-*s] %d %%", what, cells, bar[:full], min(done, total)*100/total)
	} else if done > 0 {
		what = fmt.Sprintf("%s, %d", what, done)
	}
	m.Waiting(what, time.Since(m.start))
}

const bar = "===================="

package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/troth-ledger/troth/client/promisefile"
)

// newPromiseCommand is what a template's author works with. It needs no node.
func newPromiseCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "promise",
		Short: "Check, test and simulate templates of promises",
		Long: `Check, test and simulate templates of promises, with no node at all.

A template is a YAML file; templates/ has one for each common promise. Write
the examples first: they are what publishing runs.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newPromiseCheckCommand(), newPromiseTestCommand(), newPromiseSimulateCommand())
	return cmd
}

// readFile reads a file, or the standard input for "-". It reads one byte more
// than limit at most, so that the reader can say that there is too much.
func readFile(cmd *cobra.Command, name string, limit int64) ([]byte, error) {
	in := cmd.InOrStdin()
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	src, err := io.ReadAll(io.LimitReader(in, limit+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return src, nil
}

// report prints faults and reports whether one is an error.
func report(w io.Writer, faults []promisefile.Fault) (bad bool) {
	for _, f := range faults {
		fmt.Fprintln(w, f.Error())
		bad = bad || f.IsError()
	}
	return bad
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/troth-ledger/troth/client/promisefile"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/promise/contract"
)

func newPromiseCheckCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check FILE...",
		Short: "Check templates as publishing would",
		Long: `Check templates as publishing would: the format, the types and cost of every
expression, unreachable and overlapping rules, boundaries that no rule or two
rules cover, holds that are not paid out entirely, promises that facts could
keep open for ever, and the examples. For a template without fault it says which
rule is sure to end a promise, and when with the terms of the first example.

Errors and warnings are printed as FILE:LINE:COL. The exit status is 1 if there
is an error.`,
		Example: "  troth promise check templates/*.yaml",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runPromiseCheck(cmd, args, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print an array of the faults found")
	return cmd
}

func runPromiseCheck(cmd *cobra.Command, files []string, asJSON bool) error {
	all := []promisefile.Fault{}
	bad := false
	for _, name := range files {
		src, err := readFile(cmd, name, promisefile.BytesMax)
		if err != nil {
			return err
		}
		c, f, faults := promisefile.Load(name, src)
		all = append(all, faults...)
		if !asJSON {
			report(cmd.ErrOrStderr(), faults)
		}
		if c == nil {
			bad = true
		} else if !asJSON {
			fmt.Fprintf(cmd.OutOrStdout(), "%s: ok: %s\n%s: %s\n", name, inventory(f.Template),
				name, c.Explain(contract.Reading{Decimals: f.Decimals}).Ends)
		}
	}
	if asJSON {
		enc := json.NewEncoder(cmd.OutOrStdout())
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		if err := enc.Encode(all); err != nil {
			return err
		}
	}
	if bad {
		return errSilent
	}
	return nil
}

// inventory is what was checked.
func inventory(t *pb.Template) string {
	return fmt.Sprintf("%s, %s, %s, %s of fact, %s; all examples come out as they say", t.Name, plural(len(t.Rules), "rule"),
		plural(len(t.Holds), "hold"), plural(len(t.Facts), "kind"), plural(len(t.Examples), "example"))
}

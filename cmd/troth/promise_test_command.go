package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/troth-ledger/troth/client/promisefile"
	"github.com/troth-ledger/troth/ledger/promise/contract"
)

func newPromiseTestCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "test FILE...",
		Short: "Run the examples inside templates",
		Long: `Run the examples inside templates. Each prints one line. The exit status is 1
if one doesn't come out as it says, with what was expected and what came.`,
		Example: "  troth promise test templates/parcel-by-date.yaml",
		Args:    cobra.MinimumNArgs(1),
		RunE:    runPromiseTest,
	}
}

func runPromiseTest(cmd *cobra.Command, files []string) error {
	bad := false
	for _, name := range files {
		src, err := readFile(cmd, name, promisefile.BytesMax)
		if err != nil {
			return err
		}
		c, f, faults := compileFile(name, src)
		if report(cmd.ErrOrStderr(), faults) {
			bad = true
			continue
		}
		for i := range f.Template.Examples {
			r, msg := c.RunExample(i, f.Decimals)
			if msg != "" {
				bad = true
				fmt.Fprintf(cmd.OutOrStdout(), "FAIL %s: %s: %s\n", name, f.ExampleName(i), msg)
				continue
			}
			fmt.Fprintf(cmd.OutOrStdout(), "ok   %s: %s: %s\n", name, f.ExampleName(i), came(r))
		}
	}
	if bad {
		return errSilent
	}
	return nil
}

// compileFile reads a template and checks its types, without lint and
// examples.
func compileFile(name string, src []byte) (*contract.Contract, *promisefile.File, []promisefile.Fault) {
	f, faults := promisefile.Parse(name, src)
	if f == nil {
		return nil, nil, faults
	}
	c, problems := contract.Compile(f.Template)
	for _, p := range problems {
		faults = append(faults, f.Locate(p))
	}
	return c, f, faults
}

func came(r *contract.Result) string {
	if r.Rule == "" {
		return contract.OutcomeWord(r.Outcome)
	}
	return contract.OutcomeWord(r.Outcome) + " by “" + r.Rule + "”"
}

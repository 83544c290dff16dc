package main

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/troth-ledger/troth/client/promisefile"
	"github.com/troth-ledger/troth/ledger/promise/contract"
)

// simulation is the output of simulate --json. The names are fixed: scripts
// read them.
type simulation struct {
	Outcome string            `json:"outcome"`
	Rule    string            `json:"rule"`
	Payouts map[string]string `json:"payouts"`
	Steps   []string          `json:"steps"`
	Held    map[string]string `json:"held"`
}

type simulateFlags struct {
	terms, facts, until string
	json                bool
}

func newPromiseSimulateCommand() *cobra.Command {
	var flags simulateFlags
	cmd := &cobra.Command{
		Use:   "simulate FILE --terms FILE [--facts FILE]",
		Short: "Play a promise through with terms and facts of your own",
		Long: `Play a promise through with terms and facts of your own, and say how it ends,
who is paid what and why.

Terms are one object from name to value, facts a list of objects with kind, by,
at, arrived and the fact's own fields, all written as in an example of a
template, in JSON or YAML. What a party does is an object with do in place of
kind: challenge (claim), answer, rule (rule), deposit (hold, amount), cancel.

Without --until every deadline passes. One of the files may be -, the standard
input.`,
		Example: "  troth promise simulate templates/parcel-by-date.yaml --terms terms.json --facts facts.json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runPromiseSimulate(cmd, args[0], flags)
		},
	}
	cmd.Flags().StringVar(&flags.terms, "terms", "", "file with the terms")
	cmd.Flags().StringVar(&flags.facts, "facts", "", "file with the facts; none happen without it")
	cmd.Flags().StringVar(&flags.until, "until", "", "the last moment played, as in 2026-12-01T18:00:00Z")
	cmd.Flags().BoolVar(&flags.json, "json", false, "print outcome, rule, payouts, steps and held as JSON")
	return cmd
}

func runPromiseSimulate(cmd *cobra.Command, name string, flags simulateFlags) error {
	src, err := readFile(cmd, name, promisefile.BytesMax)
	if err != nil {
		return err
	}
	c, f, faults := compileFile(name, src)
	if report(cmd.ErrOrStderr(), faults) {
		return errSilent
	}
	x, err := readCase(cmd, f, flags)
	if err != nil {
		return err
	}
	r, err := contract.Simulate(c, x)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	out := simulated(r, f.Decimals)
	if flags.json {
		enc := json.NewEncoder(cmd.OutOrStdout())
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(out)
	}
	printSimulation(cmd.OutOrStdout(), f, r, out)
	return nil
}

// readCase reads terms and facts.
func readCase(cmd *cobra.Command, f *promisefile.File, flags simulateFlags) (x contract.Case, err error) {
	x.Decimals = f.Decimals
	if flags.until != "" {
		if x.Until, err = time.Parse(time.RFC3339Nano, flags.until); err != nil {
			return x, usagef("--until %q is not a time such as 2026-12-01T18:00:00Z", flags.until)
		}
	}
	if flags.terms != "" {
		src, err := readFile(cmd, flags.terms, promisefile.CaseBytesMax)
		if err != nil {
			return x, err
		}
		terms, faults := f.ParseTerms(flags.terms, src)
		if report(cmd.ErrOrStderr(), faults) {
			return x, errSilent
		}
		x.Terms = terms
	}
	if flags.facts != "" {
		src, err := readFile(cmd, flags.facts, promisefile.CaseBytesMax)
		if err != nil {
			return x, err
		}
		facts, faults := f.ParseFacts(flags.facts, src)
		if report(cmd.ErrOrStderr(), faults) {
			return x, errSilent
		}
		x.Facts = facts
	}
	return x, nil
}

func simulated(r *contract.Result, d contract.Decimals) simulation {
	out := simulation{Outcome: contract.OutcomeWord(r.Outcome), Rule: r.Rule, Steps: r.Steps,
		Payouts: map[string]string{}, Held: map[string]string{}}
	byRole := map[string][]contract.Total{}
	for _, t := range r.Paid {
		byRole[t.Name] = append(byRole[t.Name], t)
	}
	for role, totals := range byRole {
		out.Payouts[role] = promisefile.FormatTotals(totals, d)
	}
	for _, t := range r.Held {
		out.Held[t.Name] = promisefile.FormatTotals([]contract.Total{t}, d)
	}
	return out
}

func printSimulation(w io.Writer, f *promisefile.File, r *contract.Result, out simulation) {
	for _, s := range out.Steps {
		fmt.Fprintln(w, s)
	}
	fmt.Fprintln(w)
	fmt.Fprintln(w, "outcome:", came(r))
	for _, role := range f.Template.Roles {
		if s, ok := out.Payouts[role.Name]; ok {
			fmt.Fprintf(w, "paid to %s: %s\n", role.Name, s)
		}
	}
	for _, t := range r.Held {
		if t.Units != 0 {
			fmt.Fprintf(w, "still held in %s: %s\n", t.Name, out.Held[t.Name])
		}
	}
}

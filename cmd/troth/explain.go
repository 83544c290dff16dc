package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/internal/reflag"
	"github.com/troth-ledger/troth/internal/show"
)

func newExplainCommand() *cobra.Command {
	parent := &cobra.Command{Use: "explain", Short: "Explain an object in words", Args: cobra.ArbitraryArgs, RunE: only}
	s := &session{}
	var lang string
	c := &cobra.Command{
		Use:   "promise ID",
		Short: "Explain a promise: its text, where it stands, what it paid and why",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := s.open(); err != nil {
				return err
			}
			res := &pb.ExplainPromiseResponse{}
			if err := s.call(cmd.Context(), "ExplainPromise", &pb.ExplainPromiseRequest{Id: args[0], Lang: lang}, res); err != nil {
				return err
			}
			if s.json {
				return show.WriteJSON(cmd.OutOrStdout(), res)
			}
			if res.Text == "" {
				return errors.New("the node has no words for this promise; see: troth get promise " + args[0])
			}
			printExplained(cmd, res)
			return nil
		},
	}
	s.flags(c)
	c.Flags().StringVar(&lang, "lang", "", "language of the text, such as en; the template's first where not given")
	parent.AddCommand(c)
	return parent
}

func printExplained(cmd *cobra.Command, res *pb.ExplainPromiseResponse) {
	w := cmd.OutOrStdout()
	fmt.Fprintln(w, show.Clean(res.Text))
	for _, part := range []struct {
		title string
		lines []string
	}{{"The rules", res.Clauses}, {"What happened", res.Receipt}} {
		if len(part.lines) == 0 {
			continue
		}
		fmt.Fprintf(w, "\n%s\n", part.title)
		for _, line := range part.lines {
			fmt.Fprintf(w, "  - %s\n", show.Clean(line))
		}
	}
	if res.Ends != "" {
		fmt.Fprintf(w, "\n%s\n", show.Clean(res.Ends))
	}
}

func newHistoryCommand() *cobra.Command {
	l := &listing{fields: &reflag.Set{}}
	for _, m := range reflag.Queries() {
		if m.Name() == "ListHistory" {
			l.method = m
		}
	}
	c := &cobra.Command{
		Use:   "history ID",
		Short: reflag.Sentence(reflag.Comment(l.method)),
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			t, err := reflag.ParseTree("id", fmt.Sprintf("{id: %q}", args[0]))
			if err != nil {
				return usagef("%q is no id", args[0])
			}
			return l.run(t)
		},
	}
	l.pageFlags(c)
	return c
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/internal/show"
	"github.com/troth-ledger/troth/node"
)

// changeOutput is a change as --json prints it, an object a line.
type changeOutput struct {
	Height  int64           `json:"height"`
	Time    string          `json:"time"`
	Table   string          `json:"table"`
	ID      string          `json:"id"`
	Removed bool            `json:"removed,omitempty"`
	Record  json.RawMessage `json:"record,omitempty"`
}

func newWatchCommand() *cobra.Command {
	s := &session{}
	var tables []string
	var count int
	c := &cobra.Command{
		Use:   "watch [ID...]",
		Short: "Print what changes, as it does, until interrupted",
		Long: `Print what changes about parties, promises, subjects or other objects, as it
does, until interrupted; everything that changes where no id is given. When the
connection is lost it connects again, and says that it may have missed
something: troth history ID tells what.`,
		RunE: func(cmd *cobra.Command, ids []string) error {
			if err := s.open(); err != nil {
				return err
			}
			for i, id := range ids {
				var err error
				if ids[i], err = s.dir.Party(cmd.Context(), id); err != nil {
					return s.explain(err)
				}
			}
			return s.watch(cmd.Context(), ids, tables, count)
		},
	}
	s.flags(c)
	c.Flags().StringArrayVar(&tables, "table", nil, "only changes of this table, such as promises or settlements; several times for several")
	choose(c, "table", node.Tables())
	c.Flags().IntVar(&count, "count", 0, "stop after so many changes")
	return c
}

func (s *session) watch(ctx context.Context, ids, tables []string, count int) error {
	seen := 0
	for e, err := range client.Watch(ctx, s.api, ids, tables) {
		if errors.Is(err, context.Canceled) {
			return nil // that is how it ends
		}
		if err != nil {
			return s.explain(err)
		}
		if e.Resumed {
			fmt.Fprintln(s.cmd.ErrOrStderr(), "troth: the connection was lost and is back; see troth history for what may be missing")
		}
		if e.Height == 0 && !e.Resumed {
			fmt.Fprintf(s.cmd.ErrOrStderr(), "troth: watching %s\n", s.node)
		}
		for _, c := range e.Changes {
			out := changeOutput{Height: e.Height, Time: e.Time.AsTime().Format("2006-01-02T15:04:05.000Z"), Table: c.Table, ID: c.Id,
				Removed: len(c.After) == 0}
			if c.Json != "" {
				out.Record = json.RawMessage(c.Json)
			}
			if err := s.printChange(out); err != nil {
				return err
			}
			if seen++; seen == count {
				return nil
			}
		}
	}
	return nil
}

func (s *session) printChange(c changeOutput) error {
	w := s.cmd.OutOrStdout()
	if s.json {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		return enc.Encode(c)
	}
	what := "removed"
	if !c.Removed {
		what = show.Clean(string(c.Record))
	}
	_, err := fmt.Fprintf(w, "%d  %s  %s  %s\n    %s\n", c.Height, c.Time, c.Table, show.Clean(c.ID), what)
	return err
}

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/troth-ledger/troth/api/webhook"
)

func newWebhooksCommand() *cobra.Command {
	var o operator
	c := &cobra.Command{
		Use:   "webhooks",
		Short: "Say where the node's webhooks stand, and send again what could not be delivered",
		Long: `Say where the node's webhooks stand: how far each has come, what waits, and what
could not be delivered. It speaks to the node that runs in the folder, on the same
machine, and shows it the token that is in the folder.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := o.status(cmd.Context())
			if err != nil {
				return err
			}
			if o.json {
				return printJSON(cmd.OutOrStdout(), all)
			}
			return printWebhooks(cmd.OutOrStdout(), all)
		},
	}
	c.PersistentFlags().StringVar(&o.home, "home", homeDefault, "the node's folder")
	c.PersistentFlags().StringVar(&o.url, "node", "", "the node's API; what the folder's configuration says, where not given")
	c.PersistentFlags().BoolVar(&o.json, "json", false, "print JSON")
	c.AddCommand(newWebhooksDeadCommand(&o), newWebhooksRetryCommand(&o))
	return c
}

func newWebhooksDeadCommand(o *operator) *cobra.Command {
	return &cobra.Command{
		Use:   "dead [WEBHOOK]",
		Short: "List dead letters: events that could not be delivered",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			names, err := o.names(cmd.Context(), args)
			if err != nil {
				return err
			}
			letters := []webhook.Letter{}
			for _, name := range names {
				var part []webhook.Letter
				if err := o.call(cmd.Context(), http.MethodGet, "/"+url.PathEscape(name)+"/dead", &part); err != nil {
					return err
				}
				letters = append(letters, part...)
			}
			if o.json {
				return printJSON(cmd.OutOrStdout(), letters)
			}
			return printLetters(cmd.OutOrStdout(), letters)
		},
	}
}

func newWebhooksRetryCommand(o *operator) *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use:   "retry WEBHOOK [ID...]",
		Short: "Send dead letters again: those with the ids, or all",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ids := args[1:]
			switch {
			case all && len(ids) > 0:
				return errors.New("give ids or --all, not both")
			case !all && len(ids) == 0:
				return fmt.Errorf("say which: ids as `troth webhooks dead %s` lists them, or --all", args[0])
			case all:
				ids = []string{""}
			}
			total := 0
			for _, id := range ids {
				var done struct {
					Retried int `json:"retried"`
				}
				path := "/" + url.PathEscape(args[0]) + "/retry?id=" + url.QueryEscape(id)
				if err := o.call(cmd.Context(), http.MethodPost, path, &done); err != nil {
					return err
				}
				total += done.Retried
			}
			if o.json {
				return printJSON(cmd.OutOrStdout(), map[string]int{"retried": total})
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%d back in the queue of %s\n", total, args[0])
			return nil
		},
	}
	c.Flags().BoolVar(&all, "all", false, "every dead letter of the webhook")
	return c
}

func printJSON(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

func printWebhooks(out io.Writer, all []webhook.Status) error {
	if len(all) == 0 {
		fmt.Fprintln(out, "no webhook is configured; see webhooks in troth.yaml")
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "WEBHOOK\tHEIGHT\tWAITING\tDEAD\tLAST SENT\tLAST ERROR")
	for _, s := range all {
		sent := "never"
		if s.LastSent != nil {
			sent = s.LastSent.UTC().Format(time.RFC3339)
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%s\t%s\n", s.Name, s.Height, s.Waiting, s.Dead, sent, s.Error)
	}
	return w.Flush()
}

func printLetters(out io.Writer, letters []webhook.Letter) error {
	if len(letters) == 0 {
		fmt.Fprintln(out, "no dead letters")
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "WEBHOOK\tID\tTYPE\tSUBJECT\tSINCE\tATTEMPTS\tERROR")
	for _, l := range letters {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\t%s\n", l.Webhook, l.ID, l.Type, l.Subject, l.Queued.UTC().Format(time.RFC3339), l.Attempts, l.Error)
	}
	return w.Flush()
}

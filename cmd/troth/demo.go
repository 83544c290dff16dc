package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/troth-ledger/troth/internal/demo"
)

func newDemoCommand() *cobra.Command {
	var asJSON, verbose bool
	c := &cobra.Command{
		Use:   "demo",
		Short: "Play every story on a throwaway node and print a row a promise",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return playDemo(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), asJSON, verbose)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print a JSON array, an object a promise")
	c.Flags().BoolVar(&verbose, "log", false, "show the node's log")
	return c
}

func playDemo(ctx context.Context, out, progress io.Writer, asJSON, verbose bool) error {
	home, err := os.MkdirTemp("", "troth-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(home)
	if err := initHome(home, "troth-demo", "127.0.0.1:0", true); err != nil {
		return err
	}
	if !verbose {
		if err := quietLog(home); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	up := make(chan *running, 1)
	down := make(chan error, 1)
	go func() { down <- runNode(ctx, home, "", func(r *running) { up <- r }) }()
	var r *running
	select {
	case r = <-up:
	case err := <-down:
		return err
	}
	rows, err := playOn(ctx, r.url, filepath.Join(home, demoKeys), out, progress, asJSON)
	cancel()
	if e := <-down; err == nil {
		err = e
	}
	if asJSON && err == nil {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		err = enc.Encode(rows)
	}
	return err
}

func playOn(ctx context.Context, url, keys string, out, progress io.Writer, asJSON bool) ([]*demo.Row, error) {
	w, err := demo.NewWorld(ctx, url, keys)
	if err != nil {
		return nil, err
	}
	rows := []*demo.Row{}
	if !asJSON {
		fmt.Fprintln(out)
	}
	err = demo.Play(ctx, w, func(r *demo.Row) {
		rows = append(rows, r)
		if asJSON {
			fmt.Fprintf(progress, "\r%d of %d stories ", len(rows), len(demo.Stories))
			return
		}
		printRow(out, len(rows), r)
	})
	if asJSON {
		fmt.Fprintln(progress)
	}
	return rows, err
}

func printRow(out io.Writer, n int, r *demo.Row) {
	fmt.Fprintf(out, "%2d  %-28s %-9s %s\n", n, r.Story, strings.ToUpper(r.Outcome), r.Rule)
	fmt.Fprintf(out, "    promised  %s\n", r.Promised)
	for _, f := range r.Facts {
		fmt.Fprintf(out, "    fact      %s\n", f)
	}
	for _, p := range r.Payouts {
		fmt.Fprintf(out, "    paid      %s %s to %s, from %s\n", p.Amount, p.Asset, p.To, p.From)
	}
	fmt.Fprintf(out, "    settled   %.1f ms after what decided it; still held: %s\n\n", r.SettleMS, r.Held)
}

// quietLog turns a node's log down to errors.
func quietLog(home string) error {
	path := filepath.Join(home, "troth.yaml")
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(strings.Replace(string(b), "level: info", "level: error", 1)), 0o600)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/troth-ledger/troth/internal/demo"
	"github.com/troth-ledger/troth/node"
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
	if err := initHome(home, "troth-demo", "127.0.0.1:0", operatorDefault, true); err != nil {
		return err
	}
	if err := configureDemo(home, verbose); err != nil {
		return err
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
	err = playOn(ctx, r.url, filepath.Join(home, demoKeys), newAudience(out, progress, asJSON))
	cancel()
	if e := <-down; err == nil {
		err = e
	}
	return err
}

func playOn(ctx context.Context, url, keys string, a audience) error {
	w, err := demo.NewWorld(ctx, url, keys)
	if err != nil {
		return err
	}
	err = demo.Play(ctx, w, demo.Stories, a)
	return errors.Join(err, a.end())
}

// configureDemo has a node take the carrier's webhooks, and turns its log down
// to errors.
func configureDemo(home string, verbose bool) error {
	const secret = "keys/demo/webhook.secret"
	if err := os.WriteFile(filepath.Join(home, secret), []byte(demo.WebhookSecret), 0o600); err != nil {
		return err
	}
	carriers := "carriers:\n"
	for _, h := range demo.Webhooks {
		carriers += fmt.Sprintf("  - {name: %s, format: %s, subject: %q, secret_file: %s, key_file: %s/swiftparcel.key, zone: UTC}\n",
			h.Name, h.Format, h.Subject, secret, demoKeys)
	}
	edits := []string{"carriers: []\n", carriers}
	if !verbose {
		edits = append(edits, "level: info", "level: error")
	}
	path := filepath.Join(home, node.ConfigFile)
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(strings.NewReplacer(edits...).Replace(string(b))), 0o600)
}
